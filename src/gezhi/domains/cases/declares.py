"""What this room declares."""

from gezhi.engines.privacy.lasting import GoesWith
from gezhi.engines.privacy.terms import Term
from gezhi.kernel.events import Seed

from .application import Applications
from .case_register import Cases
from .consumers import CONSUMERS
from .facts import SUBJECTS
from .follow import Follows
from .hard import HardCases
from .instruction import Instructions
from .ledger import clockwork
from .ledger.blind_spot import BlindSpots
from .ledger.bounce import WATCH, Bounces
from .ledger.claim import Claims
from .ledger.decision import DispatchDecisions
from .ledger.proposal import DutyProposals
from .lessons import LESSONS
from .limits import StageLimits, seed
from .metrics import METRICS, ROLLUPS
from .moves.outside import GIVEN
from .order import WorkOrders
from .oversight.declares import OVERSIGHT
from .ports import DEFAULTS
from .subject import CaseSubjects
from .table import INTAKE
from .task import Tasks
from .timers import PERIODIC

DECLARES = (Cases, CaseSubjects, WorkOrders, Tasks, Applications, HardCases, Instructions, Follows, StageLimits,
            DispatchDecisions, Claims, DutyProposals, Bounces, BlindSpots, WATCH, GIVEN, *clockwork.WORK, *METRICS,
            *ROLLUPS, *CONSUMERS, *PERIODIC, *DEFAULTS, INTAKE, LESSONS, *SUBJECTS, *OVERSIGHT,
            Term("case", "closed_at", 1095, "sensitive"), GoesWith("case_subject", "case"),
            Seed("stage_limits", "cases_stagelimit", seed))

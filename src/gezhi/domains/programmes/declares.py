"""What this room declares."""

from gezhi.kernel.events import Hook, Seed

from .care import CarePersons
from .closing import close, left, visited
from .correction import CorrectionPersons
from .mental import MentalCares
from .names import PROGRAMMES
from .referral import Referrals
from .referring import report
from .rehab import RehabPersons
from .released import ReleasedPersons
from .terms import TERMS
from .visit import VisitRecords
from .visit_metrics import METRICS
from .visit_panels import ONLINE_PORT
from .visit_plan import REPLAN, VisitPlans, replanned, seed
from .visit_rounds import PERIODIC
from .visit_task import VisitTasks
from .youth import KeyYouths

DECLARES = (CarePersons, KeyYouths, ReleasedPersons, CorrectionPersons, RehabPersons, MentalCares, VisitPlans,
            VisitTasks, VisitRecords, Referrals, *METRICS, *TERMS, PERIODIC, REPLAN, ONLINE_PORT,
            Seed("visit_plans", "programmes_visitplan", seed), Hook("person", close), Hook("visit_record", visited),
            Hook("visit_plan", replanned), Hook("referral", report),
            *(Hook(name, left) for name, _label in PROGRAMMES))

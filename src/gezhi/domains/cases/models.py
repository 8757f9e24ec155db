from .application import Application
from .case import Case
from .follow import Follow
from .hard import HardCase
from .instruction import Instruction
from .ledger.blind_spot import BlindSpot
from .ledger.bounce import Bounce
from .ledger.claim import Claim
from .ledger.decision import DispatchDecision
from .ledger.proposal import DutyProposal, ReplayHit
from .limits import StageLimit
from .order import WorkOrder
from .oversight.card import Card
from .oversight.flag import GamingFlag
from .oversight.paths import EdgeDay, PathDay, PathHead
from .oversight.quality import QualityCheck, QualitySample
from .oversight.remark import Remark
from .oversight.scale import OversightScale
from .oversight.supervision import SupervisionOrder
from .subject import CaseSubject
from .task import Task

__all__ = ["Application", "BlindSpot", "Bounce", "Card", "Case", "CaseSubject", "Claim", "DispatchDecision",
           "DutyProposal", "EdgeDay", "Follow", "GamingFlag", "HardCase", "Instruction", "OversightScale",
           "PathDay", "PathHead", "QualityCheck", "QualitySample", "Remark", "ReplayHit", "StageLimit",
           "SupervisionOrder", "Task", "WorkOrder"]

from .application import Application
from .case import Case
from .follow import Follow
from .hard import HardCase
from .instruction import Instruction
from .limits import StageLimit
from .order import WorkOrder
from .subject import CaseSubject
from .task import Task

__all__ = ["Application", "Case", "CaseSubject", "Follow", "HardCase", "Instruction", "StageLimit", "Task", "WorkOrder"]

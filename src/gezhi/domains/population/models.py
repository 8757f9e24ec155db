from .floating import FloatingPerson
from .left_behind import LeftBehindPerson
from .overseas import OverseasPerson
from .registered import RegisteredResident
from .unsettled import UnsettledPerson

__all__ = ["FloatingPerson", "LeftBehindPerson", "OverseasPerson", "RegisteredResident", "UnsettledPerson"]

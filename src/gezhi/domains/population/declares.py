"""What this room declares."""

from .floating import FloatingPeople
from .left_behind import LeftBehindPeople
from .overseas import OverseasPeople
from .registered import RegisteredResidents
from .unsettled import UnsettledPeople

DECLARES = (RegisteredResidents, FloatingPeople, OverseasPeople, LeftBehindPeople, UnsettledPeople)

"""What this room declares."""

from gezhi.engines.privacy.lasting import GoesWith

from .floating import FloatingPeople
from .left_behind import LeftBehindPeople
from .overseas import OverseasPeople
from .registered import RegisteredResidents
from .unsettled import UnsettledPeople

REGISTERS = (RegisteredResidents, FloatingPeople, OverseasPeople, LeftBehindPeople, UnsettledPeople)
ADDED = ("registered_resident", "floating_person", "overseas_person", "left_behind_person", "unsettled_person")
"""What adds to a person is kept as long as the person's own fields."""

DECLARES = (*REGISTERS, *(GoesWith(name, "person") for name in ADDED))

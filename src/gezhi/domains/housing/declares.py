"""What this room declares."""

from gezhi.engines.privacy.terms import Term
from gezhi.kernel.events import Hook

from .rental import Rentals, follow

DECLARES = (Rentals, Hook("rental", follow), Term("rental", "ended_on", 1095, "sensitive"))

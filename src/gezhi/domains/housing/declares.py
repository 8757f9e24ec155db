"""What this room declares."""

from gezhi.kernel.events import Hook

from .rental import Rentals, follow

DECLARES = (Rentals, Hook("rental", follow))

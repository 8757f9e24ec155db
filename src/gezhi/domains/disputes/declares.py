"""What this room declares."""

from .dispute import Disputes

DECLARES = (Disputes,)

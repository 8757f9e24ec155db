"""What this room declares."""

from .organisation import Organisations

DECLARES = (Organisations,)

"""What this room declares."""

from .city import DemoCities

DECLARES = (DemoCities,)

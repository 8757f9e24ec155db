"""What the engine of metrics declares: the work on its counts by day."""

from .rolling import ROLLING

DECLARES = (ROLLING,)

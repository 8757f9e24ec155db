"""What the engine declares."""

from .merge import Merges

DECLARES = (Merges,)

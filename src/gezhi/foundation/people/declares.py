"""What this room declares."""

from .person import People

DECLARES = (People,)

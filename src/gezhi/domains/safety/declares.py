"""What this room declares."""

from .hazard import SafetyHazards

DECLARES = (SafetyHazards,)

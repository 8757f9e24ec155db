"""What this room declares."""

from .employment import Employments
from .organisation import Organisations

DECLARES = (Organisations, Employments)

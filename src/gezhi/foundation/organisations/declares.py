"""What this room declares."""

from gezhi.engines.privacy.terms import Term

from .employment import Employments
from .organisation import Organisations

DECLARES = (Organisations, Employments, Term("organisation", "updated_at", 1825, "sensitive", where="active=0"))

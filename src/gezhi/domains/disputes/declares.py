"""What this room declares."""

from gezhi.engines.privacy.terms import Term

from .dispute import Disputes

DECLARES = (Disputes, Term("dispute", "settled_on", 1825, "sensitive"))

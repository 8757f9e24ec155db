"""What the engine declares."""

from gezhi.engines.privacy.terms import Term

from .merge import Merges

DECLARES = (Merges, Term("merge", "created_at", 365, "sensitive"))

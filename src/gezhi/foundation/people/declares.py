"""What this room declares."""

from gezhi.engines.privacy.terms import Term

from .person import People

DECLARES = (People, Term("person", "updated_at", 1825, "sensitive", where="life_state=02,03"))

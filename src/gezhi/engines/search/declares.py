"""What this room declares."""

from gezhi.kernel.events import Port

from .words import tokenise

DECLARES = (Port("tokenise", tokenise),)

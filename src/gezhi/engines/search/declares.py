"""What this room declares."""

from gezhi.kernel.events import Port

from .words import asked_names, tokenise, tokenise_names

DECLARES = (Port("tokenise", tokenise), Port("tokenise_names", tokenise_names),
            Port("asked_names", asked_names))

"""What this room declares."""

from gezhi.kernel.events import Port, Seed

from .attach import attach
from .document import Documents
from .limit import DocumentLimits, seed

DECLARES = (
    Documents,
    DocumentLimits,
    Port("attach", attach),
    Seed("document_limits", "documents_documentlimit", seed),
)

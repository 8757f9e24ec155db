"""What this room declares."""

from gezhi.engines.jobs import Periodic
from gezhi.kernel.events import Port, Seed

from .attach import attach
from .clean import clean
from .document import Documents
from .limit import DocumentLimits, seed

DECLARES = (
    Documents,
    DocumentLimits,
    Port("attach", attach),
    Periodic("documents.clean", 24 * 3600, clean),
    Seed("document_limits", "documents_documentlimit", seed),
)

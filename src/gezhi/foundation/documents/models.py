from .document import Document
from .limit import DocumentLimit
from .uploads import Upload

__all__ = ["Document", "DocumentLimit", "Upload"]

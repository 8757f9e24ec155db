from .line import ProtectedLine
from .record import LineRecord

__all__ = ["LineRecord", "ProtectedLine"]

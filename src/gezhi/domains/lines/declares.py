"""What this room declares."""

from .line import ProtectedLines
from .record import LineRecords

DECLARES = (ProtectedLines, LineRecords)

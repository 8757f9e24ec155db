"""What this room declares."""

from .party import CaseParties
from .security_case import SecurityCases

DECLARES = (SecurityCases, CaseParties)

from .party import CaseParty
from .security_case import SecurityCase

__all__ = ["CaseParty", "SecurityCase"]

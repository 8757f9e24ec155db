"""What this room declares."""

from gezhi.engines.privacy.lasting import GoesWith
from gezhi.engines.privacy.terms import Term

from .party import CaseParties
from .security_case import SecurityCases

DECLARES = (SecurityCases, CaseParties, Term("security_case", "closed_on", 1825, "sensitive"),
            GoesWith("case_party", "security_case", "remove"))

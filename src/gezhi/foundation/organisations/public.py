"""What other rooms may use of organisations: the organisation, and the base of everything that adds to one."""

from .about import AboutOrganisation, AboutOrganisations
from .organisation import GRANTS, Organisation

__all__ = ["GRANTS", "AboutOrganisation", "AboutOrganisations", "Organisation"]

"""What other rooms may use of people: the person, and the base of everything that is about one."""

from .about import ABOUT_FILTERS, ABOUT_GRANTS, AboutPerson, AboutPersons
from .person import Person

__all__ = ["ABOUT_FILTERS", "ABOUT_GRANTS", "AboutPerson", "AboutPersons", "Person"]

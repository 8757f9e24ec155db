"""What this room declares."""

from gezhi.kernel.events import Seed

from .component import ComponentTypes
from .dept import DeptTypes, seed
from .duty import Responsibilities
from .edition import CatalogueVersions
from .item import Categories, Conditions, Items
from .ports import PORTS
from .proposal import ItemProposals

DECLARES = (CatalogueVersions, Categories, Items, Conditions, ItemProposals, Responsibilities, DeptTypes,
            ComponentTypes, Seed("dept_types", "catalogue_depttype", seed), *PORTS)

from .component import ComponentType
from .dept import DeptType
from .duty import Responsibility
from .edition import CatalogueVersion
from .item import Category, Condition, Item
from .proposal import ItemProposal

__all__ = ["CatalogueVersion", "Category", "ComponentType", "Condition", "DeptType", "Item", "ItemProposal",
           "Responsibility"]

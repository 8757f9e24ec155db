"""What other rooms may ask of the catalogue."""

from __future__ import annotations

import datetime as dt

from .dept import DeptType
from .difference import Change, between
from .duty import Responsibility
from .edition import CatalogueVersion, in_force
from .importing import Report, RowError, load
from .item import Category, Condition, Item
from .matrix import derive
from .newer import Row, line_of, replace_row
from .proposal import ItemProposal
from .resolve import LOST, Candidate, Line, Matrix, Weighed, responsible, weigh


def item_of(code: str, at: dt.datetime | None = None) -> Item | None:
    """The item of that code in the version in force (at a moment), with its category and version, or ``None``."""
    edition = in_force(at)
    if edition is None:
        return None
    return Item.objects.filter(edition=edition, code=code).select_related("category__parent", "edition").first()


def items(at: dt.datetime | None = None) -> dict[str, Item]:
    """Every item in force by its code, categories and version loaded; one query after the version's."""
    edition = in_force(at)
    found = Item.objects.filter(edition=edition).select_related("category__parent", "edition")
    return {item.code: item for item in found} if edition is not None else {}


def conditions_of(item: Item) -> list[Condition]:
    """The filing conditions of an item, by code."""
    return list(item.conditions.order_by("code"))


def limit_of(item: Item, condition_code: str = "") -> tuple[int, str]:
    """How long the item may take, as value and unit: the filing condition's limit when it names one."""
    if condition_code:
        condition = item.conditions.filter(code=condition_code).first()
        if condition is not None:
            return condition.limit_value, condition.limit_unit
    return item.limit


__all__ = [
    "LOST",
    "Candidate",
    "CatalogueVersion",
    "Category",
    "Change",
    "Condition",
    "DeptType",
    "Item",
    "ItemProposal",
    "Line",
    "Matrix",
    "Report",
    "Responsibility",
    "Row",
    "RowError",
    "Weighed",
    "between",
    "conditions_of",
    "derive",
    "in_force",
    "item_of",
    "items",
    "limit_of",
    "line_of",
    "load",
    "replace_row",
    "responsible",
    "weigh",
]

"""The catalogue's reference tables as shipped: read from ``data/`` without a database.

Sources: the project's own domain tables; items of domain 01 carry the 5-digit codes of GB/T 47678.5-2026,
disputes those of GB/T 31000-2015, limits marked ``YC`` come from a published municipal standard, ``INF`` are
inferred (column ``basis``).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILES = {
    "items": "event_catalogue.csv",
    "conditions": "event_conditions.csv",
    "components": "component_catalogue.csv",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A filing condition (立案条件) of an item with its own limit."""

    code: str
    label: str
    limit_value: int
    limit_unit: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One leaf item of the catalogue; names follow the columns of ``event_catalogue.csv``."""

    code: str
    domain: str
    category: str
    item: str
    kind: str
    lead_dept: str
    co_depts: tuple[str, ...]
    limit_value: int
    limit_unit: str
    urgency: str
    verify: bool
    inspect: bool
    conditions: tuple[Condition, ...]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a shipped table.

    Args:
        name: a key of ``FILES``.

    Raises:
        KeyError: an unknown table.
    """
    source = files(__package__).joinpath("data", FILES[name])
    with source.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def items() -> dict[str, ItemRow]:
    """Every leaf item by its 7-digit code, with its filing conditions."""
    conditions: dict[str, list[Condition]] = {}
    for row in rows("conditions"):
        found = conditions.setdefault(row["item_code"], [])
        limit = int(row["limit_value"])
        found.append(Condition(row["condition_code"], row["condition_label"], limit, row["limit_unit"]))
    return {
        row["code"]: ItemRow(
            code=row["code"],
            domain=row["domain"],
            category=row["category"],
            item=row["item"],
            kind=row["kind"],
            lead_dept=row["lead_dept"],
            co_depts=tuple(part for part in row["co_depts"].split("、") if part),
            limit_value=int(row["limit_value"]),
            limit_unit=row["limit_unit"],
            urgency=row["urgency"],
            verify=row["verify_before_filing"] == "Y",
            inspect=row["inspect_before_closing"] == "Y",
            conditions=tuple(conditions.get(row["code"], ())),
        )
        for row in rows("items")
    }

"""What differs between two versions of the catalogue, item by item, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gezhi.engines.versions import fields_changed
from gezhi.kernel.kinds import kinds_of

from .item import Condition, Item

COMPARED = ("name", "kind", "lead_dept", "co_depts", "limit_value", "limit_unit", "urgency", "verify", "inspect",
            "self_handle", "closing")


@dataclass(frozen=True, slots=True)
class Change:
    """One item that differs: ``kind`` is ``added``, ``removed`` or ``changed``; ``fields`` are label, before, after."""

    code: str
    name: str
    kind: str
    fields: tuple[tuple[str, str, str], ...] = ()


def between(older: Any, newer: Any) -> list[Change]:
    """The differences from one version to another, by item code.

    Args:
        older, newer: two versions, in whatever order of time; ``added`` means standing in ``newer`` only.
    """
    before, after = _rows(older), _rows(newer)
    found = []
    for code in sorted(before.keys() | after.keys()):
        old, new = before.get(code), after.get(code)
        if old is None and new is not None:
            found.append(Change(code, new["name"], "added"))
        elif new is None and old is not None:
            found.append(Change(code, old["name"], "removed"))
        elif old is not None and new is not None and old != new:
            found.append(Change(code, new["name"], "changed", tuple(_fields(old, new))))
    return found


def _rows(edition: Any) -> dict[str, dict[str, Any]]:
    """Items of a version with their conditions, as comparable values by code."""
    conditions: dict[str, list[str]] = {}
    listed = Condition.objects.filter(edition=edition).order_by("code")
    for code, label, value, unit in listed.values_list("item__code", "label", "limit_value", "limit_unit"):
        conditions.setdefault(code, []).append(f"{label} {value} {unit}")
    return {row["code"]: {**row, "conditions": conditions.get(row["code"], [])}
            for row in Item.objects.filter(edition=edition).values("code", *COMPARED)}


def _fields(old: dict[str, Any], new: dict[str, Any]) -> Any:
    yield from fields_changed(kinds_of(Item), COMPARED, old, new)
    if old["conditions"] != new["conditions"]:
        label = str(Condition._meta.get_field("label").verbose_name)
        yield label, "；".join(old["conditions"]), "；".join(new["conditions"])

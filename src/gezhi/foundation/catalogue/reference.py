"""The catalogue's reference tables as shipped: read from ``data/`` without a database.

Sources: the project's own domain tables; items of domain 01 carry the 5-digit codes of GB/T 47678.5-2026,
disputes those of GB/T 31000-2015, limits marked ``YC`` come from a published municipal standard, ``INF`` are
inferred (column ``basis``).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILES = {
    "items": "event_catalogue.csv",
    "conditions": "event_conditions.csv",
    "components": "component_catalogue.csv",
    "dept_types": "dept_types.csv",
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
    return list(csv.DictReader(io.StringIO(source.read_text("utf-8-sig"), newline="")))


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


@cache
def matters() -> tuple[str, ...]:
    """Words that belong to one matter, a line each: the project's own list ``data/matters.txt`` and the names of the
    items of each category. Port ``text_matters``: they tell the classifier of texts which words are alike."""
    source = files(__package__).joinpath("data", "matters.txt").read_text("utf-8")
    named: dict[tuple[str, str], list[str]] = {}
    for item in items().values():
        named.setdefault((item.domain, item.category), [item.category]).append(item.item)
    own = [line for line in source.splitlines() if line and not line.startswith("#")]
    return (*own, *(" ".join(names) for names in named.values()))


CLOSINGS = {
    "DAMAGED": "已更换或修复", "MISSING_DISPLACED": "已恢复或围护并消除隐患", "DIRTY": "已清洁",
    "TILTED_FALLEN": "已扶正或更换",
    "ABANDONED": "已拆除或清运", "SUBSIDENCE": "已回填找平", "RATTLE": "已紧固，无异响", "CONTENT_WRONG": "内容已更正",
    "UNLIT": "已恢复照明", "LEAK": "已堵漏，无渗漏", "OVERFLOW": "已清运", "PONDING": "已排除积水", "BLOCKED": "已疏通",
    "ODOUR": "已除味", "UNAUTHORISED": "已补办手续或拆除", "DOOR_OPEN": "已关闭上锁", "WIRE_EXPOSED": "已包覆处理",
    "TIMER_FAULT": "已调整启闭时间", "VEGETATION": "已补植或修剪", "OTHER": "已恢复正常",
}  # fmt: skip
"""When a case filed under a condition may be closed; our own wording."""

SELF_HANDLED = frozenset((
    "0101065", "0103005", "0103015", "0103016", "0106005", "0106007", "0106010", "0106012", "0106017", "0106018",
    "0106019", "0106035", "0106036", "0106037", "0106041", "0106042", "0107001", "0107002", "0107007", "0107008",
    "0109005", "0109010", "0109011", "0109019", "0109021", "0109022", "0401001", "0401003", "0604007",
))  # fmt: skip
"""Items a grid member may settle on the spot (own choice; a city edits the flag)."""

"""Mapping another system's data to a report, as data: paths, constants, code tables.

``{"content": "data.text", "channel": {"const": "iot"}, "urgency": {"path": "level", "codes": {"1": "urgent1"},
"else": "normal"}, "place": {"lon": "gps.0", "lat": "gps.1"}, "source_key": "id"}``
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.domains.cases.public import CaseFlow
from gezhi.kernel.errors import Invalid

KEY = "source_key"
STATE_FIELDS = frozenset({"no", "state", "outside_no", "at", "result", "outcome", "reply", "contact_method", "reason",
                          "basis"})
"""What another system says of an order: its number and the inputs of the move ``sync``."""


def check(mapping: Any, *, states: bool = False) -> None:
    """Refuse a mapping that could not be used.

    Args:
        states: it is about the state of orders, not about reports.

    Raises:
        Invalid: it is no mapping, or names what there is not.
    """
    if not isinstance(mapping, dict):
        raise Invalid({"mapping": [_("映射应为 JSON 对象")]})
    known = STATE_FIELDS if states else {a.name for a in CaseFlow.report.ask} | {KEY}
    for name, rule in mapping.items():
        if name not in known:
            raise Invalid({"mapping": [_("没有“%s”这一项") % str(name)[:40]]})
        fine = isinstance(rule, str) or (isinstance(rule, dict) and (
            "const" in rule or isinstance(rule.get("path"), str) or {"lon", "lat"} <= set(rule)))
        if not fine or (isinstance(rule, dict) and not isinstance(rule.get("codes", {}), dict)):
            raise Invalid({"mapping": [_("“%s”的映射应为路径、常量或代码表") % name]})


def dig(data: Any, path: str) -> Any:
    """The value at a dotted path; ``None`` where there is none. Numbers step into lists."""
    for part in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def apply(mapping: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """Values of a report from another system's data; what is missing there is left out."""
    out = {}
    for name, rule in mapping.items():
        if isinstance(rule, str):
            value = dig(data, rule)
        elif "const" in rule:
            value = rule["const"]
        elif "lon" in rule:
            lon, lat = dig(data, str(rule["lon"])), dig(data, str(rule["lat"]))
            value = None if lon in (None, "") or lat in (None, "") else {"lon": lon, "lat": lat}
        else:
            value = dig(data, rule["path"])
            if "codes" in rule:
                value = rule["codes"].get(str(value), rule.get("else"))
        if value not in (None, ""):
            out[name] = value
    return out

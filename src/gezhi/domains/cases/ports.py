"""What the case line asks of the catalogue, the territory and the classifier, each behind a port with a default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gezhi.engines.text.use import Said, say
from gezhi.kernel.events import Port
from gezhi.kernel.registry import registry


@dataclass(frozen=True)
class ItemFacts:
    """What a version of the catalogue says of an item.

    Attributes:
        name, version: snapshot kept on the case.
        limit: ``(value, unit)`` of the disposal, or ``None``.
        urgency: urgency the item has by itself.
        verify, inspect: whether it is verified before filing and inspected after disposal.
        self_handle: whether a grid worker may put it right and report it in one act.
        human_dispatch: never dispatched automatically.
        labels: labels set at filing.
        conditions: limits by filing condition (立案条件).
    """

    code: str = ""
    name: str = ""
    version: str = ""
    limit: tuple[float, str] | None = None
    urgency: str = ""
    verify: bool = False
    inspect: bool = False
    self_handle: bool = False
    human_dispatch: bool = False
    labels: tuple[str, ...] = ()
    conditions: Mapping[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Duty:
    """A row of the responsibility matrix that names a unit for an item in an area.

    Attributes:
        unit_id: the unit.
        score: 1 for the item itself, 0.5 for a class above it.
        rule_id, version: the row; empty where a department's type or the backstop speaks instead of a row.
        reason: the row in words.
        auto: whether the row lets the system dispatch.
        co_units: who assists by the row.
    """

    unit_id: int
    score: float
    rule_id: str = ""
    version: str = ""
    reason: str = ""
    auto: bool = True
    co_units: tuple[int, ...] = ()

    @property
    def row(self) -> int | None:
        """Id of the row, ``None`` where no row speaks."""
        return int(self.rule_id) if self.rule_id.isdecimal() else None


@dataclass(frozen=True)
class Grounds:
    """What the matrix said at a moment: units, best first, and every row that was looked at with why it lost."""

    duties: tuple[Duty, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def item_facts(code: str, at: dt.datetime) -> ItemFacts | None:
    """Facts of an item in the catalogue in force at a moment, or ``None`` when it has no such item."""
    raw = registry.port("item_facts")(code, at) if code else None
    if not raw:
        return None
    value, unit = raw.get("limit_value"), raw.get("limit_unit")
    limit = (float(value), str(unit)) if value and unit else None
    return ItemFacts(code=code, name=str(raw.get("name") or ""), version=str(raw.get("version") or ""), limit=limit,
                     urgency=str(raw.get("urgency") or ""), verify=bool(raw.get("verify")),
                     inspect=bool(raw.get("inspect")), self_handle=bool(raw.get("self_handle")),
                     human_dispatch=bool(raw.get("human_dispatch")), labels=tuple(raw.get("labels") or ()),
                     conditions={c: (float(v), str(u)) for c, (v, u) in (raw.get("conditions") or {}).items()})


def _duties(rows: Any) -> tuple[Duty, ...]:
    found = [Duty(unit_id=row["unit_id"], score=float(row.get("score", 1)), reason=str(row.get("reason") or ""),
                  rule_id=str(row.get("rule_id") or row.get("id") or ""), version=str(row.get("version") or ""),
                  auto=bool(row.get("auto", True)), co_units=tuple(row.get("co_units") or ())) for row in rows]
    return tuple(sorted(found, key=lambda d: -d.score))


def grounds(item_code: str, area_code: str, at: dt.datetime) -> Grounds:
    """What the matrix says of an item in an area at a moment; one query when a row speaks."""
    if not item_code:
        return Grounds()
    said = registry.port("duty_grounds")(item_code, area_code, at)
    return Grounds(_duties(said["candidates"]), tuple(said["rows"]))


def responsible(item_code: str, area_code: str, at: dt.datetime) -> list[Duty]:
    """Units responsible for an item in an area, the best first."""
    return list(grounds(item_code, area_code, at).duties)


def grid_at(lon: float, lat: float) -> str:
    """``area_code`` of the grid a WGS84 point lies in, ``""`` outside every grid."""
    return registry.port("grid_at")(lon, lat) or ""


def item_path(code: str, at: dt.datetime) -> tuple[str, str, str]:
    """Names of an item's domain, category and of itself, empty where the catalogue in force does not know."""
    raw = registry.port("item_facts")(code, at) or {}
    return str(raw.get("domain") or ""), str(raw.get("category") or ""), str(raw.get("name") or "")


def classify(text: str) -> Said | None:
    """What the classifier says of a text, best first, with its version; ``None``: a person decides."""
    return registry.port("classify")(text)


def _no_facts(_code: str, _at: Any) -> dict[str, Any]:
    return {}


def _nobody(_item: str, _area: str, _at: Any) -> list[dict[str, Any]]:
    return []


def _no_rows(item: str, area: str, at: Any) -> dict[str, Any]:
    return {"candidates": registry.port("responsible")(item, area, at), "rows": []}


DEFAULTS = (
    Port("item_facts", _no_facts, default=True),
    Port("responsible", _nobody, default=True), Port("duty_grounds", _no_rows, default=True),
    Port("grid_at", lambda _lon, _lat: "", default=True),
    Port("classify", lambda text: say("item", text), default=True),
)

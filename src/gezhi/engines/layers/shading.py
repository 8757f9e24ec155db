"""Areas shaded by a figure: any declared metric that is known by area, or the number of any register's records."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.engines.metrics import shape
from gezhi.engines.metrics.evaluate import metric_of
from gezhi.engines.metrics.small import guarded, withheld
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.groups import GROUPS, order
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

LEVELS = {6: gettext_lazy("区县"), 9: gettext_lazy("街道（镇）"), 12: gettext_lazy("社区（村）"),
          15: gettext_lazy("网格")}
"""Digits of the codes of the levels areas are shaded by."""
REGIONS = {6: "county", 9: "town", 12: "community"}
"""The same as values of ``level`` in the register of regions; grids have a register of their own."""
CLASSES = 5
COUNT = "count."
"""Before the name of a register whose records are counted."""


def counted(register: Register) -> Metric:
    """The number of a register's records as a metric."""
    return Metric(COUNT + register.name, register.label, of=register.name, by=("area",), window="all")


def subjects(actor: Actor) -> list[dict[str, Any]]:
    """What areas may be shaded by: ``[{"label", "entries": [{"name", "label"}]}]``, figures first, then counts."""
    figures = [{"name": m.name, "label": str(m.label)} for m in registry.metrics.values()
               if "area" in m.by and _told(registry.register(m.of), actor) and registry.register(m.of).area_path]
    groups: dict[str, list[dict[str, str]]] = {}
    for register in registry.registers.values():
        if register.area_path and register.columns and _told(register, actor):
            groups.setdefault(str(register.group), []).append(
                {"name": COUNT + register.name, "label": _("%s数量") % register.label})
    out = [{"label": _("指标"), "entries": figures}] if figures else []
    return out + [{"label": str(GROUPS[name][0]) if name in GROUPS else name or _("其他"), "entries": groups[name]}
                  for name in sorted(groups, key=order)]


def _told(register: Register, actor: Actor) -> bool:
    return actor.may(f"{register.name}.view") and not withheld(register, actor)


def shade(actor: Actor, of: str, digits: int, *, area: str = "", period: str = "") -> dict[str, Any]:
    """A figure by the areas of a level.

    Args:
        of: name of a metric, or ``count.`` and the name of a register.
        digits: level, as the length of its codes: 6, 9, 12 or 15.
        area: only areas below this one.

    Returns:
        ``values`` by code; ``stops``, the least value of each class above the first; ``rest``, records known less
        finely than the level; ``query``, filters of the list behind the whole; ``fives``, whether numbers are rounded
        to fives and none below five is among them (:mod:`gezhi.engines.metrics.small`);
        ``area_filter``, the one that narrows it.

    Raises:
        Missing: no such figure. Refused. Invalid: no such level, no figure by area.
    """
    metric = _metric(of)
    register = registry.register(metric.of)
    if not _told(register, actor):
        raise Refused(_("您当前的岗位不能查看“%s”") % metric.label)
    if digits not in LEVELS:
        raise Invalid({"level": [_("层级应为 6（区县）、9（街道）、12（社区）或 15（网格）")]})
    if area and not (area.isascii() and area.isdecimal() and len(area) <= 15):
        raise Invalid({"area": [_("区域代码只能是数字")]})
    values, query = shape.by_area(metric, actor, digits, area=area, period=period)
    rest = values.pop("", 0) or 0
    known = {code: value for code, value in values.items() if value is not None}
    return {"name": of, "label": str(metric.label), "unit": metric.unit, "register": metric.of, "level": digits,
            "area": area, "values": known, "stops": stops(list(known.values())), "rest": rest, "query": query,
            "area_filter": register.area_filter, "fives": guarded(register, actor)}


def _metric(of: str) -> Metric:
    if not of.startswith(COUNT):
        return metric_of(of)
    register = registry.registers.get(of.removeprefix(COUNT))
    if register is None:
        raise Missing(_("没有“%s”这个列表") % of.removeprefix(COUNT)[:40])
    return counted(register)


def stops(values: list[float]) -> list[float]:
    """Least values of the classes above the first, so that about as many areas lie in each; at most four."""
    found = sorted(v for v in values if v)
    if not found:
        return []
    cuts = {found[len(found) * n // CLASSES] for n in range(1, CLASSES)}
    return sorted(cuts - {found[0]})

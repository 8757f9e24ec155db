"""Evaluate metrics: a figure is counted with the very filters of the link to its rows, so the two are equal."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, Q, Sum
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from gezhi.engines.tables.query import language
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.kinds import DateKind, MomentKind
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import days
from . import period as periods
from .period import Period
from .small import teller

LEVELS = (4, 6, 9, 12, 15)
"""Digits of an ``area_code`` at each level of the territory."""
MOST_GROUPS = 200


@dataclass(frozen=True)
class Figure:
    """A metric's value for an actor, an area and a period.

    Attributes:
        value: the figure; ``None`` where nothing can be said (no rows to average, nothing to share).
        previous: the same for the period before.
        query: filters by name, in the language of lists: the rows behind the value.
    """

    metric: Metric
    value: float | None
    previous: float | None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """The query as it stands in an address."""
        return urlencode(self.query)

    @property
    def change(self) -> float | None:
        """Change to the previous period as a share of it; ``None`` when there was nothing to compare with."""
        if self.value is None or not self.previous:
            return None
        return (self.value - self.previous) / self.previous

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON data."""
        m = self.metric
        return {"name": m.name, "label": str(m.label), "register": m.of, "value": self.value,
                "previous": self.previous, "change": self.change, "unit": m.unit, "good": m.good,
                "target": m.target, "chart": m.chart, "query": dict(self.query), "link": self.link}


def metric_of(name: str) -> Metric:
    """The metric of that name. Raises :class:`Missing`."""
    metric = registry.metrics.get(name)
    if metric is None:
        raise Missing(_("没有“%s”这个指标") % name[:40])
    return metric


def query_of(metric: Metric, area: str, period: Period, where: Mapping[str, str] | None = None) -> dict[str, str]:
    """Filters of the rows behind a metric, in the language of lists.

    Raises:
        Invalid: an area for a register without one.
    """
    register = registry.register(metric.of)
    out = dict(metric.where if where is None else where)
    if area:
        if not register.area_filter:
            raise Invalid({"area": [_("“%s”不能按区域统计") % metric.label]})
        out[register.area_filter] = area
    if metric.at and period.raw:
        out[metric.at] = _cut(register, metric.at, period)
    return out


def _cut(register: Register, at: str, period: Period) -> str:
    kind = register.kinds.get(at)
    return period.days if isinstance(kind, DateKind) and not isinstance(kind, MomentKind) else period.raw


def bounds(register: Register, actor: Actor, query: Mapping[str, str]) -> Q:
    """Rows an actor sees under filters in the language of lists."""
    return sight(register, actor) & filters(register, actor, query)


def filters(register: Register, actor: Actor, query: Mapping[str, str]) -> Q:
    """Filters in the language of lists as a :class:`Q`. Raises :class:`Invalid`."""
    known, q = language(register), Q()
    for name, raw in query.items():
        if name not in known:
            raise Invalid({name: [_("“%(list)s”没有“%(name)s”这个筛选条件") % {
                "list": register.label, "name": name[:40]}]})
        q &= known[name].q(raw, actor)
    return q


def evaluate(metric: Metric, actor: Actor, *, area: str = "", period: str = "",
             now: dt.datetime | None = None) -> Figure:
    """One metric; see :func:`board`."""
    return board([metric], actor, area=area, period=period, now=now)[0]


def board(metrics: Sequence[Metric], actor: Actor, *, area: str = "", period: str = "",
          now: dt.datetime | None = None) -> list[Figure]:
    """Many metrics in few queries: one for each register and period among them.

    Args:
        area: ``area_code`` prefix; ``""`` for all the actor sees.
        period: as :func:`gezhi.engines.metrics.period.read` takes it; ``""`` for each metric's own window.
    """
    groups: dict[tuple[str, str, str], list[Metric]] = {}
    for metric in metrics:
        groups.setdefault((metric.of, metric.at, period or metric.window), []).append(metric)
    found: dict[str, Figure] = {}
    for (name, at, text), members in groups.items():
        span = periods.read(text, now) if at else Period(None, None)
        found.update(_group(registry.register(name), members, actor, area, span))
    return [found[m.name] for m in metrics]


@dataclass(frozen=True)
class _Ask:
    """One number wanted: of a metric, for one of its periods; ``base`` for the rows it is a share of."""

    metric: Metric
    key: str
    where: Mapping[str, str]
    base: bool = False

    @property
    def alias(self) -> str:
        return f"{self.metric.name}:{self.key}" + (":base" if self.base else "")

    @property
    def counts(self) -> bool:
        """Whether it is a number of rows."""
        return self.metric.measure in ("count", "share")


def _group(register: Register, metrics: Sequence[Metric], actor: Actor, area: str, span: Period) -> dict[str, Figure]:
    """Metrics of one register over one period: from the counts by day where these are kept, else in few queries."""
    queries = {m.name: query_of(m, area, span) for m in metrics}
    if not actor.may(f"{register.name}.view"):
        return {m.name: Figure(m, None, None, queries[m.name]) for m in metrics}
    spans = {"now": span} | ({"before": span.previous} if span.previous else {})
    asks = [ask for key in spans for m in metrics for ask in (
        _Ask(m, key, m.where), *([_Ask(m, key, m.base or {}, base=True)] if m.measure == "share" else []))]
    values: dict[str, Any] = {}
    if metrics[0].at and span.previous:
        seen = bounds(register, actor, {register.area_filter: area} if area else {})
        values.update(days.counted(register, metrics[0].at, seen, spans, {
            a.alias: (a.key, filters(register, actor, a.where)) for a in asks if a.counts}))
    left = [a for a in asks if a.alias not in values]
    for some in [left] if metrics[0].at else _alike(register, actor, left):
        values.update(_by_rows(register, actor, area, spans, some))
    out = {}
    for m in metrics:
        tell = teller(register, actor, m.measure)
        out[m.name] = Figure(m, tell(_value(m, values, "now")), tell(_value(m, values, "before")), queries[m.name])
    return out


def _by_rows(register: Register, actor: Actor, area: str, spans: Mapping[str, Period],
             asks: Sequence[_Ask]) -> dict[str, Any]:
    """Numbers from the rows, in one query that asks at once for what all of them ask, so that an index is used."""
    if not asks:
        return {}
    at, span, before = asks[0].metric.at, spans["now"], spans.get("before")
    wanted = [_measure(a.metric, filters(register, actor, query_of(a.metric, area, spans[a.key], a.where)))
              for a in asks]
    if at and before is not None:
        whole = filters(register, actor, {at: _cut(register, at, Period(before.start, span.end))})
    elif len(asks) == 1:
        whole = filters(register, actor, asks[0].where)
    else:
        whole = Q(*set.intersection(*(set(_leaves(filters(register, actor, a.where))) for a in asks)))
    if area:
        whole &= filters(register, actor, {register.area_filter: area})
    seen = days.of_few(sight(register, actor)) if whole else sight(register, actor)
    row = register.model.objects.filter(seen, whole).aggregate(
        **{f"m{i}": expression for i, expression in enumerate(wanted)})
    return {a.alias: row[f"m{i}"] for i, a in enumerate(asks)}


def _leaves(q: Q) -> list[tuple[str, Any]]:
    """What all rows of a condition have in common: its plain parts, if none is an alternative."""
    if q.connector != Q.AND or q.negated:
        return []
    plain_ones = [(c[0], tuple(c[1]) if isinstance(c[1], list) else c[1]) for c in q.children if isinstance(c, tuple)]
    return [c for c in plain_ones if isinstance(c[1], str | int | dt.date | tuple | None)
            and c[0].partition("__")[2] in ("", *days.LOOKUPS)]


def _alike(register: Register, actor: Actor, asks: Sequence[_Ask]) -> list[list[_Ask]]:
    """Without a period, numbers that share a condition (open cases) are asked for together, the others alone.

    Where one is of all rows they are read anyway, and all are asked for at once.
    """
    conditions = {a.alias: filters(register, actor, a.where) for a in asks}
    if not all(conditions.values()):
        return [list(asks)]
    leaves = {alias: _leaves(q) for alias, q in conditions.items()}
    common = Counter(leaf for found in leaves.values() for leaf in found)
    groups: dict[Any, list[_Ask]] = {}
    for ask in asks:
        best = max(leaves[ask.alias], key=lambda leaf: (common[leaf], leaf[0]), default=ask.alias)
        groups.setdefault(best, []).append(ask)
    return list(groups.values())


def _measure(metric: Metric, inside: Q) -> Any:
    kind, _colon, name = metric.measure.partition(":")
    if kind in ("count", "share"):
        return Count("pk", filter=inside)
    return {"avg": Avg, "sum": Sum}[kind](name, filter=inside)


def _value(metric: Metric, values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(f"{metric.name}:{key}")
    if metric.measure == "share":
        base = values.get(f"{metric.name}:{key}:base")
        return round(100 * (value or 0) / base, 2) if base else None
    return plain(value, metric.unit)


def plain(value: Any, unit: str = "") -> float | None:
    """A figure as a number; a length of time in hours, or days where the unit says so."""
    if value is None:
        return None
    if isinstance(value, dt.timedelta):
        return round(value.total_seconds() / (86_400 if unit in ("d", "天") else 3600), 2)
    return int(value) if value == int(value) else round(float(value), 4)


def finer(area: str) -> int:
    """Digits of the level below an area: the city's districts for ``""``… a community's grids."""
    return next((n for n in LEVELS if n > len(area)), LEVELS[-1])


def area_key(register: Register, area: str) -> Substr:
    """The code of the level below ``area`` in which a row lies."""
    return Substr(register.area_path, 1, area_digits(area))


def area_digits(area: str) -> int:
    """Digits of the areas a table within ``area`` is grouped by."""
    return max(finer(area), 6) if len(area) < 4 else finer(area)

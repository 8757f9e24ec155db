"""The shapes of a metric beside its figure: over time, and by a dimension."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import Substr, TruncDay, TruncHour
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registry import registry

from . import days
from . import period as periods
from .evaluate import MOST_GROUPS, area_digits, area_key, bounds, filters, plain, query_of
from .period import Period
from .small import guarded, teller


def series(metric: Metric, actor: Actor, *, area: str = "", period: str = "",
           now: dt.datetime | None = None) -> list[dict[str, Any]]:
    """The metric over time: ``[{"at", "value"}]`` by hour, day, week or month, empty buckets included.

    Raises:
        Invalid: the metric has no moment.
    """
    if not metric.at:
        raise Invalid({"metric": [_("“%s”没有时间，不能画趋势") % metric.label]})
    span = periods.read(period or metric.window, now)
    register = registry.register(metric.of)
    inside, base = _parts(metric, actor, area, span)
    zone = timezone.get_current_timezone()
    moment = isinstance(register.model._meta.get_field(metric.at), models.DateTimeField)
    trunc = span.trunc if moment or span.trunc is not TruncHour else TruncDay
    cut = trunc(metric.at, tzinfo=zone) if moment else trunc(metric.at)
    rows = register.model.objects.filter(inside if base is None else base).annotate(
        bucket=cut).values("bucket").annotate(
        **_figures(metric, inside if base is not None else None)).order_by("bucket")
    found = {_moment(r["bucket"], zone): _of(metric, r) for r in rows if r["bucket"] is not None}
    empty, tell = None if metric.measure == "share" or metric.measure.startswith("avg") else 0, teller(
        register, actor, metric.measure)
    return [{"at": b.isoformat(), "value": tell(found.get(b, empty))} for b in _buckets(span, found, trunc.kind or "")]


def _moment(bucket: Any, zone: Any) -> dt.datetime:
    return bucket if isinstance(bucket, dt.datetime) else dt.datetime.combine(bucket, dt.time(), zone)


def _buckets(span: Period, found: dict[dt.datetime, Any], name: str) -> list[dt.datetime]:
    if span.start is None or span.end is None:
        return sorted(found)
    local = span.start.astimezone(timezone.get_current_timezone()).replace(minute=0, second=0, microsecond=0)
    if name == "hour":
        step = dt.timedelta(hours=1)
    else:
        local, step = local.replace(hour=0), dt.timedelta(days=7 if name == "week" else 1)
        local -= dt.timedelta(days=local.weekday() if name == "week" else 0)
    if name == "month":
        return sorted(found)
    out = []
    while local <= span.end:
        out.append(local)
        local += step
    return out


def table(metric: Metric, actor: Actor, by: str, *, area: str = "", period: str = "",
          now: dt.datetime | None = None) -> list[dict[str, Any]]:
    """The metric by a dimension, largest first: ``[{"key", "label", "value", "query", "link"}]``.

    Args:
        by: one of the metric's dimensions; ``area`` groups by the level below ``area``.

    Raises:
        Invalid: it is not one of them.
    """
    if by not in metric.by:
        raise Invalid({"by": [_("“%(metric)s”不能按“%(by)s”分组") % {"metric": metric.label, "by": by[:40]}]})
    register = registry.register(metric.of)
    span = periods.read(period or metric.window, now) if metric.at else Period(None, None)
    inside, base = _parts(metric, actor, area, span)
    counted = _by_days(metric, actor, area, span) if by == "area" else None
    rows: list[Any] = counted or []
    if counted is None:
        key = area_key(register, area) if by == "area" else F(by)
        rows = list(register.model.objects.filter(inside if base is None else base).values(group=key).annotate(
            **_figures(metric, inside if base is not None else None)).order_by("-figure", "group")[:MOST_GROUPS])
    label = _labels(metric, by, [r["group"] for r in rows])
    name = (register.area_field or "") if by == "area" else by
    whole, tell = query_of(metric, area, span), teller(register, actor, metric.measure)
    out = []
    for row in rows:
        value = tell(_of(metric, row))
        if value is None and guarded(register, actor):  # that there is a group at all would tell of somebody
            continue
        raw = "-" if row["group"] in (None, "") else str(row["group"])
        query = {**whole, name: raw}
        out.append({"key": None if raw == "-" else raw, "label": label.get(row["group"]) or _("未填写"),
                    "value": value, "query": query, "link": urlencode(query)})
    return out


def _by_days(metric: Metric, actor: Actor, area: str, span: Period) -> list[dict[str, Any]] | None:
    """Rows of a table by area from the counts by day; ``None`` where these do not say it."""
    register = registry.register(metric.of)
    if metric.measure not in ("count", "share") or not metric.at or not register.area_filter:
        return None
    seen = bounds(register, actor, {register.area_filter: area} if area else {})
    asked = {"figure": filters(register, actor, metric.where)}
    if metric.measure == "share":
        asked["base"] = filters(register, actor, metric.base or {})
    found = days.by_area(register, metric.at, seen, span, asked, area_digits(area))
    if found is None:
        return None
    rows: list[dict[str, Any]] = [{"group": group, **one} for group, one in found.items()
                                  if one.get("base", one["figure"])]
    return sorted(rows, key=lambda row: (-row["figure"], row["group"]))[:MOST_GROUPS]


def by_area(metric: Metric, actor: Actor, digits: int, *, area: str = "", period: str = "",
            now: dt.datetime | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """The metric by the areas of a level: values by code, and the filters of the rows behind all of them.

    Args:
        digits: length of the codes of the level; records known less finely stand under ``""``.

    Raises:
        Invalid: what is counted lies in no area.
    """
    register = registry.register(metric.of)
    if not register.area_path:
        raise Invalid({"metric": [_("“%s”不能按区域统计") % metric.label]})
    span = periods.read(period or metric.window, now) if metric.at else Period(None, None)
    inside, base = _parts(metric, actor, area, span)
    rows = register.model.objects.filter(inside if base is None else base).values(
        group=Substr(register.area_path, 1, digits)).annotate(
        **_figures(metric, inside if base is not None else None)).order_by()
    out: dict[str, Any] = {}
    for row in rows:
        code = row["group"] or ""
        value = _of(metric, row)
        if len(code) == digits:
            out[code] = value
        elif metric.measure == "count":
            out[""] = out.get("", 0) + (value or 0)
    tell = teller(register, actor, metric.measure)
    return {code: tell(value) for code, value in out.items()}, query_of(metric, area, span)


def _parts(metric: Metric, actor: Actor, area: str, span: Period) -> tuple[Q, Q | None]:
    """Rows counted, and rows they are a share of."""
    register = registry.register(metric.of)
    inside = bounds(register, actor, query_of(metric, area, span))
    if metric.measure != "share":
        return inside, None
    own = filters(register, actor, metric.where)
    return own, bounds(register, actor, query_of(metric, area, span, metric.base or {}))


def _figures(metric: Metric, own: Q | None) -> dict[str, Any]:
    if own is not None:
        return {"figure": Count("pk", filter=own), "base": Count("pk")}
    kind, _colon, name = metric.measure.partition(":")
    return {"figure": Count("pk") if kind == "count" else {"avg": Avg, "sum": Sum}[kind](name)}


def _of(metric: Metric, row: Mapping[str, Any]) -> float | None:
    if metric.measure == "share":
        return round(100 * row["figure"] / row["base"], 2) if row["base"] else None
    return plain(row["figure"], metric.unit)


def _labels(metric: Metric, by: str, groups: list[Any]) -> dict[Any, str]:
    """Words of the groups; linked records are read in one query."""
    register = registry.register(metric.of)
    kind = register.kinds[(register.area_field or "") if by == "area" else by]
    if not kind.select_related:
        return {g: kind.show(g) for g in groups if g not in (None, "")}
    target = kind.target  # type: ignore[attr-defined]
    return {r.pk: str(r) for r in target.objects.filter(pk__in=[g for g in groups if g is not None])}

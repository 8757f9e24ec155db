"""The figures of the situation board: at most nine tiles, each one message, each with the rows behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Substr, TruncHour
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.metrics.evaluate import board as evaluate
from gezhi.engines.tables.query import language
from gezhi.engines.workflow.clocks import light_q
from gezhi.foundation.territory.outlines import STEPS
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds.basic import ChoiceKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .subject import arrived, open_q, rows

DAY = dt.timedelta(hours=24)
HOUR = dt.timedelta(hours=1)
RANKED = 8
NUMBERS = 6
BOARD = "situation"
"""Name under which a metric asks to stand on this board."""


def link(register: Register, **filters: str) -> str:
    """The list behind a number at the desk; ``""`` where the list has no such filter, or there is no desk."""
    if set(filters) - set(language(register)):
        return ""
    try:
        return f"{reverse('desk:list', args=[register.name])}?{urlencode(filters)}"
    except NoReverseMatch:
        return ""


def page(register: Register, record: Any) -> str:
    """The page of a record at the desk; ``""`` where there is no desk."""
    try:
        return reverse("desk:record", args=[register.name, record.pk])
    except NoReverseMatch:
        return ""


def declared(register: Register, actor: Actor, area: str, now: dt.datetime) -> list[dict[str, Any]]:
    """The metrics that ask to stand on this board, first come first; few queries."""
    wanted = [m for m in registry.metrics.values()
              if BOARD in m.boards and m.chart == "number" and actor.may(f"{m.of}.view")][:NUMBERS]
    out = []
    for figure in evaluate(wanted, actor, area=area, now=now):
        metric, change = figure.metric, figure.change
        target = "" if metric.target is None else f"{metric.target:g}{metric.unit}"
        out.append(_tile(metric.name, str(metric.label), figure.value, metric.unit,
                         link(registry.register(metric.of), **figure.query), target=target,
                         change="" if change is None else f"{change * 100:+.1f}%"))
    return out


def _state(register: Register) -> str:
    return register.flow.field if register.flow else ""


def numbers(register: Register, actor: Actor, area: str, now: dt.datetime) -> list[dict[str, Any]]:
    """At most six numbers: the metrics declared for this board, else six that every timed register has."""
    return declared(register, actor, area, now) or derived(register, actor, area, now)


def derived(register: Register, actor: Actor, area: str, now: dt.datetime) -> list[dict[str, Any]]:
    """What came in, stands open, is due soon, is overdue, was finished, and in time; three queries."""
    begin, before = now - DAY, now - 2 * DAY
    recent = rows(register, actor, area, Q(created_at__gte=before)).aggregate(
        new=Count("pk", filter=Q(created_at__gte=begin)), old=Count("pk", filter=Q(created_at__lt=begin)))
    done = rows(register, actor, area, Q(finished_at__gte=before)).aggregate(
        new=Count("pk", filter=Q(finished_at__gte=begin)), old=Count("pk", filter=Q(finished_at__lt=begin)),
        good=Count("pk", filter=Q(finished_at__gte=begin, overtime=False)),
        was=Count("pk", filter=Q(finished_at__lt=begin, overtime=False)))
    open_ = rows(register, actor, area, open_q(register)).aggregate(
        all=Count("pk"), yellow=Count("pk", filter=light_q("yellow", now)), red=Count("pk", filter=light_q("red", now)))
    day = f"{begin:%Y-%m-%d %H:%M}.."
    where = {register.area_field or "": area} if area else {}
    opened = ",".join(register.flow.open_codes()) if register.flow else ""
    return [
        _tile("new", _("24 小时新增"), recent["new"], _("件"), link(register, created_at=day, **where),
              change=_change(recent["new"], recent["old"])),
        _tile("open", _("正在办理"), open_["all"], _("件"), link(register, **{_state(register): opened}, **where)),
        _tile("yellow", _("即将到期"), open_["yellow"], _("件"), link(register, light="yellow", **where),
              light="yellow"),
        _tile("red", _("已超期"), open_["red"], _("件"), link(register, light="red", **where), light="red"),
        _tile("done", _("24 小时办结"), done["new"], _("件"), link(register, finished_at=day, **where),
              change=_change(done["new"], done["old"])),
        _tile("share", _("按时办结率"), _share(done["good"], done["new"]), "%", "", target="≥ 95%",
              change=_points(_share(done["good"], done["new"]), _share(done["was"], done["old"]))),
    ]


def _tile(key: str, label: str, value: Any, unit: str, url: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value, "unit": unit, "url": url, **more}


def _change(new: int, old: int) -> str:
    return f"{(new - old) / old * 100:+.1f}%" if old else ""


def _share(part: int, whole: int) -> float | None:
    return round(part / whole * 100, 1) if whole else None


def _points(new: float | None, old: float | None) -> str:
    return "" if new is None or old is None else f"{new - old:+.1f}"


def trend(register: Register, actor: Actor, area: str, now: dt.datetime) -> dict[str, Any]:
    """What came in and what was finished, hour by hour."""
    came = arrived(register)
    begin = (now - DAY).replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    hours = [begin + dt.timedelta(hours=n) for n in range(24)]

    def series(field: str) -> list[int]:
        found = rows(register, actor, area, Q(**{f"{field}__gte": begin})).order_by()
        counted = dict(found.annotate(hour=TruncHour(field)).values_list("hour").annotate(n=Count("pk")))
        return [counted.get(hour, 0) for hour in hours]

    return {"kind": "line", "smooth": True, "categories": [timezone.localtime(h).strftime(_("%H时")) for h in hours],
            "series": [{"name": _("新增"), "values": series(came)},
                       {"name": _("办结"), "values": series("finished_at")}],
            "links": [link(register, **{came: span(h, h + HOUR)}, **_within(register, area)) for h in hours]}


def _within(register: Register, area: str) -> dict[str, str]:
    return {register.area_field: area} if area and register.area_field else {}


def span(begin: dt.datetime, end: dt.datetime) -> str:
    """A time span as a filter's text; its end belongs to the next one."""
    last = timezone.localtime(end - dt.timedelta(seconds=1))
    return f"{timezone.localtime(begin):%Y-%m-%d %H:%M:%S}..{last:%Y-%m-%d %H:%M:%S}"


def by_area(register: Register, actor: Actor, area: str) -> dict[str, int]:
    """Open records by child area: code to number."""
    length = STEPS.get(len(area))
    if length is None or register.area_field is None:
        return {}
    found = rows(register, actor, area, open_q(register)).order_by()
    pairs = found.annotate(part=Substr(register.area_field, 1, length)).values_list("part").annotate(n=Count("pk"))
    return {code: n for code, n in pairs if len(code) == length}


def ranking(register: Register, counts: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    """The child areas with most open records."""
    top = sorted(((n, code) for code, n in counts.items()), reverse=True)[:RANKED]
    return {"kind": "rank", "categories": [names.get(code, code) for _n, code in top],
            "links": [link(register, **{_state(register): ",".join(register.flow.open_codes()),  # type: ignore[union-attr]
                                        register.area_field or "": code}) for _n, code in top],
            "series": [{"name": _("正在办理"), "values": [n for n, _code in top]}]}


def parts(register: Register, actor: Actor, area: str, now: dt.datetime) -> tuple[str, dict[str, Any]] | None:
    """The records of the last 24 hours by their first choice that is not the state or the urgency."""
    assert register.flow is not None
    kind = next((k for name in register.column_names if isinstance(k := register.kinds[name], ChoiceKind)
                 and k.field is not None and name not in (register.flow.field, "urgency")), None)
    if kind is None:
        return None
    came, begin = arrived(register), now - DAY
    found = rows(register, actor, area, Q(**{f"{came}__gte": begin})).order_by()
    pairs = sorted(found.values_list(kind.name).annotate(n=Count("pk")), key=lambda p: -p[1])
    shown = [*pairs[: RANKED - 1]]
    rest = sum(n for _code, n in pairs[RANKED - 1:])
    names = [kind.show(code) or _("未填") for code, _n in shown] + ([_("其他")] if rest else [])
    values = [n for _code, n in shown] + ([rest] if rest else [])
    where = {came: f"{timezone.localtime(begin):%Y-%m-%d %H:%M:%S}..", **_within(register, area)}
    links = [link(register, **{kind.name: code or "-"}, **where) for code, _n in shown]
    return kind.label, {"kind": "pie", "categories": names, "links": [*links, *[""] * bool(rest)],
                        "series": [{"name": kind.label, "values": values}]}

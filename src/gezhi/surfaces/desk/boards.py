"""A page for each declared board: tiles that equal the rows behind their links, tables, and the parts domains draw."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gezhi.engines.metrics import boards as declared
from gezhi.engines.metrics import evaluate, period, shape
from gezhi.engines.metrics.evaluate import Figure, metric_of
from gezhi.kernel.actors import Actor
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registry import registry

from .frame import DeskRequest, desk

PERIODS = ("7d", "30d", "90d", "365d")
MOST = 12


@desk
@require_GET
def board(request: DeskRequest, name: str) -> HttpResponse:
    """One board for an area and a period."""
    actor = request.actor
    found = declared.board_of(actor, name)
    text = request.GET.get("period", "") or found.window
    span = period.read(text)
    area = _area(actor, request.GET.get("area", ""))
    wanted = [m for m in registry.metrics.values() if found.name in m.boards and actor.may(f"{m.of}.view")]
    by_name = {f.metric.name: f for f in _figures(wanted, actor, area, text)}
    parts = [{"part": p, "context": p.context(actor, area, span)} for p in found.parts]
    return render(request, "desk/board.html", {
        "title": str(found.label), "board": found, "crumbs": [], "area": area, "period": text,
        "tabs": _tabs(actor, found, area, text), "periods": _periods(area, text),
        "tiles": [tile(by_name[m.name]) for m in wanted], "parts": parts,
        "tables": [_table(metric_of(m), by, actor, area, text) for m, by in found.tables]})


def _figures(wanted: list[Metric], actor: Actor, area: str, text: str) -> list[Figure]:
    """Each metric for the area where its register lies in one, and for the period where it has a moment."""
    groups: dict[tuple[str, str], list[Metric]] = {}
    for metric in wanted:
        register = registry.register(metric.of)
        here = area if register.area_field in register.filter_set else ""
        groups.setdefault((here, "" if metric.window == "all" or not metric.at else text), []).append(metric)
    return [f for (here, span), members in groups.items()
            for f in evaluate.board(members, actor, area=here, period=span)]


def _area(actor: Actor, asked: str) -> str:
    """The area asked for if it lies within the actor's, else all the actor sees."""
    return asked if asked.isdecimal() and len(asked) in (4, 6, 9, 12, 15) and asked.startswith(actor.area) else ""


def _tabs(actor: Actor, found: declared.Board, area: str, text: str) -> list[dict[str, Any]]:
    query = "?" + urlencode({k: v for k, v in (("area", area), ("period", text)) if v})
    return [{"label": str(b.label), "url": reverse("desk:board", args=[b.name]) + query, "current": b is found}
            for b in declared.boards(actor) if b.group == found.group]


def _periods(area: str, text: str) -> list[dict[str, Any]]:
    labels = {"7d": _("近 7 天"), "30d": _("近 30 天"), "90d": _("近 90 天"), "365d": _("近一年")}
    return [{"label": labels[code], "current": code == text, "url": "?" + urlencode(
        {**({"area": area} if area else {}), "period": code})} for code in PERIODS]


def tile(figure: Figure) -> dict[str, Any]:
    """A figure as ``partials/tile.html`` draws it, with the link to its rows."""
    metric = figure.metric
    change = figure.change
    return {"key": metric.name, "label": str(metric.label), "unit": metric.unit, "value": _text(figure.value),
            "change": "" if change is None else f"{change:+.0%}",
            "target": f"{metric.target:g}{metric.unit}" if metric.target is not None else "",
            "url": reverse("desk:list", args=[metric.of]) + "?" + figure.link}


def _text(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def _table(metric: Any, by: str, actor: Actor, area: str, text: str) -> dict[str, Any]:
    span = "" if metric.window == "all" or not metric.at else text
    rows = shape.table(metric, actor, by, area=area, period=span)[:MOST] if actor.may(f"{metric.of}.view") else []
    base = reverse("desk:list", args=[metric.of])
    return {"label": str(metric.label), "unit": metric.unit, "rows": [
        {"label": r["label"] or r["key"] or "—", "value": _text(r["value"]), "url": f"{base}?{r['link']}"}
        for r in rows]}

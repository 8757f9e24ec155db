"""What waits for me, on the map."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from . import work
from .guard import signed_in
from .shell import actor, page

MOST = 500
LIGHTS = {"green": "#17813f", "yellow": "#f2b100", "red": "#cf1f2b", "grey": "#66727f", "blue": "#1668dc"}


def _features(register: Register, me: Actor) -> list[dict[str, Any]]:
    query = work.tasks(register, me)
    if query is None or (register.layer is None and register.spot is None):
        return []
    out = []
    for record in query.page(MOST).rows:
        point = work.place_of(register, record)
        if point is not None:
            url = reverse("pocket:record", args=[register.name, record.pk])
            facts = {"id": record.pk, "name": work.title_of(register, record), "light": record.light() or "green",
                     "url": url}
            out.append({"type": "Feature", "properties": facts,
                        "geometry": {"type": "Point", "coordinates": [point.x, point.y]}})
    return out


@require_GET
@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """My area, and every piece of my work that has a place."""
    me = actor(request)
    layers: list[dict[str, Any]] = []
    total = 0
    for register in work.flows():
        features = _features(register, me)
        total += len(features)
        if features:
            shade = {"field": "light", "values": LIGHTS}
            layers.append({"id": register.name, "label": str(register.label), "geometry": "point", "shade": shade,
                           "data": {"type": "FeatureCollection", "features": features}})
    props = {"layers": layers}
    return render(request, "pocket/map.html", page(request, "map", map=props, total=total))

"""城市一张图 on the wall; a screen without a keyboard asks for tiles and figures with its pass."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from gezhi.engines.layers import atlas, tiles
from gezhi.engines.tables.query import flat
from gezhi.foundation.territory.atlas import framed, selected, shaded
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from .figures import link
from .views import watched

TILE_SECONDS = 10


@require_GET
@watched
def map_(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The map of the city on a dark wall."""
    params = flat(request.GET)
    keep = urlencode({"pass": params["pass"]}) if "pass" in params else ""
    tile_ = reverse("wall:map_tile", args=["name", 0, 0, 0]).replace("name/0/0/0", "{name}/{z}/{x}/{y}")

    def card(register: Register) -> str:  # nobody is signed in on a screen that runs on a pass
        return "" if keep else reverse("desk:card", args=[register.name, 0]).replace("/0/", "/{id}/")

    drawn = atlas.page(actor, params, tiles=tile_, card=card, rows=lambda r: "" if keep else link(r).rstrip("?"))
    for one in drawn["map"]["layers"] if keep else ():
        one["tiles"] += ("&" if "?" in one["tiles"] else "?") + keep
    drawn["props"] = framed(actor, params, drawn, keep=keep, urls={
        "select": reverse("wall:map_select"), "shade": reverse("wall:map_shade"), "tiles": tile_})
    drawn["map"] |= {**atlas.site(), "base": atlas.outlined(tile_ + (f"?{keep}" if keep else ""))}
    return render(request, "wall/atlas.html", {"atlas": drawn, "back": f"{reverse('wall:situation')}?{keep}"})


@require_GET
@watched
def select(request: HttpRequest, actor: Actor) -> HttpResponse:
    """As ``/api/v1/map/select``."""
    return _fresh(selected(actor, _own(request)))


@require_GET
@watched
def shade(request: HttpRequest, actor: Actor) -> HttpResponse:
    """As ``/api/v1/map/shade``."""
    return _fresh(shaded(actor, _own(request)))


@require_GET
@watched
def tile(request: HttpRequest, actor: Actor, name: str, z: int, x: int, y: int) -> HttpResponse:
    """As ``/api/v1/tiles``."""
    data = tiles.tile(name, actor, min(z, 99), x, y, _own(request))
    return HttpResponse(data, content_type="application/vnd.mapbox-vector-tile", headers={
        "Cache-Control": f"private, max-age={TILE_SECONDS}", "Vary": "Cookie"})


def _own(request: HttpRequest) -> dict[str, str]:
    return {k: v for k, v in flat(request.GET).items() if k not in ("pass", "at")}


def _fresh(data: dict[str, Any]) -> HttpResponse:
    answer = JsonResponse(data)
    answer["Cache-Control"] = "no-store"
    return answer

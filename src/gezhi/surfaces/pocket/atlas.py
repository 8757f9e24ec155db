"""城市一张图 on the phone: the same layers, figures and selections as at the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from gezhi.engines.layers import atlas
from gezhi.engines.tables.query import flat
from gezhi.foundation.territory.atlas import framed
from gezhi.kernel.registers import Register

from . import views, work
from .guard import signed_in
from .shell import actor, page

TILES = "/api/v1/tiles/{name}/{z}/{x}/{y}.mvt"


def _card(register: Register) -> str:
    return reverse("pocket:card", args=[register.name, 0]).replace("/0/", "/{id}/")


@require_GET
@signed_in
def map_(request: HttpRequest) -> HttpResponse:
    """The map of the city, with the lists of what lies in a part of it."""
    me, params = actor(request), flat(request.GET)

    def rows(register: Register) -> str:
        return reverse("pocket:entries", args=[register.name]) if register.columns else ""

    drawn = atlas.page(me, params, tiles=TILES, card=_card, rows=rows)
    drawn["props"] = framed(me, params, drawn, urls={
        "select": "/api/v1/map/select", "shade": "/api/v1/map/shade", "tiles": TILES})
    return render(request, "pocket/atlas.html", page(request, "map", atlas=drawn, back=reverse("pocket:map")))


@require_GET
@signed_in
def card(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """A record in a few lines, for the map."""
    me = actor(request)
    declared, found = views.find(register, pk, me)
    url = reverse("pocket:record", args=[declared.name, found.pk])
    row = work.row(declared, found, me, url)
    row["shown"] = [fact for fact in (row["place"], row["kind"], row["source"]) if fact]
    return render(request, "pocket/parts/card.html", {"row": row})

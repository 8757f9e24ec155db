"""城市一张图 at the desk: layers, figures by area, and what lies in a part of the map."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gezhi.engines.layers import atlas
from gezhi.engines.tables.query import flat
from gezhi.foundation.territory.atlas import framed
from gezhi.kernel.registers import Register

from .frame import DeskRequest, desk

TILES = "/api/v1/tiles/{name}/{z}/{x}/{y}.mvt"


def _card(register: Register) -> str:
    return reverse("desk:card", args=[register.name, 0]).replace("/0/", "/{id}/")


def _rows(register: Register) -> str:
    return reverse("desk:list", args=[register.name]) if register.columns else ""


@desk
@require_GET
def map_(request: DeskRequest) -> HttpResponse:
    """The map of the city; the address bar keeps what is shown."""
    params = flat(request.GET)
    drawn = atlas.page(request.actor, params, tiles=TILES, card=_card, rows=_rows)
    drawn["props"] = framed(request.actor, params, drawn, urls={
        "select": "/api/v1/map/select", "shade": "/api/v1/map/shade", "tiles": TILES})
    return render(request, "desk/atlas.html", {"atlas": drawn, "title": _("城市一张图"), "crumbs": []})

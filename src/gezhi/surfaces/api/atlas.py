"""The map's figures: what lies in a part of it, and areas shaded by a figure."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from gezhi.foundation.territory.atlas import selected, shaded
from gezhi.kernel.actors import Actor


def select(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``GET /map/select?within=&area=&layers=``: records by layer; ``<layer>.<filter>=`` narrows one of them."""
    return selected(actor, {k: str(v) for k, v in request.GET.items()})


def shade(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``GET /map/shade?of=&level=&area=&period=``: a figure by the areas of a level."""
    return shaded(actor, {k: str(v) for k, v in request.GET.items()})

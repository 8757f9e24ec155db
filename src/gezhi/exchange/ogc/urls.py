"""Addresses below ``/ogc/``."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, re_path

from . import collections, items, landing, locate, maps
from .door import door

NAME = r"(?P<name>[a-z][a-z0-9_]{0,39})"
TILES = rf"collections/{NAME}/tiles"
MATRIX = r"(?P<matrix>[0-9A-Za-z]{1,40})"


def _at(pattern: str, view: Callable[..., Any]) -> URLPattern:
    return re_path(rf"^v1/{pattern}$", door(view))


urlpatterns = [
    re_path(r"^v1/?$", door(landing.landing)),
    _at("api", landing.api),
    _at("conformance", landing.conformance),
    _at("collections", collections.collections),
    _at(f"collections/{NAME}", collections.collection),
    _at(f"collections/{NAME}/schema", collections.schema),
    _at(f"collections/{NAME}/queryables", collections.queryable),
    _at(f"collections/{NAME}/items", items.items),
    _at(rf"collections/{NAME}/items/(?P<pk>[0-9]{{1,19}})", items.item),
    _at(TILES, maps.tilesets),
    _at(f"{TILES}/{MATRIX}", maps.tileset),
    _at(rf"{TILES}/{MATRIX}/(?P<z>\d{{1,2}})/(?P<y>\d{{1,8}})/(?P<x>\d{{1,8}})", maps.tile),
    _at("geocode", locate.geocode),
    _at("reverse", locate.reverse),
]

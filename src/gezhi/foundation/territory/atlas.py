"""The map's figures with the areas they are of: the same answer for every surface that draws the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gezhi.engines.layers import selection, shading
from gezhi.kernel.actors import Actor

from . import outlines


def selected(actor: Actor, params: Mapping[str, str]) -> dict[str, Any]:
    """Records by layer in a part of the map or in an area.

    Args:
        params: ``within``, ``area``, ``layers`` (names, parted by commas; none: all), and filters of one layer in the
            language of lists as ``<layer>.<filter>``.

    Returns:
        ``items`` as :func:`gezhi.engines.layers.selection.select` gives them; ``path`` and ``bounds`` of the area.

    Raises:
        Missing, Refused, Invalid.
    """
    filters: dict[str, dict[str, str]] = {}
    for key, raw in params.items():
        layer, dot, name = key.partition(".")
        if dot and raw:
            filters.setdefault(layer, {})[name] = raw
    names = [n for n in params.get("layers", "").split(",") if n]
    area = params.get("area", "")
    found = selection.select(actor, names, within=params.get("within", ""), area=area, filters=filters)
    return {"items": found, **_place(area)}


def shaded(actor: Actor, params: Mapping[str, str]) -> dict[str, Any]:
    """A figure by the areas of a level: ``of``, ``level``, ``area``, ``period``; see
    :func:`gezhi.engines.layers.shading.shade`."""
    raw, area = params.get("level", ""), params.get("area", "")
    digits = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 3 else 0
    return shading.shade(actor, params.get("of", ""), digits, area=area, period=params.get("period", ""))


def framed(actor: Actor, params: Mapping[str, str], drawn: dict[str, Any], *, urls: Mapping[str, str],
           keep: str = "") -> dict[str, Any]:
    """Props of ``gz-atlas``: where it begins and whom it asks.

    Args:
        params: of the address bar; ``area`` is where it begins.
        drawn: what :func:`gezhi.engines.layers.atlas.page` gave; its map is made to open on the area.
        urls: addresses of ``select``, ``shade`` and ``tiles``.
        keep: parameters every address keeps.
    """
    root = actor.area[:12]
    asked = params.get("area", "")
    area = asked if asked.isascii() and asked.isdecimal() and len(asked) <= 15 and asked.startswith(root) else root
    place = _place(area)
    drawn["map"] |= {"bounds": place["bounds"]} if place["bounds"] else {}
    lists = {one["name"]: one["list"] for group in drawn["groups"] for one in group["layers"]}
    return {"root": root, "area": area, "urls": dict(urls), "keep": keep, "lists": lists, **drawn["chosen"],
            "regions": {str(digits): level for digits, level in shading.REGIONS.items()}, **place}


def _place(area: str) -> dict[str, Any]:
    return {"path": outlines.path(area), "bounds": outlines.bounds(area)}

"""城市一张图: every layer and every figure an actor may see, as the page of any surface draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from gezhi.engines.tables.query import language
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.actors import Actor
from gezhi.kernel.groups import GROUPS, order
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import legend, shading
from .tiles import shown_to

OPEN = "open"
"""Filter of registers with work in them: only what is not finished."""
Address = Callable[[Register], str]


def site() -> dict[str, Any]:
    """What every map of the site shares: maps from outside it may lie on, and where it opens."""
    kept: dict[str, Any] = settings.GEZHI_MAP
    sources = [{**one, **{key: _(one[key]) for key in ("name", "attribution") if one[key]}} for one in kept["sources"]]
    return {"home": {"center": list(kept["center"]), "zoom": kept["zoom"]}, **({"sources": sources} if sources else {})}


def outlined(tiles: str) -> dict[str, Any]:
    """The ground of a map: outlines and names of the regions, by zoom; no map from outside is needed.

    Args:
        tiles: address of a tile with ``{name} {z} {x} {y}``.
    """
    layers = [_outline("community", 0.7, 12, 13), _outline("town", 1, 9.5, 10.5), _outline("county", 1.8)]
    return {"tiles": tiles.replace("{name}", "region"), "maxzoom": 14, "layers": layers}


def _outline(level: str, width: float, min_zoom: float = 0, label_zoom: float = 0) -> dict[str, Any]:
    return {"id": f"ground-{level}", "source_layer": "region", "geometry": "line", "colour": "#8fa3bf", "width": width,
            "min_zoom": min_zoom, "only": {"field": "colour", "values": [level]}, "label_field": "name",
            "label_zoom": label_zoom or min_zoom}


def layered(actor: Actor) -> list[Register]:
    """Registers with a layer that the actor may view, in the order of the menu."""
    seen = [r for r in registry.registers.values() if r.layer is not None and shown_to(r, actor)]
    return sorted(seen, key=lambda r: order(r.group))


def page(actor: Actor, params: Mapping[str, str], *, tiles: str, card: Address, rows: Address) -> dict[str, Any]:
    """Everything a page of the map needs.

    Args:
        params: of the address bar: ``layers`` (those shown), ``of`` and ``level`` (what areas are shaded by),
            ``all`` (layers whose finished records are shown too).
        tiles: address of a tile with ``{name} {z} {x} {y}``.
        card: address of a record in a few lines, with ``{id}``; ``""``: none.
        rows: address of a register's list, ``""`` where the surface has none.

    Returns:
        ``groups`` of layers for the panel, ``subjects`` and ``levels`` for shading, ``map`` (props of ``gz-map``),
        ``chosen`` (what the address bar asks for).
    """
    registers = layered(actor)
    shown = set(params["layers"].split(",")) if "layers" in params else {_first(registers)}
    whole = set(params.get("all", "").split(","))
    groups: dict[str, list[dict[str, Any]]] = {}
    drawn = []
    for number, register in enumerate(registers):
        paint = legend.LAYERS[number % len(legend.LAYERS)]
        on, narrowed = register.name in shown, OPEN in language(register)
        one = {"name": register.name, "label": str(register.label), "icon": register.icon, "colour": paint, "on": on,
               "geometry": legend.geometry(register), "legend": legend.legend(register), "list": rows(register),
               "open": narrowed, "whole": register.name in whole}
        groups.setdefault(str(register.group), []).append(one)
        drawn.append(_drawn(register, one, tiles, card(register)))
    chosen = {"of": params.get("of", ""), "level": params.get("level", "")}
    return {"groups": [{"label": str(GROUPS[g][0]) if g in GROUPS else g or _("其他"), "layers": groups[g],
                        "open": any(one["on"] for one in groups[g])} for g in groups],
            "subjects": shading.subjects(actor), "levels": [[n, str(label)] for n, label in shading.LEVELS.items()],
            "map": {"layers": _ordered(drawn), "legend": False}, "chosen": chosen}


def _first(registers: list[Register]) -> str:
    """The layer shown when none is asked for: the first with deadlines, else the first of points."""
    timed = [r for r in registers if issubclass(r.model, Timed)]
    return next((r.name for r in [*timed, *registers] if legend.geometry(r) == "point"), "")


def _drawn(register: Register, one: Mapping[str, Any], tiles: str, card: str) -> dict[str, Any]:
    """A layer as ``gz-map`` takes it."""
    layer = register.layer
    assert layer is not None
    out: dict[str, Any] = {
        "id": register.name, "label": one["label"], "geometry": one["geometry"], "colour": one["colour"],
        "tiles": tiles.replace("{name}", register.name), "on": one["on"], "linked": layer.linked}
    if one["open"] and not one["whole"]:
        out["tiles"] += f"?{OPEN}=1"
    if layer.title:
        out |= {"label_field": "name", "label_zoom": 15 if one["geometry"] == "point" else 0}
    if card:
        out["card"] = card
    if found := legend.shade(register):
        out["shade"] = found
    return out


def _ordered(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shapes below lines below points, so that nothing that can be clicked is covered."""
    rank = {"polygon": 0, "line": 1, "point": 2}
    return sorted(drawn, key=lambda one: rank[one["geometry"]])

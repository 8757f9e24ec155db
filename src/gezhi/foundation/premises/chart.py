"""The chart of a building: its homes by unit and floor, as far as the looker may see them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from gezhi.engines.relations.cards import inhabited
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registry import registry

MOST = 2000
"""Homes drawn at most; a building with more is listed."""


def _place(text: str) -> tuple[int, str]:
    digits = "".join(c for c in text if c.isdecimal())
    return (-int(digits) if text.startswith(("-", "B", "地下")) else int(digits)) if digits else 0, text


def chart(building: Any, actor: Actor) -> dict[str, Any]:
    """Rows from the top floor down, a column a unit; each home with its number, state and address of its page."""
    register = registry.register("home")
    if not actor.may("home.view"):
        return {"units": [], "floors": []}
    model: Any = register.model
    seen = model.objects.filter(sight(register, actor), building=building)
    homes = list(seen.select_related("address")[:MOST])
    page = "pocket:record" if actor.via == "pocket" else "desk:record"
    inside = inhabited(register, [h.pk for h in homes], actor)
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for home in sorted(homes, key=lambda h: _place(h.address.room_no)):
        at = home.address.floor or _floor_of(home.address.room_no), home.address.unit_no
        cells.setdefault(at, []).append({
            "room": home.address.room_no or str(home), "state": register.kinds["status"].show(home.status),
            "status": home.status, "url": reverse(page, args=["home", home.pk]),
            "inside": [{"icon": r.icon, "label": str(r.label), "number": n} for r, n in inside.get(home.pk, ())]})
    units = sorted({unit for _floor, unit in cells}, key=_place)
    floors = sorted({floor for floor, _unit in cells}, key=_place, reverse=True)
    return {"units": units, "floors": [(floor, [cells.get((floor, unit), []) for unit in units]) for floor in floors]}


def _floor_of(room: str) -> str:
    """Floor that a room number tells: 1203 is on the 12th; nothing for short ones."""
    digits = "".join(c for c in room if c.isdecimal())
    return digits[:-2] if len(digits) > 2 else ""

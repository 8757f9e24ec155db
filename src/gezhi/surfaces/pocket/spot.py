"""A page of its own for work on the spot: verification, inspection, disposal. One hand, one move, evidence first.

Which registers have such work, and what the person there must know, their ``spot`` says (kernel.registers.Spot).
"""

from __future__ import annotations

from typing import Any

from gezhi.foundation.documents.attach import of_record
from gezhi.foundation.documents.document import may_view
from gezhi.foundation.documents.serve import gallery
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import work

BEFORE = 12
"""Most pictures of before that are shown."""


def fit(register: Register, record: Any, asks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions of the spot's move, with only the answers that fit this record; none fits: it is not asked."""
    spot = register.spot
    if spot is None or spot.options is None:
        return asks
    out = []
    for ask in asks:
        labels = spot.options(record, ask["name"]) if ask["type"] == "select" else None
        if labels is not None:
            ask["options"] = [[code, labels[code]] for code, _label in ask["options"] if code in labels]
            ask["radio"] = True
        if labels is None or ask["options"]:
            out.append(ask)
    return out


def spot_context(register: Register, record: Any, me: Actor, moves: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``pocket/spot.html`` shows; for whoever has nothing to do on the spot, what the work is about.

    Args:
        moves: what the person may do now, as the record page lists it.
    """
    spot = register.spot
    here = next((m for m in moves if spot is not None and m["name"] == spot.move), None)
    subject = spot.subject(record) if spot is not None else None
    if spot is None or subject is None:
        return {}
    if here is None:
        about, _same = work.subject_of(register, record)
        return {"known": _facts(about, subject, spot.facts), "subject_label": about.label}
    here["asks"] = fit(register, record, here["asks"])
    here["evidence"] = _in_order(here["asks"], spot.far)
    about = registry.register_of(type(subject)) or register
    point = work.place_of(register, record)
    asked = _demand(register, record)
    sort = next((fact["value"] for fact in asked if fact["name"] == "kind"), here["label"])
    shown = any(panel.phone for panel in register.panels)
    return {
        "sort": sort, "spot": here, "moves": [m for m in moves if m is not here],
        "subject": work.title_of(register, record),
        "known": _facts(about, subject, spot.facts), "demand": [fact for fact in asked if fact["name"] != "kind"],
        "before": [] if shown else gallery(_before(record, subject, me)),
        "place": {"lon": point.x, "lat": point.y} if point else None,
        "radius": spot.radius(record) if spot.radius is not None else None}


def _in_order(asks: list[dict[str, Any]], far: str) -> dict[str, list[dict[str, Any]]]:
    """Questions by the part of the page that asks them."""
    parts: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("point", "far", "choice", "files", "words", "more")}
    for ask in asks:
        if ask["name"] == far:
            parts["far"].append(ask)
        elif ask["type"] in ("point", "files"):
            parts[ask["type"]].append(ask)
        elif ask["type"] == "select":
            parts["choice"].append(ask)
        else:
            # what must be said never hides among what may be
            parts["words" if ask["type"] == "textarea" or ask.get("required") else "more"].append(ask)
    return parts


def _facts(about: Register, subject: Any, names: str) -> list[dict[str, Any]]:
    out = []
    for name in names.split():
        kind = about.kinds[name]
        value = kind.mask(kind.value(subject))
        if kind.show(value) and value != 0:
            out.append({"label": kind.label, "value": kind.html(value), "span": True})
    return out


def _demand(register: Register, record: Any) -> list[dict[str, Any]]:
    """What was asked of this person, and its sort."""
    return [fact for fact in work.fields_of(register, record) if fact["name"] in ("kind", "demand", "remark")]


def _before(record: Any, subject: Any, me: Actor) -> list[Any]:
    """Pictures and sound of how it was, as far as the person may see them: of the matter first, then of this work."""
    found = of_record(subject) + ([] if subject is record else of_record(record))
    return [d for d in found if d.kind != "file" and may_view(me, d)][:BEFORE]

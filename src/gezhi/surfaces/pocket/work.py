"""What waits for a person, and how a record looks in a list: both derived from its register and workflow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import Point

from gezhi.engines.history import deed, timeline
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.clocks import Timed
from gezhi.engines.workflow.queue import duty
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Move

FACTS = 3
SILENT = frozenset({"channel", "source", "source_key"})
"""Asked by a move, answered by the surface: where a report comes from and the sender's own key."""


def flows() -> list[Register]:
    """Registers whose records move against a deadline: what is work, in order of declaration."""
    return [r for r in registry.registers.values() if r.flow is not None and issubclass(r.model, Timed)]


def starts(actor: Actor) -> list[tuple[Register, Move]]:
    """Moves by which this actor may bring a record into being: what can be reported."""
    return [(register, move) for register in flows() for move in register.flow.moves().values()  # type: ignore[union-attr]
            if move.creates and not move.quiet and actor.may(f"{register.name}.{move.name}")]


def tasks(register: Register, actor: Actor, params: Any = None) -> Query | None:
    """The list of what waits in a register, most urgent first."""
    within = duty(register, actor)
    if within is None:
        return None
    order = "due_at" if issubclass(register.model, Timed) else "id"
    return Query(register, actor, params or {}, within=within, order=order, strict=False)


def row(register: Register, record: Any, actor: Actor, url: str) -> dict[str, Any]:
    """A record as ``partials/queue.html`` draws it."""
    flow = register.flow
    state = flow.states().get(getattr(record, flow.field)) if flow else None
    timed = isinstance(record, Timed)
    title = title_of(register, record)
    area = register.area_field
    facts = facts_of(register, record, actor,
                     skip={register.key, flow.field if flow else "", area, "urgency", "light"})
    place = register.kinds[area].show(getattr(record, area)) if area else ""
    urgency = getattr(record, "urgency", "")
    point = place_of(register, record)
    return {"id": record.pk, "url": url, "number": _key(register, record), "title": title,
            "state": state.label if state else "", "final": bool(state and state.final),
            "light": record.light() if timed else "", "due": record.due_at if timed else None,
            "urgency": urgency, "place": place, "kind": facts[0] if facts else "",
            "source": facts[1] if len(facts) > 1 else "", "unit": facts[2] if len(facts) > 2 else "",
            "at": record.created_at, "near": {"lon": point.x, "lat": point.y} if point else None}


def subject_of(register: Register, record: Any) -> tuple[Register, Any]:
    """What the work is about, with its register: the matter behind it where it has one, else the record itself."""
    subject = register.spot.subject(record) if register.spot is not None else None
    about = registry.register_of(type(subject)) if subject is not None else None
    return (about, subject) if about is not None else (register, record)


def title_of(register: Register, record: Any) -> str:
    """What the work is about, in words; numbers stand in a place of their own."""
    about, subject = subject_of(register, record)
    whole = about.title(subject)
    for name in (about.key, *about.column_names[:1]):
        number = about.kinds[name].show(about.kinds[name].value(subject)) if name in about.kinds else ""
        if number and whole.startswith(f"{number} "):
            return whole.removeprefix(number).strip()
    return whole


def place_of(register: Register, record: Any) -> Point | None:
    """Where the work of a record is: its spot's place, else its layer's."""
    if register.spot is not None:
        subject = register.spot.subject(record)
        point = getattr(subject, register.spot.place, None) if subject is not None else None
    else:
        point = register.spot_of(record)
    return point if isinstance(point, Point) else None


def _key(register: Register, record: Any) -> str:
    shown = register.kinds[register.key].show(register.kinds[register.key].value(record))
    return shown or f"#{record.pk}"


def _own(actor: Actor, value: Any) -> bool:
    """Whether a value is the actor's own post or unit, which they need not be told."""
    table = getattr(getattr(value, "_meta", None), "model_name", "")
    return (table == "post" and value.pk == actor.post_id) or (table == "unit" and value.pk == actor.unit_id)


def facts_of(register: Register, record: Any, actor: Actor, skip: Iterable[str | None] = ()) -> list[str]:
    """The first few columns that say something, as text; never a sensitive one, and nothing of the reader's own."""
    title, out = title_of(register, record), []
    for name in register.column_names:
        kind = register.kinds[name]
        if name in skip or kind.sensitivity not in ("public", "internal") or kind.widget_type in ("datetime", "point"):
            continue
        value = kind.value(record)
        text = kind.show(value)
        if text and text not in title and len(text) <= 40 and not _own(actor, value):
            out.append(text)
        if len(out) == FACTS:
            break
    return out


def fields_of(register: Register, record: Any) -> list[dict[str, Any]]:
    """What was said at the beginning, then what the lists show: name and value, sensitive values masked."""
    asked = [ask.name for move in (register.flow.moves().values() if register.flow else ()) if move.creates
             for ask in move.ask if ask.name not in SILENT]
    skip = {"light", register.flow.field if register.flow else ""}
    names = [n for n in dict.fromkeys([*asked, *register.form_names, *register.column_names]) if n not in skip]
    out = []
    for name in names:
        kind = register.kinds.get(name)
        if kind is None or kind.widget_type in ("shape", "json", "point", "files", "checkbox"):
            continue
        value = kind.mask(kind.value(record))
        shown = kind.show(value)
        if shown:
            out.append({"name": name, "label": kind.label, "value": kind.html(value), "span": len(shown) > 16})
    return out


def steps_of(register: Register, record: Any) -> list[dict[str, Any]]:
    """The coarse stages of a flow in order, the present one lit; a flow without stages has none."""
    flow = register.flow
    if flow is None:
        return []
    now = flow.states()[getattr(record, flow.field)]
    stages = list(dict.fromkeys(str(s.stage) for s in flow.states().values() if str(s.stage)))
    here = str(now.stage)
    at = stages.index(here) if here in stages else -1
    return [{"label": label, "now": n == at, "done": n < at} for n, label in enumerate(stages)]


def acts_of(register: Register, found: Any) -> list[dict[str, Any]]:
    """The timeline of a record, newest first; moves by their labels."""
    moves = register.flow.moves() if register.flow else {}
    rows = []
    for row in timeline(found, newest_first=True):
        move = moves.get(row.verb)
        rows.append({"label": deed(register, row.verb), "who": row.actor_name, "at": row.at,
                     "opinion": row.opinion, "quiet": move is None or move.quiet})
    return rows

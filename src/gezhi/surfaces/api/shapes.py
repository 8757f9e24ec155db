"""Records, moves and history as JSON."""

from __future__ import annotations

from typing import Any

from django.db import models

from gezhi.engines.history import timeline
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import BlindField, HashField, TokensField
from gezhi.kernel.kinds import Kind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Move


def names_of(register: Register) -> list[str]:
    """Fields of a whole record on the API, in order: all but secrets, indexes and retired ones of the city."""
    hidden = (BlindField, HashField, TokensField)
    own = ("seal", "id", "version")
    return [*(n for n, k in register.declared.items() if n not in own and not isinstance(k.field, hidden)),
            *register.added]


def row(register: Register, record: Record, names: list[str]) -> dict[str, Any]:
    """A record as JSON; sensitive values masked."""
    out: dict[str, Any] = {"id": record.pk, "version": record.version}
    for name in names:
        kind = register.kinds[name]
        out[name] = _value(kind, record)
    if isinstance(record, Timed):
        out["light"] = record.light()
    return out


def _value(kind: Kind, record: Record) -> Any:
    value = kind.value(record)
    masked = kind.mask(value)
    return kind.json(value) if masked is value else masked


def linked(register: Register) -> list[str]:
    """Links of a whole record, to be loaded with it."""
    own = [f.name for f in register.model._meta.fields if isinstance(f, models.ForeignKey)]
    return list(dict.fromkeys([*own, *register.related]))


def move(move_: Move) -> dict[str, Any]:
    """A move: what its button says and what it asks for."""
    return {"name": move_.name, "label": str(move_.label), "tone": move_.tone, "help": str(move_.help or ""),
            "strong": move_.strong, "ask": [a.kind.widget() for a in move_.ask]}


def history(register: Register, record: Record, actor: Actor) -> list[dict[str, Any]]:
    """The record's timeline, oldest first. What history keeps is masked already."""
    labels = {n: str(m.label) for n, m in register.flow.moves().items()} if register.flow else {}
    return [{"id": h.pk, "at": h.at.isoformat(), "verb": h.verb, "label": labels.get(h.verb, h.verb), "from": h.source,
             "to": h.target, "actor": h.actor_name, "via": h.via, "opinion": h.opinion, "changes": h.changes}
            for h in timeline(record)]

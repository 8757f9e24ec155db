"""What the situation board is about, found in the registry: the first register with deadlines, an area and a place."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from gezhi.engines.tables.query import Query, language
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

URGENT = "urgent1"
"""Code of the highest urgency in every register that has the field ``urgency`` (glossary)."""

ARRIVED = ("reported_at", "created_at")
"""When a record came in (glossary); the first that the register's list can be filtered by."""


def subjects(actor: Actor) -> list[Register]:
    """Registers a board can be made of for this actor, in order of declaration."""
    return [r for r in registry.registers.values() if r.flow is not None and issubclass(r.model, Timed)
            and r.area_field and r.layer and actor.may(f"{r.name}.view")]


def rows(register: Register, actor: Actor, area: str, more: Q | None = None) -> QuerySet[Any]:
    """Records of the register the actor may see within an area."""
    params = {register.area_field: area} if area and register.area_field else {}
    return Query(register, actor, params, within=more, strict=False).rows()


def open_q(register: Register) -> Q:
    """Records on which somebody still has to do something."""
    return Q(**{f"{register.flow.field}__in": register.flow.open_codes()})  # type: ignore[union-attr]


def arrived(register: Register) -> str:
    """The field that says when a record came in: one its list can be filtered by, so that figures equal their rows."""
    known = language(register)
    return next((n for n in ARRIVED if n in known), ARRIVED[-1])


def has_urgency(register: Register) -> bool:
    """Whether records of the register can be urgent."""
    return "urgency" in register.kinds

"""Figures about people where others listen in: told in fives, and nothing below five (privacy.md 9).

Whoever reads a register's records counts them exactly, for each row stands behind the number; and what an actor does
not see is in no figure of theirs, so a figure tells them of nobody they may not know of
(``tests/contract/test_small_numbers`` takes the records away and compares). That leaves those who get to see an answer
without being asked who they are: everybody before a wall, the readers of a program, the public. To them

* registers of which nobody may know who is in them tell no figure at all;
* where single people live is not drawn (:func:`gezhi.engines.layers.tiles.shown_to`);
* numbers of people are rounded to fives, each by itself, and fewer than five, also none, are not told. So neither the
  difference between an area and its parts nor that between two days gives one person away, and no second number has
  to be withheld to protect a first one;
* averages, sums and shares over people are not told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.db import models

from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import BlindField, SealedField
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

LEAST = 5
"""No number of people below it is told, and those above it in steps of it."""
Value = float | None


def overheard(actor: Actor) -> bool:
    """Whether others than the actor get to see the answer."""
    return actor.via == "wall" or actor.kind in ("app", "public")


@lru_cache(maxsize=512)
def about_people(register: Register) -> bool:
    """Whether each record is about one natural person.

    It is if the number of an identity document stands there once only, if it must belong to such a record, or if
    nobody may know who is in the register.
    """
    return register.confined or _identified(register) or any(
        _identified(other) for field in register.model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and not field.null
        and (other := registry.register_of(field.remote_field.model)) is not None)


def _identified(register: Register) -> bool:
    model = register.model
    numbers = set()
    for field in model._meta.concrete_fields:
        if isinstance(field, BlindField):
            sealed = model._meta.get_field(field.of)
            if isinstance(sealed, SealedField) and sealed.form in ("document", "id_number"):
                numbers.add(field.name)
    return any(isinstance(c, models.UniqueConstraint) and numbers & set(c.fields) for c in model._meta.constraints)


def withheld(register: Register, actor: Actor) -> bool:
    """Whether not one figure of this register is told to the actor."""
    return register.confined and overheard(actor)


def guarded(register: Register, actor: Actor) -> bool:
    """Whether figures of this register are told to the actor in fives."""
    return overheard(actor) and about_people(register)


def fives(value: Value) -> Value:
    """A number of people as it may be told; ``None`` below :data:`LEAST`."""
    return None if value is None or value < LEAST else LEAST * round(value / LEAST)


def teller(register: Register, actor: Actor, measure: str = "count") -> Callable[[Value], Value]:
    """What becomes of a figure of a register before this actor is told it.

    Args:
        measure: of the metric; whatever is no count is not told where numbers are told in fives.
    """
    if not guarded(register, actor):
        return lambda value: value
    return fives if measure == "count" and not register.confined else lambda _value: None

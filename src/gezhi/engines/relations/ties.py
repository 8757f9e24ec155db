"""Ties: every declared way from a record to another, as the registers say it.

A tie is a link field, or a number that names somebody: the number of an identity document, a credit code, a plate. One
register keeps that number as its own (a person once for a document); in every other it leads there, so that a home
knows its owner and a firm its legal representative though neither names the register of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import models

from gezhi.kernel.fields import BlindField, CreditCodeField, PlateField, SealedField
from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

DOCUMENT = "document"
FORMS = frozenset({"document", "id_number"})


@dataclass(frozen=True)
class Tie:
    """One way from a register's records to those of another.

    Args:
        register: whose field it is.
        field: the field's name.
        other: where it leads.
        by: field of ``other`` that holds the same number; ``""``: the field is a link.
    """

    register: Register
    field: str
    other: Register
    by: str = ""

    @property
    def column(self) -> str:
        """What is read of the record."""
        return self.field if self.by else f"{self.field}_id"

    @property
    def label(self) -> str:
        """The field in words; that of the number behind an index."""
        kind = self.register.declared[self.field]
        of = getattr(kind.field, "of", "")
        return self.register.declared[of].label if of else kind.label


def _sort(model: type[models.Model], field: models.Field) -> str:
    """What somebody is named by in a field: ``document``, ``credit``, ``plate``; ``""`` for all others."""
    if isinstance(field, BlindField):
        sealed = model._meta.get_field(field.of)
        return DOCUMENT if isinstance(sealed, SealedField) and sealed.form in FORMS else ""
    return "credit" if isinstance(field, CreditCodeField) else "plate" if isinstance(field, PlateField) else ""


def _once(model: type[models.Model], name: str) -> bool:
    """Whether a value stands there once, so that it is the record's own."""
    field: Any = model._meta.get_field(name)
    return field.unique or any(isinstance(c, models.UniqueConstraint) and name in c.fields
                               for c in model._meta.constraints)


def _indexed(model: type[models.Model], name: str) -> bool:
    field: Any = model._meta.get_field(name)
    return field.unique or field.db_index or any(i.fields and i.fields[0].lstrip("-") == name
                                                 for i in model._meta.indexes)


@lru_cache(maxsize=1)
def ties() -> tuple[Tie, ...]:
    """Every tie of the house; a number without an index leads nowhere, because to ask for it would read the table."""
    numbers = [(r, f.name, sort) for r in registry.registers.values() for f in r.model._meta.concrete_fields
               if (sort := _sort(r.model, f))]
    own = {sort: (r, name) for r, name, sort in numbers if _once(r.model, name) and r.hub}
    out = [Tie(r, name, kind.register) for r in registry.registers.values() for name, kind in r.declared.items()
           if isinstance(kind, LinkKind) and kind.register is not None]
    for register, name, sort in numbers:
        if sort in own and own[sort] != (register, name) and _indexed(register.model, name):
            out.append(Tie(register, name, *own[sort]))
    return tuple(out)


@lru_cache(maxsize=256)
def leading_to(register: Register) -> tuple[Tie, ...]:
    """Ties that lead to a register's records and can be listed: links that are filters, and numbers."""
    return tuple(t for t in ties() if t.other is register and (t.by or t.field in t.register.filters.split()))


@lru_cache(maxsize=256)
def from_(register: Register) -> tuple[Tie, ...]:
    """Ties from a register's records to things (records of a hub)."""
    return tuple(t for t in ties() if t.register is register and t.other.hub)


@lru_cache(maxsize=1)
def carriers() -> tuple[Register, ...]:
    """Registers whose rows tie things together: things themselves, and rows that name two of them (a lease)."""
    return tuple(r for r in registry.registers.values() if from_(r) and (r.hub or len(from_(r)) > 1))

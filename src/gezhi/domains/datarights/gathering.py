"""What is held of a person: their record and every record that points at it, by register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

OWN = ("data_request", "data_part")
"""Registers of requests themselves are no part of the answer."""
MOST = 2000
"""Records of one register in a copy."""


def links() -> Iterator[tuple[Register, list[str]]]:
    """Registers that point at people, and by which links."""
    for register in registry.registers.values():
        names = [n for n, k in register.kinds.items()
                 if isinstance(k, LinkKind) and k.register is not None and k.register.name == "person"]
        if names and register.name not in OWN:
            yield register, names


def records(person: Any, unit_id: int | None = None) -> Iterator[tuple[Register, QuerySet[Any]]]:
    """Records of a person: the open ones, or those that only one unit may know of.

    Args:
        unit_id: the confined records kept by this unit; ``None`` for all that are not confined.
    """
    if unit_id is None:
        yield registry.register("person"), type(person).objects.filter(pk=person.pk)
    for register, names in links():
        if register.confined != (unit_id is not None):
            continue
        q = Q(pk__in=())
        for name in names:
            q |= Q(**{name: person})
        if unit_id is not None:
            if not _kept_by_units(register):
                continue
            q &= Q(unit_id=unit_id)
        yield register, register.model.objects.filter(q).order_by("pk")
    if unit_id is None:
        yield from _reported(person)


def _reported(person: Any) -> Iterator[tuple[Register, QuerySet[Any]]]:
    """What was reported under the person's telephone number (privacy.md 8)."""
    cases = registry.registers.get("case")
    if cases is not None and person.phone:
        yield cases, cases.model.objects.filter(cases.kinds["reporter_phone"].q(person.phone)).order_by("pk")


def _kept_by_units(register: Register) -> bool:
    return any(f.name == "unit" for f in register.model._meta.fields)


def units(person: Any) -> set[int]:
    """Units that keep confined records of a person."""
    out: set[int] = set()
    for register, names in links():
        if register.confined and _kept_by_units(register):
            model: Any = register.model
            for name in names:
                out |= set(model.objects.filter(**{name: person}, unit__isnull=False).values_list(
                    "unit_id", flat=True))
    return out


def counts(person: Any, unit_id: int | None = None) -> list[dict[str, Any]]:
    """How many records each register holds: ``{register, label, count}``."""
    found = [(register, rows.count()) for register, rows in records(person, unit_id)]
    return [{"register": r.name, "label": r.label, "count": n} for r, n in found if n]

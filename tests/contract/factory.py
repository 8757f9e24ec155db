"""Records of any register, made from its kinds and written through the door."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.db import models

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .recipes import RECIPES

AREA = "320508001001"
DEPTH = 4


class CannotMake(Exception):
    """A register whose records only their own engine can make; the contract says which and why."""


def values(register: Register, seed: int, depth: int = 0) -> dict[str, Any]:
    """Values of a new record: every stored field of the form, and what else the model requires."""
    rng = random.Random(f"{register.name}{seed}")
    out: dict[str, Any] = {}
    names = {f.name for f in register.model._meta.concrete_fields if _needed(f)} | set(register.form_names)
    for name in sorted(names):
        kind = register.kinds[name]
        field: Any = kind.field
        if isinstance(kind, LinkKind):
            out[name] = _linked(kind, field, seed, depth)
        elif isinstance(field, AreaCodeField):
            out[name] = AREA + f"{seed % 1000:03d}" if field.unique else AREA
        elif register.flow is not None and name == register.flow.field:
            continue
        elif field.unique or name == register.key or _in_constraint(register, name):
            out[name] = _unique(kind, rng, seed)
        else:
            out[name] = kind.sample(rng)
    out |= RECIPES.get(register.name, lambda _n: {})(seed)
    return {n: v for n, v in out.items() if v is not None}


def _needed(field: Any) -> bool:
    return (not field.primary_key and not field.null and not field.has_default() and not field.blank
            and field.name not in ("created_at", "updated_at", "seal") and not hasattr(field, "derive"))


def _in_constraint(register: Register, name: str) -> bool:
    return any(name in getattr(c, "fields", ()) for c in register.model._meta.constraints)


def _unique(kind: Any, rng: random.Random, seed: int) -> Any:
    field: Any = kind.field
    if isinstance(field, models.IntegerField):
        return seed + 1
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return dt.date(2028, 3, 1) + dt.timedelta(days=seed)
    if isinstance(field, models.CharField) and not field.choices:
        text = f"k{seed:04d}"
        try:
            return kind.clean(text[: field.max_length or 8])
        except Invalid:
            return kind.sample(rng)
    return kind.sample(rng)


def _linked(kind: LinkKind, field: Any, seed: int, depth: int) -> Any:
    if field.null or (field.remote_field.model is kind.field.model and field.null):
        return None
    if depth >= DEPTH:
        raise CannotMake(f"{field}: links run too deep")
    if kind.register is None:
        return kind.sample(random.Random(seed))
    found = None if field.unique else kind.target.objects.order_by("pk").first()
    return found or make(kind.register, seed, depth + 1)


def make(register: Register, seed: int = 0, depth: int = 0) -> Any:
    """One record, made as the system.

    Raises:
        CannotMake: its declaration refuses what its kinds sample.
    """
    try:
        return write(SYSTEM, "create", register.model, values(register, seed, depth))
    except (Invalid, LookupError, AttributeError) as error:
        raise CannotMake(f"{register.name}: {error}") from error


def many(register: Register, count: int) -> list[Any]:
    """Several records."""
    out = []
    for seed in range(count):
        with door(SYSTEM):
            out.append(make(register, seed))
    return out


def registers() -> list[Register]:
    """All registers, bound at start-up."""
    return list(registry.registers.values())

"""Making a record say nothing of a person any more: its personal fields are emptied, the rest stays for figures."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.door import Session
from gezhi.kernel.fields import BlindField
from gezhi.kernel.kinds import INTERNAL, PUBLIC, Kind, SealedKind
from gezhi.kernel.kinds.links import CodeKind
from gezhi.kernel.registers import Register

GONE = "＊＊＊"
"""What stands in a text that may not be empty."""


def fields_of(register: Register, depth: str) -> list[Kind]:
    """The personal fields that are emptied: ``high`` only the highly sensitive ones, ``sensitive`` all."""
    out = []
    for kind in register.kinds.values():
        field = kind.field
        if not isinstance(field, models.Field) or hasattr(field, "derive") or (
                kind.name not in register.customs and not field.concrete):
            continue
        high = getattr(field, "high", False) or getattr(field, "form", "") in ("id_number", "document")
        if kind.sensitivity not in (PUBLIC, INTERNAL) and (depth == "sensitive" or high):
            out.append(kind)
    return out


def emptied(kind: Kind) -> Any:
    """What takes the place of a personal value."""
    field = kind.field
    assert isinstance(field, models.Field)
    if field.null:
        return None
    if isinstance(field, models.JSONField):
        return []
    if isinstance(field, models.CharField | models.TextField):
        return "" if field.blank or isinstance(kind, CodeKind) else GONE
    raise ValueError(f"{field}: a personal value that cannot be emptied")


def speaks(register: Register, depth: str) -> Q:
    """Records in which something is still to be emptied."""
    q = Q(pk__in=())
    for kind in fields_of(register, depth):
        if kind.name in register.customs:
            q |= Q(**{f"custom__{kind.name}__isnull": False})
            continue
        void = emptied(kind)
        full = Q(**{f"{kind.name}__isnull": False}) if void is None else ~Q(**{kind.name: void})
        q |= full & ~Q(**{kind.name: ""}) if void is None and _is_text(kind) else full
    return q


def _is_text(kind: Kind) -> bool:
    return isinstance(kind.field, models.CharField | models.TextField) and not isinstance(kind, SealedKind)


def anonymise(session: Session, register: Register, records: Iterable[Any], depth: str, why: str) -> int:
    """Empty the personal fields of records the caller has locked; a history row each. Returns how many."""
    kinds = fields_of(register, depth)
    pairs = []
    for record in records:
        values = {kind.name: emptied(kind) for kind in kinds}
        twin = copy.copy(record)
        for name, value in values.items():
            setattr(twin, name, value)
        for field, of in register.derived:
            if of & values.keys():
                values[field.name] = None if isinstance(field, BlindField) else field.derive(twin)
        pairs.append((record, values))
    return bulk_change(session, pairs, verb="anonymise", opinion=why)

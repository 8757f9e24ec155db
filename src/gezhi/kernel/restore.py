"""Bringing a removed record back as it was: a picture of its columns, and its return under its old number.

The history of a record outlives it; a record that comes back goes on with its chain.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import models

from .door import R, Session, _saving, _told
from .fields import BlindField, SealedField, TokensField
from .fresh import fresh
from .records import Record
from .registers import Register
from .registry import registry


def picture(record: Record) -> dict[str, Any]:
    """Every stored column by name, as JSON can hold it; sealed values whole, so keep the picture sealed.

    What is derived from other columns is left out where it cannot be read back (words of a full-text index).
    """
    return {f.attname: _out(getattr(record, f.attname)) for f in record._meta.concrete_fields
            if not isinstance(f, TokensField)}


def gone_at(session: Session, register: Register, record: Record) -> dict[str, Any]:
    """Version and seal of a record that this session has removed; its history will go on from there."""
    row = next(h for h in reversed(session.histories)
               if h.register == register.name and h.record_id == record.pk and h.verb == "remove")
    return {"version": row.seq, "seal": _out(row.seal)}


def _out(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, GEOSGeometry):
        return {"shape": value.hexewkb.decode()}
    return value if isinstance(value, bool | int | float | str | list | dict | None) else str(value)


def read_back(field: Any, value: Any) -> Any:
    """A column's value from its picture."""
    if isinstance(value, dict) and value.keys() == {"bytes"}:
        return base64.b64decode(value["bytes"])
    if isinstance(value, dict) and value.keys() == {"shape"}:
        return GEOSGeometry(value["shape"])
    target = field.target_field if field.is_relation else field
    return value if isinstance(target, SealedField | models.JSONField) else target.to_python(value)


def restore(session: Session, model: type[R], shown: Mapping[str, Any], *, opinion: str = "") -> R:
    """Put a removed record back under its old id; its history goes on with ``restore``.

    Args:
        shown: the picture; ``version`` and ``seal`` are those of its removal.

    Raises:
        Invalid: another record took its number meanwhile.
    """
    register = registry.register_of(model)
    if register is None:
        raise LookupError(f"{model.__name__} has no register")
    record = fresh(model)
    for field in model._meta.concrete_fields:
        if field.attname in shown:
            setattr(record, field.attname, read_back(field, shown[field.attname]))
    for field in model._meta.concrete_fields:  # made anew: indexes may lie under another key by now
        if isinstance(field, BlindField) or (isinstance(field, TokensField) and field.attname not in shown):
            setattr(record, field.attname, field.derive(record))
    for kind in register.customs.values():
        if getattr(kind, "blinded", False) and (record.custom or {}).get(kind.name) is not None:
            kind.put(record, kind.value(record))  # type: ignore[attr-defined]
    record.version += 1
    record.updated_at = session.now
    changes = {name: [None, told] for name, told in _told(register, record, register.kinds).items()}
    session._history(register, record, "restore", changes, opinion)
    _saving(lambda: models.Model.save_base(record, force_insert=True), register)
    session._done(register, record, "restore", set(), True, None)
    return record

"""Kept files under the newest key: what a change of keys asks of every place with encrypted values."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from gezhi.kernel import seal

from .models import ExportPiece, ImportChunk, ImportPiece, ImportRow

PLACES: tuple[tuple[Any, str], ...] = ((ImportChunk, "body"), (ImportPiece, "body"), (ImportRow, "before"),
                                       (ExportPiece, "body"))
BATCH = 20
"""Values at a time; one may hold some megabytes."""


def _stale(model: Any, name: str, number: int) -> QuerySet[Any]:
    table = model._meta.db_table
    rows = model.objects.exclude(**{f"{name}__isnull": True}).exclude(**{name: b""})
    return rows.extra(where=[f"substring({table}.{name} from 1 for 1) <> %s"], params=[bytes([number])])


def left(number: int) -> int:
    """How many values are not under the key of that number."""
    return sum(_stale(model, name, number).count() for model, name in PLACES)


def reseal(number: int) -> int:
    """Encrypt a batch anew. Returns how many values."""
    for model, name in PLACES:
        with transaction.atomic():
            rows = list(_stale(model, name, number).select_for_update(of=("self",)).order_by("pk")[:BATCH])
            for row in rows:
                setattr(row, name, seal.encrypt_bytes(seal.decrypt_bytes(getattr(row, name))))
                row.save(update_fields=[name])
        if rows:
            return len(rows)
    return 0

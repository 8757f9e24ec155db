"""Kept files under the newest key: what a change of keys asks of every place with encrypted values."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr

from gezhi.engines.privacy.rotation import Sealed
from gezhi.kernel import seal

from .models import ExportPiece, ImportChunk, ImportPiece, ImportRow

PLACES: tuple[tuple[Any, str], ...] = ((ImportChunk, "body"), (ImportPiece, "body"), (ImportRow, "before"),
                                       (ExportPiece, "body"))
BATCH = 20
"""Values at a time; one may hold some megabytes."""


def _stale(model: Any, name: str, number: int) -> QuerySet[Any]:
    rows = model.objects.exclude(**{f"{name}__isnull": True}).exclude(**{name: b""})
    return rows.annotate(key=Substr(name, 1, 1, output_field=BinaryField())).exclude(key=bytes([number]))


def left(number: int) -> int:
    """How many values are not under the key of that number."""
    return sum(_stale(model, name, number).count() for model, name in PLACES)


def reseal(number: int) -> int:
    """Encrypt all of them anew, a batch a transaction. Returns how many values."""
    done = 0
    for model, name in PLACES:
        while count := _batch(model, name, number):
            done += count
    return done


def _batch(model: Any, name: str, number: int) -> int:
    with transaction.atomic():
        rows = list(_stale(model, name, number).select_for_update(of=("self",)).order_by("pk")[:BATCH])
        for row in rows:
            setattr(row, name, seal.encrypt_bytes(seal.decrypt_bytes(getattr(row, name))))
            row.save(update_fields=[name])
    return len(rows)


FILES = Sealed("transfer files", left, reseal)

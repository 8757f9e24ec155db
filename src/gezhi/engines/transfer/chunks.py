"""The texts of a file, kept in encrypted chunks of rows until they are written."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from gezhi.kernel import seal

from .models import ImportChunk, ImportJob

SIZE = 1000
"""Rows of a chunk: one transaction, a fraction of a second."""

Row = tuple[int, list[str]]


def pack(rows: Sequence[Row]) -> bytes:
    """Rows as they are kept."""
    return seal.encrypt_bytes(zlib.compress(orjson.dumps(rows), 1))


def unpack(chunk: ImportChunk) -> list[Row]:
    """Rows of a chunk by number, in the order of the file."""
    if not chunk.body:
        return []
    return [(number, cells) for number, cells in orjson.loads(zlib.decompress(seal.decrypt_bytes(chunk.body)))]


def keep(job: ImportJob, rows: Iterable[Row], *, size: int | None = None) -> Iterator[int]:
    """Keep rows as chunks of a job; tells after each how many rows it has kept so far."""
    kept, batch = 0, []
    for row in rows:
        batch.append(row)
        if len(batch) == (size or SIZE):
            kept += _keep(job, batch)
            batch = []
            yield kept
    if batch:
        yield kept + _keep(job, batch)


def _keep(job: ImportJob, batch: Sequence[Row]) -> int:
    ImportChunk.objects.create(job=job, first=batch[0][0], size=len(batch), body=pack(batch))
    return len(batch)


def next_of(job: ImportJob, order: str = "first", **where: Any) -> ImportChunk | None:
    """The next chunk to be worked on, locked until the transaction ends; ``None`` when none is left.

    What another thread or process works on is passed over; when nothing else is left it is waited for, since it
    comes back if that one fails.
    """
    left = job.chunks.filter(**where).order_by(order)
    return left.select_for_update(skip_locked=True).first() or left.select_for_update().first()


def cells(job: ImportJob, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Texts of some rows, as far as they are still kept."""
    out: dict[int, list[str]] = {}
    wanted = set(numbers)
    firsts = sorted(job.chunks.values_list("first", flat=True)) if wanted else []
    at = 0
    holding = set()
    for number in sorted(wanted):
        while at + 1 < len(firsts) and firsts[at + 1] <= number:
            at += 1
        if firsts:
            holding.add(firsts[at])
    for chunk in job.chunks.filter(first__in=holding).order_by("first").iterator(1):
        out |= {number: texts for number, texts in unpack(chunk) if number in wanted}
    return out

"""The rows of an import that are wrong: as a list for the screen, and as a workbook to be mended and imported again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from gezhi.kernel.registry import registry

from .book import cell, spooled, started
from .chunks import cells as texts_of
from .models import ImportJob, ImportRow
from .template import fields

TINT = PatternFill("solid", fgColor="FDE2E1")


AT_ONCE = 1000
MOST, NOTED = 100_000, 1_000
"""Rows of a workbook that comes back, and those of them whose cells bear notes, which a workbook holds in memory."""


def rows(job: ImportJob) -> Iterator[tuple[ImportRow, list[str]]]:
    """Rows that are wrong, in the order of the file, with their texts."""
    after = 0
    while batch := list(job.rows.filter(state="wrong", number__gt=after).order_by("number")[:AT_ONCE]):
        texts = texts_of(job, [row.number for row in batch])
        for row in batch:
            yield row, texts.get(row.number, [])
        after = batch[-1].number


def told(job: ImportJob, most: int) -> list[dict[str, Any]]:
    """Every error by row and column: ``number``, ``column``, ``value``, ``why``; of at most ``most`` rows.

    Rows that were found right but look like a record that is there are told as well, and those that were not undone.
    """
    back = {name: int(at) for at, name in job.mapping.items()}
    labels = _labels(job)
    out = []
    found = list(job.rows.exclude(errors={}).order_by("number")[:most])
    texts = texts_of(job, [row.number for row in found])
    for row in found:
        cells = texts.get(row.number, [])
        for name, messages in row.errors.items():
            at = back.get(name)
            out.append({"number": row.number, "column": job.columns[at] if at is not None else labels.get(name, ""),
                        "value": cells[at] if at is not None and at < len(cells) else "", "record": row.record_id,
                        "why": "；".join(messages)})
    return out


def _labels(job: ImportJob) -> dict[str, str]:
    register = registry.register(job.register)
    return {n: k.label for n, k in register.kinds.items()} | {k.name: k.label for k in fields(register)}


def _said(row: ImportRow, labels: Mapping[str, str]) -> str:
    """All that is wrong with a row, in one sentence a column."""
    return "；".join(f"{labels[n]}：{m}" if n in labels and labels[n] not in m else m
                    for n, ms in row.errors.items() for m in ms)


def workbook(job: ImportJob) -> Any:
    """An open temporary file: rows as they were in the file, each with its number and what is wrong beside it.

    The first :data:`MOST`. Cells that are wrong are tinted, and bear the reason as a note in the first :data:`NOTED`;
    the columns are the file's own, so that the mended workbook is read as the file was. Texts stay texts: nothing is
    taken for a formula.
    """
    back, labels = {name: int(at) for at, name in job.mapping.items()}, _labels(job)
    book, sheet = started(_("有错的行"), (*job.columns, _("#问题（再次导入时忽略）"), _("#原行号")))
    for place, (row, cells) in enumerate(islice(rows(job), MOST)):
        texts = [*cells, *[""] * (len(job.columns) - len(cells))]
        line = [cell(sheet, text) for text in texts]
        for name, messages in row.errors.items():
            if (at := back.get(name)) is not None and at < len(line):
                line[at].fill = TINT
                if place < NOTED:
                    line[at].comment = Comment("；".join(messages), "格治")
        sheet.append([*line, cell(sheet, _said(row, labels)), row.number])
    return spooled(book)

"""The rows of an import that are wrong: as a list for the screen, and as a workbook to be mended and imported again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from gezhi.kernel.registry import registry

from .book import cell, spooled, started
from .models import ImportJob, ImportRow
from .template import fields

TINT = PatternFill("solid", fgColor="FDE2E1")


def rows(job: ImportJob) -> Iterator[ImportRow]:
    """Rows that are wrong, in the order of the file."""
    return job.rows.filter(state="wrong").order_by("number").iterator(2000)


def told(job: ImportJob, most: int) -> list[dict[str, Any]]:
    """Every error by row and column: ``number``, ``column``, ``value``, ``why``; of at most ``most`` rows.

    Rows that were found right but look like a record that is there are told as well.
    """
    back = {name: int(at) for at, name in job.mapping.items()}
    labels = _labels(job)
    out = []
    for row in job.rows.filter(Q(state="wrong") | Q(state="ready") & ~Q(errors={})).order_by("number")[:most]:
        for name, messages in row.errors.items():
            at = back.get(name)
            out.append({"number": row.number, "column": job.columns[at] if at is not None else labels.get(name, ""),
                        "value": row.cells[at] if at is not None and at < len(row.cells) else "",
                        "why": "；".join(messages)})
    return out


def _labels(job: ImportJob) -> dict[str, str]:
    register = registry.register(job.register)
    return {n: k.label for n, k in register.kinds.items()} | {k.name: k.label for k in fields(register)}


def said(job: ImportJob, row: ImportRow) -> str:
    """All that is wrong with a row, in one sentence a column."""
    labels = _labels(job)
    return "；".join(f"{labels[n]}：{m}" if n in labels and labels[n] not in m else m
                    for n, ms in row.errors.items() for m in ms)


def workbook(job: ImportJob) -> Any:
    """An open temporary file: the rows as they were in the file, each with its number and what is wrong beside it.

    Cells that are wrong are tinted and bear the reason as a note; the columns are the file's own, so that the mended
    workbook is read as the file was. Texts stay texts: nothing is taken for a formula.
    """
    back = {name: int(at) for at, name in job.mapping.items()}
    book, sheet = started(_("有错的行"), (*job.columns, _("#问题（再次导入时忽略）"), _("#原行号")))
    for row in rows(job):
        texts = [*row.cells, *[""] * (len(job.columns) - len(row.cells))]
        line = [cell(sheet, text) for text in texts]
        for name, messages in row.errors.items():
            if (at := back.get(name)) is not None and at < len(line):
                line[at].fill, line[at].comment = TINT, Comment("；".join(messages), "格治")
        sheet.append([*line, cell(sheet, said(job, row)), row.number])
    return spooled(book)

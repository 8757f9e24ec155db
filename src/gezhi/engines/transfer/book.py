"""Writing workbooks: heads in bold, texts that stay texts, a temporary file to hand on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

LONGEST = 32_000
"""Characters of a cell; Excel reads a few more."""


def started(title: str, heads: Iterable[str]) -> tuple[Workbook, Any]:
    """A workbook whose rows go to disk as they are written, and its sheet with a fixed head."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    cells = [WriteOnlyCell(sheet, text) for text in heads]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return book, sheet


def cell(sheet: Any, text: str) -> Any:
    """A cell that holds *text* and is never taken for a formula; signs a workbook cannot hold are left out."""
    found = WriteOnlyCell(sheet, "".join(c for c in text[:LONGEST] if c >= " " or c in "\n\t"))
    found.data_type = "s"
    return found


def spooled(book: Workbook) -> Any:
    """An open temporary file with the workbook, at its beginning; whoever sends it closes it."""
    out = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 (handed to the response, which closes it)
    book.save(out)
    out.seek(0)
    return out

"""Reading tables: CSV in the encodings of Chinese offices, and XLSX, row by row."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gezhi.kernel.errors import Invalid

from .export import MARK
from .values import unsafe

PACKED = b"PK\x03\x04"
"""How a workbook begins, being a ZIP."""
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
MOST_BYTES = 2**30
MOST_UNPACKED = 8 * 2**30


def read(stream: BinaryIO, name: str) -> Iterator[list[str]]:
    """Rows of a table as texts, the head first; see :func:`numbered`."""
    return (texts for _number, texts in numbered(stream, name))


def numbered(stream: BinaryIO, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a table with the numbers a spreadsheet shows; watermarks and empty rows are left out.

    Raises:
        Invalid: not a table, too large, or in an encoding that cannot be read.
    """
    stream.seek(0, io.SEEK_END)
    if stream.tell() > MOST_BYTES:
        raise Invalid({"file": [_("文件过大，最大 %d MB，请分成几个文件") % (MOST_BYTES // 2**20)]})
    stream.seek(0)
    rows = _xlsx(stream) if stream.read(4) == PACKED else _csv(stream, name)
    for number, row in enumerate(rows, 1):
        texts = [text(value) for value in row[:MOST_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        if not texts or texts[0].startswith(MARK):
            continue
        if number > MOST_ROWS + 1:
            raise Invalid({"file": [_("一次最多导入 %d 行，请分成几个文件") % MOST_ROWS]})
        yield number, texts


def text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as people write them."""
    if value.__class__ is str:
        return unsafe(value.replace("\x00", "").strip())
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        whole_day = value.time() == dt.time()
        return value.strftime("%Y-%m-%d") if whole_day else value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _xlsx(stream: BinaryIO) -> Iterator[list[Any]]:
    stream.seek(0)
    try:
        _refuse_bomb(stream)
        book = load_workbook(stream, read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield list(row)
        book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Invalid({"file": [_("不是可以读取的 Excel 文件（.xlsx）：%s") % str(error)[:80]]}) from None


def _refuse_bomb(stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream) as packed:
        if sum(i.file_size for i in packed.infolist()) > MOST_UNPACKED:
            raise Invalid({"file": [_("文件展开后过大")]})
    stream.seek(0)


def _csv(stream: BinaryIO, name: str) -> Iterator[list[Any]]:
    encoding = next((e for e in ("utf-8-sig", "gb18030") if _decodes(stream, e)), None)
    if encoding is None:
        raise Invalid({"file": [_("文件编码无法识别，请另存为 UTF-8 的 CSV 或 Excel 文件")]})
    stream.seek(0)
    content = io.TextIOWrapper(stream, encoding, newline="")
    try:
        head = content.read(4000)
        if "\x00" in head[:2000] or name.lower().endswith((".xls", ".doc", ".pdf")):
            raise Invalid({"file": [_("请使用 CSV 或 .xlsx 文件")]})
        first = head.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        content.seek(0)
        csv.field_size_limit(1_000_000)
        yield from csv.reader(content, delimiter=delimiter)
    except csv.Error as error:
        raise Invalid({"file": [_("CSV 格式有误：%s") % error]}) from None
    finally:
        if not stream.closed:
            content.detach()  # the file is its owner's to close


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    """Whether a file can be read in an encoding; it is looked at piece by piece."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := stream.read(2**20):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True

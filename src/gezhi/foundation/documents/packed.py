"""Look inside packed office files without unpacking them: which kind they are, whether they are safe.

Office Open XML, OpenDocument and OFD are ZIP archives; the older Office formats are OLE compound files. Both
are read only as far as their directories, and sizes are judged by the directory before anything is opened.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from .errors import ActiveContent, Bomb, Damaged, WrongType
from .policy import TYPES, Policy

__all__ = ["OLE_MAGIC", "ole_type", "zip_type"]

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_OOXML = "application/vnd.openxmlformats-officedocument."
_MAIN_PARTS = {
    "word/document.xml": _OOXML + "wordprocessingml.document",
    "xl/workbook.xml": _OOXML + "spreadsheetml.sheet",
    "xl/workbook.bin": "",  # a binary workbook, which may hide macros
    "ppt/presentation.xml": _OOXML + "presentationml.presentation",
}
_SMALL = 1024 * 1024  # whatever unpacks to less is no bomb, however well it packs


def zip_type(stream: BinaryIO, policy: Policy) -> str:
    """MIME type of an office file in a ZIP archive.

    Raises:
        Damaged: broken archive. Bomb: it would unpack to more than the policy allows.
        ActiveContent: macros inside. WrongType: any other archive.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries, policy)
            names = {entry.filename for entry in entries}
            if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".vbs")) for name in names):
                raise ActiveContent
            if any(name.startswith("Basic/") and name.endswith(".xml") for name in names):
                raise ActiveContent  # OpenDocument macros
            return _office_type(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, struct.error):
        raise Damaged from None


def _refuse_bomb(entries: list[zipfile.ZipInfo], policy: Policy) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > policy.max_entries or unpacked > policy.max_unpacked:
        raise Bomb
    if unpacked > _SMALL and unpacked > policy.max_ratio * max(packed, 1):
        raise Bomb
    # Entries that share their bytes ("overlapping files") make the sum of sizes a lie.
    end = -1
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Bomb
        end = entry.header_offset + entry.compress_size


def _office_type(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "[Content_Types].xml" in names:
        mime = next((mime for part, mime in _MAIN_PARTS.items() if part in names), None)
        if mime == "":
            raise ActiveContent
        if mime is not None:
            return mime
    if "OFD.xml" in names:
        return "application/ofd"
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            mime = part.read(100).decode("ascii", "replace").strip()
        if mime in TYPES:
            return mime
    raise WrongType


def ole_type(stream: BinaryIO) -> str:
    """MIME type of a Word, Excel or PowerPoint 97–2003 file, from the names in its directory.

    Raises:
        Damaged: the directory cannot be read. ActiveContent: macros inside. WrongType: another OLE file.
    """
    names = _ole_names(stream)
    if any(name.startswith("_VBA_PROJECT") or name in ("VBA", "Macros") for name in names):
        raise ActiveContent
    if "WordDocument" in names:
        return "application/msword"
    if "Workbook" in names or "Book" in names:
        return "application/vnd.ms-excel"
    if "PowerPoint Document" in names:
        return "application/vnd.ms-powerpoint"
    raise WrongType


def _ole_names(stream: BinaryIO) -> set[str]:
    """Names of the entries of a compound file's directory, following its chain of sectors."""
    stream.seek(0)
    header = stream.read(512)
    if len(header) < 512:
        raise Damaged
    size = 1 << struct.unpack_from("<H", header, 30)[0]
    if size not in (512, 4096):
        raise Damaged
    fat_sectors = [s for s in struct.unpack_from("<109I", header, 76) if s < 0xFFFFFFF0]
    sector = struct.unpack_from("<I", header, 48)[0]
    names: set[str] = set()
    seen: set[int] = set()
    while sector < 0xFFFFFFF0 and len(seen) < 4096:
        if sector in seen:
            raise Damaged  # a chain that bites its tail
        seen.add(sector)
        names |= _entry_names(_sector(stream, sector, size))
        index, place = divmod(sector, size // 4)
        if index >= len(fat_sectors):
            break  # beyond the first 109 tables (files above 6 MB): what was found must do
        sector = struct.unpack_from("<I", _sector(stream, fat_sectors[index], size), place * 4)[0]
    return names


def _entry_names(block: bytes) -> set[str]:
    found = set()
    for start in range(0, len(block), 128):
        length = struct.unpack_from("<H", block, start + 64)[0]
        if 2 <= length <= 64 and block[start + 66]:
            found.add(block[start : start + length - 2].decode("utf-16-le", "replace"))
    return found


def _sector(stream: BinaryIO, number: int, size: int) -> bytes:
    stream.seek((number + 1) * size)
    block = stream.read(size)
    if len(block) < size:
        raise Damaged
    return block

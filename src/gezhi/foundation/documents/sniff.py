"""Tell what a file is from its content, never from its name (文件类型识别).

The name an uploader gives decides nothing but which of two text types is meant and how the file is called
when it is downloaded. Whatever could run in a browser or an office program (HTML, SVG, XML, scripts, macros,
programs) is refused, and so is everything that is not in the policy's list of types.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from io import StringIO
from pathlib import PurePosixPath
from typing import BinaryIO

import filetype

from . import packed, webm
from .errors import ActiveContent, Empty, TooLarge, WrongType
from .media import has_video, mp3_frame
from .policy import DEFAULT, TYPES, Kind, Policy

__all__ = ["Sniffed", "safe_name", "sniff"]

_HEAD = 8192
_TEXT_PROBE = 256 * 1024
_ALIASES = {
    "audio/x-wav": "audio/wav",
    "image/apng": "image/png",
}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_STILLS = {b"avif", b"avis", b"crx ", b"hevc", b"hevx", b"msf1"}  # other stills, and sequences of them
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|xml|\?xml|!--)", re.IGNORECASE)
_SCRIPT = re.compile(rb"^\s*(#!|@echo|<\?php|<%|%!PS|\{\\rtf)", re.IGNORECASE)
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is: MIME type, kind, the extension it gets, a safe name, and its size in bytes."""

    mime: str
    kind: Kind
    extension: str
    name: str
    size: int


def sniff(stream: BinaryIO, name: str = "", policy: Policy = DEFAULT) -> Sniffed:
    """Identify a file by content and hold it against the policy. Leaves the stream at its start.

    Args:
        stream: seekable binary file. name: the uploader's file name, any text. policy: what is accepted.

    Raises:
        Empty, TooLarge, WrongType, ActiveContent, Bomb, Damaged.
    """
    size = stream.seek(0, 2)
    if not size:
        raise Empty
    stream.seek(0)
    head = stream.read(_HEAD)
    mime = _identify(stream, head, name, policy)
    stream.seek(0)
    if mime not in policy.types:
        raise WrongType
    kind, extension = TYPES[mime]
    if size > policy.max_bytes[kind]:
        raise TooLarge(size, policy.max_bytes[kind])
    return Sniffed(mime, kind, extension, safe_name(name, extension), size)


def _identify(stream: BinaryIO, head: bytes, name: str, policy: Policy) -> str:
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        if b"avif" in head[8 : int.from_bytes(head[:4], "big")]:
            raise WrongType
        return "image/heic"
    if head.startswith(b"PK\x03\x04"):
        return packed.zip_type(stream, policy)
    if head.startswith(packed.OLE_MAGIC):
        return packed.ole_type(stream)
    if head.startswith(b"PK"):
        raise WrongType  # an empty or split archive
    guess = filetype.guess(head)
    mime = _ALIASES.get(guess.mime, guess.mime) if guess else ""
    mime = _container(head, mime)
    if mime in ("video/mp4", "video/quicktime", "video/webm", "video/3gpp"):
        if has_video(stream):
            return mime
        return "audio/webm" if mime == "video/webm" else "audio/mp4"
    if mime.startswith(("application/x-executable", "application/x-msdownload", "application/wasm")):
        raise ActiveContent
    if mime == "application/rtf" or mime == "application/postscript":
        raise ActiveContent
    if mime in TYPES:
        return mime
    if head.startswith(b"ID3") or _is_mp3(head):
        return "audio/mpeg"
    if mime:
        raise WrongType
    return _text_type(stream, head, name)


def _container(head: bytes, mime: str) -> str:
    """The container's type by its brand; whether there is video in it, its tracks tell later."""
    if head.startswith(webm.MAGIC):
        return "video/webm" if b"webm" in head[:80] or b"matroska" in head[:80] else mime
    if head[4:8] != b"ftyp":
        return mime
    brand = head[8:12]
    if brand in _STILLS:
        raise WrongType
    if brand == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if brand.startswith(b"3g") else "video/mp4"


def _is_mp3(head: bytes) -> bool:
    """An MPEG layer III frame whose successor stands where its header says."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    frame = mp3_frame(head[:4])
    return frame is not None and head[frame.length : frame.length + 1] == b"\xff"


def _text_type(stream: BinaryIO, head: bytes, name: str) -> str:
    """Plain text or CSV; refuses markup, scripts and binary content of unknown type."""
    stream.seek(0)
    probe = stream.read(_TEXT_PROBE)
    encoding = next((codec for bom, codec in _BOMS.items() if head.startswith(bom)), "")
    text = _decode(probe, encoding)
    if text is None:
        raise WrongType
    start = text[:4096].lstrip("\ufeff \t\r\n\0").encode("utf-8", "replace")
    if start.startswith(b"<") or _MARKUP.search(start) or _SCRIPT.match(start):
        raise ActiveContent
    return "text/csv" if name.lower().endswith(".csv") and _is_csv(text) else "text/plain"


def _decode(probe: bytes, encoding: str) -> str | None:
    """The text of a probe in UTF-8, UTF-16 (with its mark) or GB 18030; None when it is binary."""
    for codec in (encoding,) if encoding else ("utf-8", "gb18030"):
        for cut in range(4):  # the probe may end inside a character
            try:
                text = probe[: len(probe) - cut].decode(codec)
            except UnicodeDecodeError:
                if len(probe) < _TEXT_PROBE:
                    break
                continue
            if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f\x1b" for c in set(text)):
                return None
            return text
    return None


def _is_csv(text: str) -> bool:
    """Two columns or more, the same number in the first rows."""
    sample = text.lstrip("\ufeff").splitlines()[:50]
    for delimiter in ",;\t":
        rows = [row for row in csv.reader(StringIO("\n".join(sample)), delimiter=delimiter) if row]
        if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows[:10]):
            return True
    return False


def safe_name(name: str, extension: str, limit: int = 120) -> str:
    """A name to show and to download by: no path, no control or direction characters, the true extension.

    An extension that contradicts the content is kept as part of the name ("a.exe" with a photo in it
    becomes "a.exe.jpg"), so that nobody is led to run it.
    """
    leaf = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in unicodedata.normalize("NFC", leaf) if unicodedata.category(c)[0] != "C")
    kept = re.sub(r'[<>:"/|?*]+', "_", kept).strip(" .")
    stem, dot, last = kept.rpartition(".")
    same = {"jpeg": "jpg", "jpe": "jpg", "htm": "html"}.get(last.lower(), last.lower()) == extension
    if dot and same:
        kept = stem.rstrip(" .")
    elif kept.lower() == extension:  # ".png": an extension without a name
        kept = ""
    return f"{kept[:limit].rstrip(' .') or 'file'}.{extension}"

"""What may be uploaded: kinds, types and limits, as data with sensible defaults that a city may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["DEFAULT", "TYPES", "Kind", "Policy"]

MB = 1024 * 1024


class Kind(StrEnum):
    """What a document is to a person."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

TYPES: Mapping[str, tuple[Kind, str]] = {
    "image/jpeg": (Kind.IMAGE, "jpg"),
    "image/png": (Kind.IMAGE, "png"),
    "image/webp": (Kind.IMAGE, "webp"),
    "image/gif": (Kind.IMAGE, "gif"),
    "image/bmp": (Kind.IMAGE, "bmp"),
    "image/heic": (Kind.IMAGE, "heic"),
    "audio/mpeg": (Kind.AUDIO, "mp3"),
    "audio/mp4": (Kind.AUDIO, "m4a"),
    "audio/aac": (Kind.AUDIO, "aac"),
    "audio/ogg": (Kind.AUDIO, "ogg"),
    "audio/webm": (Kind.AUDIO, "weba"),
    "audio/wav": (Kind.AUDIO, "wav"),
    "audio/amr": (Kind.AUDIO, "amr"),
    "video/mp4": (Kind.VIDEO, "mp4"),
    "video/quicktime": (Kind.VIDEO, "mov"),
    "video/3gpp": (Kind.VIDEO, "3gp"),
    "video/webm": (Kind.VIDEO, "webm"),
    "application/pdf": (Kind.FILE, "pdf"),
    "application/ofd": (Kind.FILE, "ofd"),  # GB/T 33190, the format of official Chinese documents
    "text/plain": (Kind.FILE, "txt"),
    "text/csv": (Kind.FILE, "csv"),
    "application/msword": (Kind.FILE, "doc"),
    "application/vnd.ms-excel": (Kind.FILE, "xls"),
    "application/vnd.ms-powerpoint": (Kind.FILE, "ppt"),
    _OOXML + "wordprocessingml.document": (Kind.FILE, "docx"),
    _OOXML + "spreadsheetml.sheet": (Kind.FILE, "xlsx"),
    _OOXML + "presentationml.presentation": (Kind.FILE, "pptx"),
    _ODF + "text": (Kind.FILE, "odt"),
    _ODF + "spreadsheet": (Kind.FILE, "ods"),
    _ODF + "presentation": (Kind.FILE, "odp"),
}
"""Every type the sniffer can tell apart: its kind and the extension its files get."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of uploads.

    Args:
        types: accepted MIME types, a part of `TYPES`.
        max_bytes: size limit a kind. max_seconds: length limit a kind, for audio and video.
        max_pixels: decoded size limit of a picture (a 108-megapixel phone photo is above it: such phones
            save smaller pictures unless told otherwise).
        max_unpacked, max_ratio, max_entries: limits of packed office files, against bombs.
    """

    types: frozenset[str] = frozenset(TYPES)
    max_bytes: Mapping[Kind, int] = field(
        default_factory=lambda: {
            Kind.IMAGE: 20 * MB,
            Kind.AUDIO: 20 * MB,
            Kind.VIDEO: 200 * MB,
            Kind.FILE: 50 * MB,
        }
    )
    max_seconds: Mapping[Kind, int] = field(
        default_factory=lambda: {Kind.AUDIO: 600, Kind.VIDEO: 180},
    )
    max_pixels: int = 64_000_000
    max_unpacked: int = 500 * MB
    max_ratio: int = 200
    max_entries: int = 5000

    @property
    def largest(self) -> int:
        """The most bytes any upload may have: the limit before its kind is known."""
        return max(self.max_bytes.values())


DEFAULT = Policy()

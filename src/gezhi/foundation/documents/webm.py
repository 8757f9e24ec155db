"""Tracks and length of a WebM (Matroska) file: what `MediaRecorder` of a browser sends.

A recorder writes the file while it records, so the length is often missing from the header and has to be
taken from the time of the last block, and sizes of the outer elements may be "unknown".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from .errors import Damaged

__all__ = ["MAGIC", "Found", "scan"]

MAGIC = b"\x1a\x45\xdf\xa3"

_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _VIDEO = (
    0x18538067,
    0x1F43B675,
    0x1549A966,
    0x1654AE6B,
    0xAE,
    0xE0,
)
_SCALE, _DURATION, _TRACK_TYPE, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0x83, 0xB0, 0xBA
_TIME, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_INSIDE = {_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _VIDEO, _BLOCK_GROUP}
_READ = {_SCALE, _DURATION, _TRACK_TYPE, _WIDTH, _HEIGHT, _TIME}
_MAX_ELEMENTS = 400_000


@dataclass(slots=True)
class Found:
    """What the file holds: has it video, its length in seconds, its frame size; None where unknown."""

    video: bool = False
    tracks: int = 0
    seconds: float | None = None
    width: int | None = None
    height: int | None = None


def scan(stream: BinaryIO) -> Found:
    """Walk the elements of a file from its start, reading headers and the few values needed.

    Raises:
        Damaged: no track is found, or an element cannot be read.
    """
    end = stream.seek(0, 2)
    stream.seek(0)
    found = Found()
    scale, duration, cluster, last = 1_000_000, 0.0, 0, 0
    for _count in range(_MAX_ELEMENTS):
        at = stream.tell()
        if at >= end:
            break
        element, size = _number(stream, keep_mark=True), _number(stream)
        if element in _INSIDE:
            continue  # its children follow
        if size is None or element is None:
            raise Damaged
        if element in (_SIMPLE_BLOCK, _BLOCK):
            _number(stream)  # the track
            offset = stream.read(2)
            if len(offset) == 2:
                last = max(last, cluster + struct.unpack(">h", offset)[0])
            stream.seek(at)
            _number(stream), _number(stream)
            stream.seek(size, 1)
            continue
        if element not in _READ:
            stream.seek(size, 1)
            continue
        value = stream.read(min(size, 8))
        if element == _DURATION:
            duration = struct.unpack(">d" if len(value) == 8 else ">f", value)[0] if len(value) in (4, 8) else 0.0
        elif element == _SCALE:
            scale = int.from_bytes(value, "big") or scale
        elif element == _TIME:
            cluster = int.from_bytes(value, "big")
        else:
            _track(found, element, int.from_bytes(value, "big"))
    if not found.tracks:
        raise Damaged
    length = duration or last
    found.seconds = length * scale / 1e9 if length else None
    return found


def _track(found: Found, element: int, value: int) -> None:
    if element == _TRACK_TYPE:
        found.tracks += 1
        found.video = found.video or value == 1
    elif element == _WIDTH:
        found.width = value
    elif element == _HEIGHT:
        found.height = value


def _number(stream: BinaryIO, *, keep_mark: bool = False) -> int | None:
    """A variable-length number; None for "unknown size". An identifier keeps its length mark."""
    first = stream.read(1)
    if not first or not first[0]:
        raise Damaged
    length = 9 - first[0].bit_length()
    data = first + stream.read(length - 1)
    value = int.from_bytes(data, "big")
    if keep_mark:
        return value
    value &= (1 << (7 * length)) - 1
    return None if value == (1 << (7 * length)) - 1 else value

"""Tracks and length of an MP4, QuickTime or 3GP file, read from its boxes.

A recorder in a browser writes fragments as it goes and leaves the length in the header empty; it is then summed
from the fragments.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from .errors import Damaged

__all__ = ["Movie", "Track", "scan"]

_HEADER_LIMIT = 32 * 1024 * 1024
_MAX_FRAGMENTS = 50_000


@dataclass(slots=True)
class Track:
    """One track: its number, handler (``vide``, ``soun`` …), frame size as displayed, units a second."""

    number: int = 0
    handler: bytes = b""
    width: int = 0
    height: int = 0
    scale: int = 0
    default_duration: int = 0


@dataclass(slots=True)
class Movie:
    """What the file says: length in seconds (None when it does not) and tracks."""

    seconds: float | None = None
    scale: int = 0
    tracks: list[Track] = field(default_factory=list)

    @property
    def video(self) -> bool:
        """Whether there are moving pictures in it."""
        return any(track.handler == b"vide" for track in self.tracks)

    @property
    def frame(self) -> tuple[int | None, int | None]:
        """Width and height of the first video track."""
        shown = [(t.width, t.height) for t in self.tracks if t.handler == b"vide" and t.width and t.height]
        return shown[0] if shown else (None, None)


def scan(stream: BinaryIO) -> Movie:
    """Read the header, and the fragments when the header has no length.

    Raises:
        Damaged: there is no header: the file was cut off.
    """
    try:
        movie = _header(stream)
        if movie.seconds is None:
            movie.seconds = _fragments(stream, movie)
    except (struct.error, IndexError):
        raise Damaged from None
    return movie


def _header(stream: BinaryIO) -> Movie:
    for name, body in _top(stream, b"moov"):
        if name == b"moov":
            movie = Movie()
            parts = list(_boxes(body))
            for kind, part in parts:
                if kind == b"mvhd":
                    _length(movie, part)
                elif kind == b"trak":
                    movie.tracks.append(_track(part))
            for kind, part in parts:
                if kind == b"mvex":
                    _extends(movie, part)
            return movie
    raise Damaged


def _top(stream: BinaryIO, *wanted: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Wanted boxes of the outermost level, in order; the others are skipped unread."""
    end = stream.seek(0, 2)
    at = 0
    while at + 8 <= end:
        stream.seek(at)
        size, name = struct.unpack(">I4s", stream.read(8))
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", stream.read(8))[0], 16
        elif size == 0:
            size = end - at
        if size < header or (name in wanted and (size > _HEADER_LIMIT or at + size > end)):
            return
        if name in wanted:
            yield name, memoryview(stream.read(size - header))
        at += size


def _boxes(body: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(body):
        size, name = struct.unpack_from(">I4s", body, at)
        if size < 8 or at + size > len(body):
            return
        yield name, body[at + 8 : at + size]
        at += size


def _length(movie: Movie, body: memoryview) -> None:
    movie.scale, length = struct.unpack_from(">IQ" if body[0] else ">II", body, 20 if body[0] else 12)
    unknown = 0xFFFFFFFFFFFFFFFF if body[0] else 0xFFFFFFFF
    if movie.scale and length and length != unknown:
        movie.seconds = length / movie.scale


def _extends(movie: Movie, body: memoryview) -> None:
    """Length and defaults of a file made of fragments."""
    for name, part in _boxes(body):
        if name == b"mehd" and movie.scale:
            movie.seconds = struct.unpack_from(">Q" if part[0] else ">I", part, 4)[0] / movie.scale
        elif name == b"trex":
            number, _description, duration = struct.unpack_from(">III", part, 4)
            for track in movie.tracks:
                if track.number == number:
                    track.default_duration = duration


def _track(body: memoryview) -> Track:
    track = Track()
    for name, part in _boxes(body):
        if name == b"tkhd":
            wide = bool(part[0])
            track.number = struct.unpack_from(">I", part, 20 if wide else 12)[0]
            start = 52 if wide else 40
            a, b = struct.unpack_from(">ii", part, start)
            width, height = (value >> 16 for value in struct.unpack_from(">II", part, start + 36))
            # Turned by a quarter: a phone held upright.
            track.width, track.height = (height, width) if not a and b else (width, height)
        elif name == b"mdia":
            for kind, box in _boxes(part):
                if kind == b"hdlr":
                    track.handler = bytes(box[8:12])
                elif kind == b"mdhd":
                    track.scale = struct.unpack_from(">I", box, 20 if box[0] else 12)[0]
    return track


def _fragments(stream: BinaryIO, movie: Movie) -> float | None:
    """End of the latest fragment of any track, in seconds."""
    tracks = {track.number: track for track in movie.tracks if track.scale}
    latest = 0.0
    for count, (_name, body) in enumerate(_top(stream, b"moof")):
        if count >= _MAX_FRAGMENTS:
            break
        for name, part in _boxes(body):
            if name == b"traf":
                latest = max(latest, _fragment_end(part, tracks))
    return latest or None


def _fragment_end(body: memoryview, tracks: dict[int, Track]) -> float:
    track, begin, length, default = None, 0, 0, 0
    for name, part in _boxes(body):
        if name == b"tfhd":
            flags = int.from_bytes(part[1:4], "big")
            track = tracks.get(struct.unpack_from(">I", part, 4)[0])
            default = track.default_duration if track else 0
            if flags & 0x8:
                at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
                default = struct.unpack_from(">I", part, at)[0]
        elif name == b"tfdt":
            begin = struct.unpack_from(">Q" if part[0] else ">I", part, 4)[0]
        elif name == b"trun":
            length += _run_length(part, default)
    return (begin + length) / track.scale if track else 0.0


def _run_length(part: memoryview, default: int) -> int:
    """Sum of the durations of a run of samples, in the track's units."""
    flags = int.from_bytes(part[1:4], "big")
    count = struct.unpack_from(">I", part, 4)[0]
    if not flags & 0x100:
        return count * default
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    if at + count * step > len(part):
        raise Damaged
    return sum(struct.unpack_from(">I", part, at + n * step)[0] for n in range(count))

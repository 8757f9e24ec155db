"""Length and frame size of audio and video, read from their containers without decoding anything.

Enough of MP4/QuickTime/3GP, WebM, Ogg, WAV, MP3, AAC and AMR to hold a recording against a limit of seconds
and to lay out a player. What a container does not tell (a live-recorded stream) is None, never a guess. For
WebM see `webm`, for MP4 `mp4`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from . import mp4, webm
from .errors import Damaged

__all__ = ["Measure", "has_video", "measure", "mp3_frame"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Length in seconds and frame size in pixels as displayed; None where unknown or not applicable."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None


def has_video(stream: BinaryIO) -> bool:
    """Whether an MP4-like or WebM file has a video track.

    Raises:
        Damaged: the part that lists the tracks is missing: the upload was cut off.
    """
    stream.seek(0)
    if stream.read(4) == webm.MAGIC:
        return webm.scan(stream).video
    return mp4.scan(stream).video


def measure(stream: BinaryIO, mime: str) -> Measure:
    """Length and frame size of a file whose type the sniffer has found; leaves the stream at its start.

    Raises:
        Damaged: the container is broken or cut off.
    """
    try:
        return _measure(stream, mime)
    except (struct.error, IndexError, ValueError, ZeroDivisionError, OverflowError):
        raise Damaged from None
    finally:
        stream.seek(0)


def _measure(stream: BinaryIO, mime: str) -> Measure:
    stream.seek(0)
    if mime in ("video/mp4", "audio/mp4", "video/quicktime", "video/3gpp"):
        movie = mp4.scan(stream)
        return Measure(movie.seconds, *movie.frame)
    if mime in ("video/webm", "audio/webm"):
        found = webm.scan(stream)
        return Measure(found.seconds, found.width, found.height)
    reader = {
        "audio/wav": _wav,
        "audio/ogg": _ogg,
        "audio/mpeg": _mp3,
        "audio/amr": _amr,
        "audio/aac": _aac,
    }.get(mime)
    return Measure(reader(stream)) if reader else Measure()


# -- sound -----------------------------------------------------------------------------------------


def _wav(stream: BinaryIO) -> float | None:
    end = stream.seek(0, 2)
    at, rate = 12, 0
    while at + 8 <= end:
        stream.seek(at)
        name, size = struct.unpack("<4sI", stream.read(8))
        if name == b"fmt ":
            rate = struct.unpack_from("<I", stream.read(16), 8)[0]
        elif name == b"data":
            return min(size, end - at - 8) / rate if rate else None
        at += 8 + size + (size & 1)
    raise Damaged


def _ogg(stream: BinaryIO) -> float | None:
    head = stream.read(512)
    if (at := head.find(b"OpusHead")) >= 0:
        rate, skip = 48000, struct.unpack_from("<H", head, at + 10)[0]
    elif (at := head.find(b"\x01vorbis")) >= 0:
        rate, skip = struct.unpack_from("<I", head, at + 12)[0], 0
    else:
        return None
    end = stream.seek(0, 2)
    stream.seek(max(0, end - 65536 - 512))
    tail = stream.read()
    page = tail.rfind(b"OggS")
    if page < 0 or not rate:
        raise Damaged
    granule = struct.unpack_from("<q", tail, page + 6)[0]
    return max(granule - skip, 0) / rate if granule >= 0 else None


@dataclass(frozen=True, slots=True)
class Mp3Frame:
    """One MPEG audio layer III frame: its length in bytes, samples, samples and bits a second."""

    length: int
    samples: int
    rate: int
    bits: int


_MP3_BITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def mp3_frame(header: bytes) -> Mp3Frame | None:
    """Read a frame header of four bytes; None when it is none."""
    version, bits, rate = (header[1] >> 3) & 3, header[2] >> 4, (header[2] >> 2) & 3
    if header[0] != 0xFF or header[1] & 0xE6 != 0xE2 or version == 1 or bits in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    per_second = _MP3_RATES[version][rate]
    bit_rate = _MP3_BITS[3 if version == 3 else 2][bits] * 1000
    return Mp3Frame(samples // 8 * bit_rate // per_second + ((header[2] >> 1) & 1), samples, per_second, bit_rate)


def _mp3(stream: BinaryIO) -> float | None:
    end = stream.seek(0, 2)
    stream.seek(0)
    tag = stream.read(10)
    start = 0
    if tag[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    stream.seek(start)
    block = stream.read(4096)
    at = next((i for i in range(len(block) - 4) if mp3_frame(block[i : i + 4])), None)
    if at is None:
        raise Damaged
    frame = mp3_frame(block[at : at + 4])
    if frame is None:
        raise Damaged
    for mark in (b"Xing", b"Info"):  # variable bit rate: the number of frames is written down
        place = block.find(mark, at, at + 200)
        if place >= 0 and block[place + 7] & 1:
            return struct.unpack_from(">I", block, place + 8)[0] * frame.samples / frame.rate
    return (end - start - at) * 8 / frame.bits


_AMR_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_AMR_WB_BYTES = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)


def _amr(stream: BinaryIO) -> float:
    data = stream.read()
    wide = data.startswith(b"#!AMR-WB\n")
    at, frames = (9 if wide else 6), 0
    sizes = _AMR_WB_BYTES if wide else _AMR_BYTES
    while at < len(data):
        at += sizes[(data[at] >> 3) & 15]
        frames += 1
    return frames * 0.02


_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def _aac(stream: BinaryIO) -> float:
    data = stream.read()
    at, frames = 0, 0
    rate = _AAC_RATES[(data[2] >> 2) & 15]
    while at + 7 <= len(data) and data[at] == 0xFF and data[at + 1] & 0xF0 == 0xF0:
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if length < 7:
            raise Damaged
        at += length
        frames += 1
    return frames * 1024 / rate

"""Small files of every type, made on the spot: nothing binary lies in the repository."""

from __future__ import annotations

import io
import struct
import wave
import zipfile

from PIL import ExifTags, Image


def picture(fmt="JPEG", size=(64, 48), color=(200, 30, 30), exif=None, **options) -> bytes:
    """A picture whose left half is coloured and whose right half is white."""
    image = Image.new("RGB", size, "white")
    image.paste(color, (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, fmt, **({"exif": exif} if exif else {}), **options)
    return out.getvalue()


def exif(orientation=1, gps=None, taken=None, offset=None) -> Image.Exif:
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = "SecretCamera"
    if gps is not None:
        data.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    detail = data.get_ifd(ExifTags.IFD.Exif)
    if taken:
        detail[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        detail[ExifTags.Base.OffsetTimeOriginal] = offset
    return data


def packed(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def ooxml(part: str, **more: bytes) -> bytes:
    extra = {name.replace("__", "/"): data for name, data in more.items()}
    return packed({"[Content_Types].xml": b"<Types/>", part: b"<x/>"} | extra)


def ole(*names: str) -> bytes:
    """A compound file of one table sector and as many directory sectors as the names need."""
    entries = b""
    for name in ("Root Entry", *names):
        text = (name + "\0").encode("utf-16-le")
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text), 2, 1) + b"\0" * 60
    entries = entries.ljust(-(-len(entries) // 512) * 512, b"\0")
    sectors = len(entries) // 512
    table = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0") + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header = header.ljust(48, b"\0") + struct.pack("<I", 1)
    header = header.ljust(76, b"\0") + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    return header + fat + entries


def wav(seconds=2, rate=8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"\0\0" * rate * seconds)
    return out.getvalue()


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def mp4(handlers=(b"vide", b"soun"), seconds=12.5, size=(640, 360), brand=b"isom", turned=False) -> bytes:
    matrix = (0, 0x10000, 0, -0x10000, 0, 0) if turned else (0x10000, 0, 0, 0, 0x10000, 0)
    tracks = b""
    for handler in handlers:
        w, h = size if handler == b"vide" else (0, 0)
        head = b"\0" * 40 + struct.pack(">9i", *matrix, 0, 0, 0x40000000) + struct.pack(">II", w << 16, h << 16)
        media = box(b"hdlr", b"\0" * 8, handler, b"\0" * 12)
        tracks += box(b"trak", box(b"tkhd", head), box(b"mdia", media))
    length = b"\0" * 12 + struct.pack(">II", 1000, int(seconds * 1000)) + b"\0" * 80
    return (
        box(b"ftyp", brand, b"\0\0\2\0", brand) + box(b"mdat", b"\1" * 500) + box(b"moov", box(b"mvhd", length), tracks)
    )


def fragmented(fragments=5, samples=50, each=True) -> bytes:
    """A sound recording as a browser makes it: no length in the header, fragments of 20 ms samples at 48 kHz."""
    media = box(b"mdhd", b"\0" * 12, struct.pack(">II", 48000, 0)) + box(b"hdlr", b"\0" * 8, b"soun", b"\0" * 12)
    head = b"\0" * 12 + struct.pack(">I", 1) + b"\0" * 68
    defaults = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 0 if each else 960, 0, 0)))
    movie = box(b"mvhd", b"\0" * 12, struct.pack(">II", 1000, 0), b"\0" * 80)
    out = box(b"ftyp", b"iso5", b"\0\0\2\0") + box(
        b"moov", movie, box(b"trak", box(b"tkhd", head), box(b"mdia", media)), defaults
    )
    for n in range(fragments):
        sizes = b"".join(struct.pack(">II", 960, 4) if each else struct.pack(">I", 4) for _ in range(samples))
        run = box(b"trun", struct.pack(">II", 0x300 if each else 0x200, samples), sizes)
        start = box(b"tfdt", struct.pack(">IQ", 1 << 24, n * samples * 960))
        out += box(b"moof", box(b"traf", box(b"tfhd", struct.pack(">II", 0, 1)), start, run)) + box(b"mdat", b"data")
    return out


def _ebml(element: int, body: bytes, unknown=False) -> bytes:
    name = element.to_bytes((element.bit_length() + 7) // 8, "big")
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 28).to_bytes(4, "big")
    return name + size + body


def webm(video=True, blocks=(0, 500, 1500), live=True) -> bytes:
    """A recording as a browser makes it: no length in the header, outer sizes unknown."""
    tracks = _ebml(0xAE, _ebml(0x83, b"\2"))
    if video:
        frame = _ebml(0xE0, _ebml(0xB0, struct.pack(">H", 320)) + _ebml(0xBA, struct.pack(">H", 240)))
        tracks += _ebml(0xAE, _ebml(0x83, b"\1") + frame)
    info = _ebml(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
    if not live:
        info += _ebml(0x4489, struct.pack(">d", 4000.0))
    cluster = _ebml(0xE7, struct.pack(">H", 1000))
    cluster += b"".join(_ebml(0xA3, b"\x81" + struct.pack(">h", at) + b"\x80data") for at in blocks)
    segment = _ebml(0x1549A966, info) + _ebml(0x1654AE6B, tracks) + _ebml(0x1F43B675, cluster, unknown=live)
    return _ebml(0x1A45DFA3, _ebml(0x4282, b"webm")) + _ebml(0x18538067, segment, unknown=live)


def ogg(seconds=3) -> bytes:
    def page(granule: int, body: bytes) -> bytes:
        return b"OggS\0\0" + struct.pack("<qIIIB", granule, 1, 0, 0, 1) + bytes([len(body)]) + body

    head = b"OpusHead\1\1" + struct.pack("<HIhB", 312, 48000, 0, 0)
    return page(0, head) + page(0, b"OpusTags") + page(seconds * 48000 + 312, b"sound")


def mp3(frames=100, tag=True) -> bytes:
    frame = b"\xff\xfb\x90\x00" + b"\0" * 413  # 128 kbit/s, 44.1 kHz
    return (b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 if tag else b"") + frame * frames


def amr(frames=150) -> bytes:
    return b"#!AMR\n" + (b"\x3c" + b"\0" * 31) * frames


def aac(frames=50) -> bytes:
    length = 64
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC])
    return (head + b"\0" * (length - 7)) * frames

"""Pictures: check that they are whole, read when and where they were taken, make small copies.

Positions of phones are WGS84 by the EXIF standard. Small copies are turned upright and carry no metadata,
so that a published thumbnail never tells where its photographer stood.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, BinaryIO

import pillow_heif
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from gezhi.engines.workflow.worktime import CHINA

from .errors import Damaged, TooManyPixels
from .policy import DEFAULT, Policy

__all__ = ["JPEG", "THUMBNAILS", "Picture", "examine", "inspect", "rendition", "thumbnail"]

THUMBNAILS = {"small": 240, "large": 960}
"""Name of each small copy and its longest edge in pixels."""

JPEG = "jpeg"
"""Name of the copy that stands for a picture browsers cannot show (HEIC): nearly as large, upright, as JPEG."""
_JPEG_EDGE = 4096
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF")
pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
_MAX_PIECES = 2000  # frames of an animation: beyond it is no photo


@dataclass(frozen=True, slots=True)
class Picture:
    """Facts of a picture.

    Attributes:
        width, height: pixels as seen upright. taken_at: when, aware. point: (lon, lat) in WGS84.
        accuracy: metres the camera says its position may be off, if it says so.
    """

    width: int
    height: int
    taken_at: datetime | None = None
    point: tuple[float, float] | None = None
    accuracy: float | None = None


def inspect(stream: BinaryIO, policy: Policy = DEFAULT, zone: tzinfo = CHINA) -> Picture:
    """Check a picture and read its EXIF. Leaves the stream at its start.

    Args:
        zone: of camera times that carry no offset of their own.

    Raises:
        Damaged: not decodable to its last row. TooManyPixels: more than the policy allows.
    """
    return _examine(stream, policy, zone, {})[0]


def examine(stream: BinaryIO, policy: Policy = DEFAULT, zone: tzinfo = CHINA) -> tuple[Picture, dict[str, bytes]]:
    """As `inspect`, with the small copies by name (`THUMBNAILS`), for the price of one decoding."""
    return _examine(stream, policy, zone, THUMBNAILS)


def thumbnail(stream: BinaryIO, edge: int, policy: Policy = DEFAULT) -> bytes:
    """A copy as WebP, upright, at most `edge` pixels along each side (never enlarged), without metadata.

    Raises:
        Damaged, TooManyPixels: as `inspect`.
    """
    return _examine(stream, policy, CHINA, {"only": edge})[1]["only"]


def rendition(stream: BinaryIO, policy: Policy = DEFAULT) -> bytes:
    """A picture as JPEG, upright, without metadata, at most 4,096 pixels along each side.

    Raises:
        Damaged, TooManyPixels: as `inspect`.
    """
    with _opened(stream, policy.max_pixels) as image:
        _decode(image, _JPEG_EDGE)
        upright = ImageOps.exif_transpose(image).convert("RGB")
        clean = Image.new("RGB", upright.size)
        clean.paste(upright)
        clean.thumbnail((_JPEG_EDGE, _JPEG_EDGE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=88)
    return out.getvalue()


def _examine(
    stream: BinaryIO, policy: Policy, zone: tzinfo, edges: Mapping[str, int]
) -> tuple[Picture, dict[str, bytes]]:
    with _opened(stream, policy.max_pixels) as image:
        exif = _exif(image)
        width, height = image.size
        if exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        _decode(image, max(edges.values(), default=THUMBNAILS["small"]))
        copies = _copies(image, edges) if edges else {}
    stream.seek(0)
    gps = _ifd(exif, ExifTags.IFD.GPSInfo)
    taken = _taken_at(_ifd(exif, ExifTags.IFD.Exif), exif, gps, zone)
    error = _real(gps.get(ExifTags.GPS.GPSHPositioningError))
    return Picture(width, height, taken, _point(gps), error if error and error > 0 else None), copies


def _copies(image: Image.Image, edges: Mapping[str, int]) -> dict[str, bytes]:
    """The copies, each made from the next larger one."""
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception:  # a broken orientation must not cost the photo: it stays as it lies
        upright = image.copy()
    alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    plain = upright.convert("RGBA" if alpha else "RGB")
    # A fresh image, since encoders copy whatever metadata hangs on the old one.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    made = {}
    for name, edge in sorted(edges.items(), key=lambda item: -item[1]):
        clean.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2.0)
        out = io.BytesIO()
        clean.save(out, "WEBP", quality=80, method=2)
        made[name] = out.getvalue()
    return made


def _opened(stream: BinaryIO, max_pixels: int) -> Image.Image:
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we judge the size ourselves
            image = Image.open(stream, formats=_FORMATS)
    except Image.DecompressionBombError:
        raise TooManyPixels from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, RuntimeError):
        raise Damaged from None
    if image.width * image.height > max_pixels:
        raise TooManyPixels
    if getattr(image, "n_frames", 1) > _MAX_PIECES:
        raise TooManyPixels
    return image


def _decode(image: Image.Image, edge: int) -> None:
    """Decode every row; a JPEG at a fraction of its size, which costs a fraction of time and memory."""
    try:
        image.draft("RGB", (edge, edge))
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, Image.DecompressionBombError, MemoryError):
        raise Damaged from None


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # metadata is a courtesy: whatever is wrong with it must not cost the photo
        return Image.Exif()


def _ifd(exif: Image.Exif, tag: int) -> dict[int, Any]:
    try:
        return dict(exif.get_ifd(tag))
    except Exception:  # as above
        return {}


def _real(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _degrees(parts: Any, mark: Any, negative: str) -> float | None:
    if not isinstance(parts, tuple | list) or not 1 <= len(parts) <= 3:
        return None
    numbers = [_real(part) for part in parts]
    if any(number is None or number < 0 for number in numbers):
        return None
    value = sum(number / 60**place for place, number in enumerate(numbers) if number is not None)
    text = mark.decode("ascii", "ignore") if isinstance(mark, bytes) else str(mark or "")
    return -value if text.strip("\0 ").upper() == negative else value


def _point(gps: dict[int, Any]) -> tuple[float, float] | None:
    """(lon, lat); None when missing, impossible, or the (0, 0) that cameras write before they know."""
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None
    return round(lon, 7), round(lat, 7)


def _taken_at(detail: dict[int, Any], base: Image.Exif, gps: dict[int, Any], zone: tzinfo) -> datetime | None:
    text = detail.get(ExifTags.Base.DateTimeOriginal) or base.get(ExifTags.Base.DateTime)
    try:
        local = datetime.strptime(str(text).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")
        offset = _offset(str(detail.get(ExifTags.Base.OffsetTimeOriginal) or ""))
        taken = local.replace(tzinfo=offset or zone)
    except ValueError:
        satellite = _satellite_time(gps)
        if satellite is None:
            return None
        taken = satellite
    return taken if 1990 <= taken.year <= 2150 else None


def _offset(text: str) -> timezone | None:
    text = text.strip("\0 ")
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":":
        return None
    hours, minutes = int(text[1:3]), int(text[4:6])
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _satellite_time(gps: dict[int, Any]) -> datetime | None:
    clock = [_real(part) for part in gps.get(ExifTags.GPS.GPSTimeStamp) or ()]
    try:
        day = datetime.strptime(str(gps.get(ExifTags.GPS.GPSDateStamp)).strip("\0 "), "%Y:%m:%d")
        hours, minutes, seconds = (part or 0.0 for part in clock)
        return day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None

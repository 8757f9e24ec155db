"""Pictures: whole or refused, placed and dated, and nothing told by their small copies."""

import io
import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import ExifTags, Image

from gezhi.foundation.documents.errors import Damaged, TooManyPixels
from gezhi.foundation.documents.images import THUMBNAILS, inspect, thumbnail
from gezhi.foundation.documents.policy import Policy

from . import samples

GPS = ExifTags.GPS
SUZHOU = {
    GPS.GPSLatitudeRef: "N",
    GPS.GPSLatitude: (31.0, 17.0, 56.4),
    GPS.GPSLongitudeRef: "E",
    GPS.GPSLongitude: (120.0, 35.0, 7.2),
    GPS.GPSHPositioningError: 8.5,
}


def look(data: bytes, **options):
    return inspect(io.BytesIO(data), **options)


def test_position_time_and_size():
    data = samples.picture(exif=samples.exif(6, SUZHOU, "2026:09:30 16:45:10", "+08:00"), size=(80, 40))
    found = look(data)
    assert (found.width, found.height) == (40, 80)  # stored lying, taken upright
    assert found.point == (120.5853333, 31.299)
    assert found.accuracy == 8.5
    assert found.taken_at == datetime(2026, 9, 30, 16, 45, 10, tzinfo=timezone(timedelta(hours=8)))


def test_time_without_offset_is_chinese_time_and_satellite_time_is_utc():
    assert look(samples.picture(exif=samples.exif(taken="2026:09:30 16:45:10"))).taken_at == datetime(
        2026, 9, 30, 8, 45, 10, tzinfo=UTC
    )
    gps = SUZHOU | {GPS.GPSDateStamp: "2026:09:30", GPS.GPSTimeStamp: (8.0, 45.0, 10.0)}
    assert look(samples.picture(exif=samples.exif(gps=gps))).taken_at == datetime(2026, 9, 30, 8, 45, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "point"),
    [
        ({GPS.GPSLatitudeRef: "S", GPS.GPSLongitudeRef: "W"}, (-120.5853333, -31.299)),
        ({GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)}, None),
        ({GPS.GPSLatitude: (95.0, 0.0, 0.0)}, None),
        ({GPS.GPSLongitude: (200.0, 0.0, 0.0)}, None),
        ({GPS.GPSLongitude: (120.0, 35.0, 7.2, 1.0)}, None),
    ],
)
def test_hemispheres_and_impossible_positions(changes, point):
    assert look(samples.picture(exif=samples.exif(gps=SUZHOU | changes))).point == point


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "1970:01:01 00:00:00", "2026:13:40 99:00:00"])
def test_senseless_times_are_no_time(taken):
    assert look(samples.picture(exif=samples.exif(taken=taken))).taken_at is None


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_metadata_does_not_cost_the_photo():
    whole = samples.picture(exif=samples.exif(1, SUZHOU))
    at = whole.index(b"Exif\0\0") + 6
    for broken in (
        whole[:at] + b"\xff" * 40 + whole[at + 40 :],
        whole[: at + 8] + b"\xff\xff" + whole[at + 10 :],
    ):
        assert look(broken).width == 64
        assert Image.open(io.BytesIO(thumbnail(io.BytesIO(broken), 240))).size == (64, 48)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_cut_off_picture_is_damaged(fmt):
    data = samples.picture(fmt, size=(400, 300))
    assert look(data).width == 400
    for share in (0.02, 0.5, 0.8):
        with pytest.raises(Damaged):
            look(data[: int(len(data) * share)])


def test_a_bomb_of_pixels_is_refused_before_it_is_decoded():
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    with pytest.raises(TooManyPixels):
        look(bomb)
    with pytest.raises(TooManyPixels):
        look(samples.picture(size=(100, 100)), policy=Policy(max_pixels=9999))
    with pytest.raises(TooManyPixels):
        thumbnail(io.BytesIO(bomb), 240)


@pytest.mark.parametrize("edge", THUMBNAILS.values())
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_thumbnails_fit_and_tell_nothing(fmt, edge):
    data = samples.picture(fmt, size=(1600, 1200), exif=samples.exif(1, SUZHOU, "2026:09:30 16:45:10"))
    small = thumbnail(io.BytesIO(data), edge)
    image = Image.open(io.BytesIO(small))
    assert (image.format, image.size) == ("WEBP", (edge, edge * 3 // 4))
    assert not image.getexif()
    assert b"EXIF" not in small
    assert b"SecretCamera" in data
    assert b"SecretCamera" not in small


def test_thumbnails_are_turned_upright_and_never_enlarged():
    data = samples.picture(size=(64, 48), exif=samples.exif(6))  # turn right by a quarter: left becomes top
    image = Image.open(io.BytesIO(thumbnail(io.BytesIO(data), 240))).convert("RGB")
    assert image.size == (48, 64)
    top, bottom = image.getpixel((24, 5)), image.getpixel((24, 60))
    assert top[0] > 150 > top[1]
    assert min(bottom) > 230


def test_transparency_and_palettes_survive():
    for mode in ("RGBA", "LA", "P", "1", "CMYK", "I;16"):
        out = io.BytesIO()
        Image.new(mode, (30, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")
        small = Image.open(io.BytesIO(thumbnail(out, 240)))
        assert small.size == (30, 20)
        assert (small.mode == "RGBA") == (mode in ("RGBA", "LA"))

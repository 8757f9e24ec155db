"""Photos of iPhones: kept as they are, shown as JPEG, read for time and place."""

import io

import pytest
from PIL import ExifTags, Image

from gezhi.foundation.documents.attach import add
from gezhi.foundation.documents.errors import Damaged, TooManyPixels
from gezhi.foundation.documents.images import inspect, rendition
from gezhi.foundation.documents.policy import Policy
from gezhi.foundation.documents.receive import receive
from gezhi.foundation.documents.serve import gallery

from . import samples
from .test_serve import body, get

GPS = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (31.0, 18.0, 0.0),
       ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: (120.0, 36.0, 0.0)}
PHOTO = samples.picture("HEIF", size=(640, 480), exif=samples.exif(gps=GPS, taken="2026:05:04 10:20:30"))


def test_position_time_and_size_are_read():
    found = inspect(io.BytesIO(PHOTO))
    assert (found.width, found.height, found.point) == (640, 480, (120.6, 31.3))
    assert found.taken_at.isoformat() == "2026-05-04T10:20:30+08:00"


@pytest.mark.django_db
def test_the_original_is_kept_and_browsers_get_a_jpeg_without_metadata(kept, people, tree):
    document = add(people["wang"], tree, [receive(people["wang"], io.BytesIO(PHOTO), "IMG_1.HEIC").pk])[0]
    assert (document.mime, document.name, document.taken_point.coords) == ("image/heic", "IMG_1.heic", (120.6, 31.3))
    assert body(get(people["wang"], document)) == PHOTO
    answer = get(people["wang"], document, "jpeg")
    shown = Image.open(io.BytesIO(body(answer)))
    assert (answer["Content-Type"], shown.format, shown.size, dict(shown.getexif())) == (
        "image/jpeg", "JPEG", (640, 480), {})
    assert "IMG_1.jpg" in answer["Content-Disposition"]
    assert Image.open(io.BytesIO(body(get(people["wang"], document, "small")))).size == (240, 180)
    assert gallery([document])[0]["url"].endswith("/jpeg")


def test_a_large_photo_becomes_a_smaller_jpeg():
    wide = samples.picture("HEIF", size=(5000, 100))
    assert Image.open(io.BytesIO(rendition(io.BytesIO(wide)))).size == (4096, 82)


@pytest.mark.parametrize("wrong", [PHOTO[: len(PHOTO) // 2], PHOTO[:40] + b"\0" * 400])
def test_a_broken_photo_is_refused(wrong):
    with pytest.raises(Damaged):
        inspect(io.BytesIO(wrong))


def test_too_many_pixels_are_refused_before_they_are_decoded():
    for look in (inspect, rendition):
        with pytest.raises(TooManyPixels):
            look(io.BytesIO(PHOTO), Policy(max_pixels=640 * 480 - 1))

"""What a browser gets: permission, ranges, headers, small copies, passes."""

import io

import pytest
from django.core import signing
from django.test import RequestFactory
from PIL import Image

from gezhi.engines.access import grants_of
from gezhi.foundation.documents.attach import add
from gezhi.foundation.documents.errors import NotStored
from gezhi.foundation.documents.receive import receive
from gezhi.foundation.documents.serve import checked, gallery, respond, ticket
from gezhi.kernel.actors import SYSTEM, public
from gezhi.kernel.door import write
from gezhi.kernel.errors import Missing

from . import samples

pytestmark = pytest.mark.django_db
PHOTO = samples.picture(size=(1200, 900))
SOUND = samples.wav(3)


def get(actor, document, variant="", method="get", query="", **headers):
    request = getattr(RequestFactory(), method)(f"/documents/{document.pk}{query}", headers=headers)
    return respond(request, actor, document.pk, variant)


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.fixture
def photo(kept, people, tree):
    return add(people["wang"], tree, [receive(people["wang"], io.BytesIO(PHOTO), "现场 1.jpg").pk])[0]


@pytest.fixture
def sound(kept, people, tree):
    return add(people["wang"], tree, [receive(people["wang"], io.BytesIO(SOUND), "录音.wav").pk])[0]


def test_who_sees_the_record_sees_its_documents_and_nobody_else(photo, people):
    answer = get(people["wang"], photo)
    assert (answer.status_code, body(answer)) == (200, PHOTO)
    for actor in (people["li"], public(grants_of("public"))):
        with pytest.raises(Missing):
            get(actor, photo)
    with pytest.raises(Missing):
        respond(RequestFactory().get("/"), people["wang"], 999999)


def test_headers_let_nothing_run(photo, people):
    answer = get(people["wang"], photo)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == "inline; filename=\"_1.jpg\"; filename*=UTF-8''%E7%8E%B0%E5%9C%BA%201.jpg"
    assert answer["Cache-Control"].startswith("private")


def test_files_are_downloads(kept, people):
    text = receive(people["wang"], io.BytesIO("说明，不是网页".encode()), "a.html")
    answer = get(people["wang"], text)
    assert answer["Content-Type"] == "text/plain"
    assert answer["Content-Disposition"].startswith('attachment; filename="a.html.txt"')


@pytest.mark.parametrize(
    ("wanted", "status", "span"),
    [
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=100-", 206, (100, None)),
        ("bytes=-50", 206, (-50, None)),
        ("bytes=0-99999999", 206, (0, None)),
        ("bytes=-99999999", 206, (0, None)),
        ("bytes=9-3", 200, (0, None)),
        ("bytes=-", 200, (0, None)),
        ("bytes=0-1,5-6", 200, (0, None)),
        ("lines=0-1", 200, (0, None)),
    ],
)
def test_ranges(sound, people, wanted, status, span):
    answer = get(people["wang"], sound, range=wanted)
    expected = SOUND[span[0] : span[1]]
    assert answer.status_code == status
    assert body(answer) == expected
    assert int(answer["Content-Length"]) == len(expected)
    if status == 206:
        first = range(len(SOUND))[span[0]]
        assert answer["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/{len(SOUND)}"


@pytest.mark.parametrize("wanted", [f"bytes={len(SOUND)}-", "bytes=-0"])
def test_ranges_outside(sound, people, wanted):
    answer = get(people["wang"], sound, range=wanted)
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_head_validators_and_if_range(sound, people):
    head = get(people["wang"], sound, method="head")
    assert (head.content, int(head["Content-Length"])) == (b"", len(SOUND))
    tag = head["ETag"]
    assert get(people["wang"], sound, **{"if-none-match": tag}).status_code == 304
    assert get(people["wang"], sound, range="bytes=0-9", **{"if-range": tag}).status_code == 206
    assert get(people["wang"], sound, range="bytes=0-9", **{"if-range": '"old"'}).status_code == 200


def test_small_copies_are_made_again_when_they_are_gone(photo, people, kept):
    first = body(get(people["wang"], photo, "small"))
    kept.delete(f"{photo.sha256}.small")
    answer = get(people["wang"], photo, "small")
    again = body(answer)
    assert answer["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(again)).size == Image.open(io.BytesIO(first)).size == (240, 180)
    with pytest.raises(Missing):
        get(people["wang"], photo, "huge")


def test_only_pictures_have_small_copies(sound, people):
    with pytest.raises(Missing):
        get(people["wang"], sound, "small")


def test_published_pictures_are_given_out_as_small_copies_only(photo, people):
    write(SYSTEM, "change", photo, {"public": True})
    visitor = public(grants_of("public"))
    assert get(visitor, photo, "large").status_code == 200
    with pytest.raises(Missing):
        get(visitor, photo)


def test_a_pass_opens_one_document_for_an_hour(photo, sound, monkeypatch):
    visitor = public(grants_of("public"))
    query = f"?ticket={ticket(photo)}"
    assert get(visitor, photo, query=query).status_code == 200
    for wrong in (lambda: get(visitor, sound, query=query), lambda: get(visitor, photo, query="?ticket=x:y:z")):
        with pytest.raises(Missing):
            wrong()
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 4000)
    with pytest.raises(Missing):
        get(visitor, photo, query=query)


def test_lost_and_changed_content_is_noticed(photo, people, kept):
    assert checked(photo)
    path = kept.root / photo.sha256[:2] / photo.sha256[2:4] / photo.sha256
    path.write_bytes(b"x")
    assert not checked(photo)
    kept.delete(photo.sha256)
    assert not checked(photo)
    with pytest.raises(NotStored):
        get(people["wang"], photo)


def test_gallery_rows(photo, sound):
    first, second = gallery([photo, sound], "/documents/", tickets=True)
    assert first["thumb"].startswith(f"/documents/{photo.pk}/small?ticket=")
    assert (first["type"], second["type"], second["thumb"]) == ("photo", "audio", "")

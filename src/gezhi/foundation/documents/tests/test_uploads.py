"""Uploads in pieces: resumed, repeated, out of order, broken, another's."""

import hashlib
import uuid

import pytest
from django.utils import timezone

from gezhi.foundation.documents.document import Document
from gezhi.foundation.documents.errors import Empty, HashMismatch, TooLarge, TooMany
from gezhi.foundation.documents.uploads import PIECE, Upload, append, begin, expire, finish, progress
from gezhi.kernel.errors import Conflict, Invalid, Missing

from . import samples

pytestmark = pytest.mark.django_db
DATA = samples.picture("BMP", size=(1000, 800))  # 2.4 MB: three pieces
SHA = hashlib.sha256(DATA).hexdigest()


def pieces(data=DATA):
    return [(at, data[at : at + PIECE]) for at in range(0, len(data), PIECE)]


@pytest.fixture
def upload(kept, people):
    number = uuid.uuid4()
    begin(people["wang"], number, "现场.bmp", len(DATA), SHA)
    return number


def test_pieces_make_a_document_whatever_is_repeated(upload, people):
    wang = people["wang"]
    assert len(pieces()) == 3
    for at, piece in pieces():
        assert append(wang, upload, at, piece) == at + len(piece)
        assert append(wang, upload, at, piece) == at + len(piece)  # the answer was lost
    assert append(wang, upload, 0, pieces()[0][1]) == len(DATA)
    document = finish(wang, upload, caption="现场")
    assert (document.sha256, document.caption, document.upload_id) == (SHA, "现场", upload)
    assert finish(wang, upload).pk == document.pk
    assert append(wang, upload, 0, pieces()[0][1]) == len(DATA)
    assert begin(wang, upload, "现场.bmp", len(DATA), SHA).offset == len(DATA)
    assert Document.objects.count() == 1
    assert not Upload.objects.get().part.exists()


def test_a_gap_says_where_to_go_on(upload, people):
    append(people["wang"], upload, *pieces()[0])
    with pytest.raises(Conflict) as caught:
        append(people["wang"], upload, *pieces()[2])
    assert caught.value.current == {"offset": PIECE}
    with pytest.raises(Conflict) as caught:
        finish(people["wang"], upload)
    assert caught.value.current == {"offset": PIECE}
    assert progress(people["wang"], upload) == PIECE
    assert begin(people["wang"], upload, "x", len(DATA), SHA).offset == PIECE


def test_a_piece_that_overlaps_adds_its_rest(upload, people):
    append(people["wang"], upload, 0, DATA[:1000])
    assert append(people["wang"], upload, 500, DATA[500:1500]) == 1500
    assert Upload.objects.get().part.read_bytes() == DATA[:1500]


def test_wrong_content_starts_over(upload, people):
    for at, piece in pieces(DATA[:-1] + b"?"):
        append(people["wang"], upload, at, piece)
    with pytest.raises(HashMismatch):
        finish(people["wang"], upload)
    assert progress(people["wang"], upload) == 0
    for at, piece in pieces():
        append(people["wang"], upload, at, piece)
    assert finish(people["wang"], upload).sha256 == SHA


def test_another_persons_upload_does_not_exist(upload, people):
    for call in (
        lambda: progress(people["li"], upload),
        lambda: append(people["li"], upload, 0, b"x"),
        lambda: finish(people["li"], upload),
        lambda: begin(people["li"], upload, "x", len(DATA), SHA),
        lambda: progress(people["wang"], uuid.uuid4()),
    ):
        with pytest.raises(Missing):
            call()


def test_announcements_are_checked(kept, people):
    wang = people["wang"]
    with pytest.raises(Empty):
        begin(wang, uuid.uuid4(), "x", 0, SHA)
    with pytest.raises(TooLarge):
        begin(wang, uuid.uuid4(), "x", 10**12, SHA)
    for number, sha in (("nonsense", SHA), (uuid.uuid4(), "zz")):
        with pytest.raises(Invalid):
            begin(wang, number, "x", 5, sha)
    number = uuid.uuid4()
    begin(wang, number, "x", 5, SHA)
    with pytest.raises(Conflict):
        begin(wang, number, "x", 6, SHA)
    with pytest.raises(TooMany):
        for _ in range(50):
            begin(wang, uuid.uuid4(), "x", 5, SHA)


@pytest.mark.parametrize(("at", "length"), [(0, 0), (-1, 10), (0, PIECE + 1), (len(DATA) - 5, 6)])
def test_impossible_pieces_are_refused(upload, people, at, length):
    with pytest.raises(Invalid):
        append(people["wang"], upload, at, b"x" * length)


def test_given_up_uploads_expire(upload, people):
    append(people["wang"], upload, *pieces()[0])
    part = Upload.objects.get().part
    assert expire() == 0
    assert expire(timezone.now() + timezone.timedelta(days=4)) == 1
    assert not part.exists()
    assert not Upload.objects.exists()

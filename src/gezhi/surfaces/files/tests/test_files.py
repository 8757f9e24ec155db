"""Documents over HTTP, as a page, a phone and a visitor use them."""

import hashlib
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.house.models import Tree

from gezhi.foundation.documents import clean, limit, receive, serve
from gezhi.foundation.documents.attach import add, attach, claiming
from gezhi.foundation.documents.claims import claimed
from gezhi.foundation.documents.document import Document
from gezhi.foundation.documents.store import FolderStore
from gezhi.foundation.documents.tests import samples
from gezhi.foundation.documents.uploads import PIECE
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.foundation.units.public import actor_of, public_actor
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
PHOTO = samples.picture(size=(800, 600))


@pytest.fixture(autouse=True)
def _kept(tmp_path, settings, monkeypatch):
    folder = FolderStore(tmp_path / "documents")
    for module in (receive, serve, clean):
        monkeypatch.setattr(module, "store", lambda: folder)
    settings.GEZHI_UPLOADS = tmp_path / "uploads"
    limit.forget()


@pytest.fixture
def worker():
    """Somebody signed in, with a post in Gusu."""
    values = {"code": "A", "name": "甲", "kind": "department", "level": "city", "area_code": "3205"}
    person = write(SYSTEM, "create", Staff, {"username": "w", "name": "王演示", "phone": "19900000001"})
    post = {"staff": person, "unit": write(SYSTEM, "create", Unit, values), "area_code": "320508"}
    write(SYSTEM, "create", Post, {**post, "role": Role.objects.get(code="grid_member")})
    client = Client()
    client.force_login(person)
    client.actor = actor_of(Post.objects.select_related("staff", "unit", "role").get(staff=person))
    return client


def photo(name="现场.jpg", data=PHOTO):
    return SimpleUploadedFile(name, data, "text/html")


def test_a_file_is_sent_and_seen_by_its_sender(worker):
    sent = worker.post("/documents/", {"file": photo(), "caption": "路灯", "lon": "120.6", "lat": "31.3"})
    assert sent.status_code == 201
    told = sent.json()
    assert (told["type"], told["name"]) == ("photo", "路灯")
    answer = worker.get(told["url"])
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PHOTO)
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert worker.get(told["thumb"])["Content-Type"] == "image/webp"
    assert Document.objects.get().taken_point.coords == (120.6, 31.3)
    assert Client().get(told["url"]).status_code == 404
    assert worker.get("/documents/999999").status_code == 404
    assert worker.get(f"{told['url']}/huge").status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"", 422, "document_empty"), (b"<html>", 415, "document_active"), (PHOTO[:400], 422, "document_damaged")],
)
def test_refusals_are_said_in_json(worker, data, status, code):
    answer = worker.post("/documents/", {"file": photo(data=data)})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert worker.post("/documents/").json()["code"] == "invalid"
    assert worker.post("/documents/", {"file": photo(), "upload_id": "x"}).status_code == 422


def test_pieces_are_sent_resumed_and_finished(worker):
    data = samples.picture("BMP", size=(900, 600))
    url = f"/documents/uploads/{uuid.uuid4()}"
    told = {"name": "a.bmp", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert worker.put(url, told, content_type="application/json").json() == {"offset": 0, "piece": PIECE}
    for at in range(0, len(data), PIECE):
        piece = data[at : at + PIECE]
        options = {"content_type": "application/octet-stream", "headers": {"Upload-Offset": str(at)}}
        assert worker.patch(url, piece, **options).json() == {"offset": at + len(piece)}
    assert worker.get(url).json()["offset"] == len(data)
    made = worker.post(f"{url}/finish", {"caption": "全景"}, content_type="application/json")
    assert (made.status_code, made.json()["sha256"]) == (201, told["sha256"])
    again = worker.post(f"{url}/finish", {}, content_type="application/json")
    assert again.json()["id"] == made.json()["id"]


def test_a_gap_and_nonsense_are_answered(worker):
    url = f"/documents/uploads/{uuid.uuid4()}"
    assert worker.get(url).status_code == 404
    assert worker.put(url, b"[", content_type="application/json").status_code == 422
    assert worker.put(url, {"name": "x"}, content_type="application/json").status_code == 422
    told = {"name": "a", "size": 3 * PIECE, "sha256": "0" * 64}
    assert worker.put(url, told, content_type="application/json").status_code == 200
    options = {"content_type": "application/octet-stream"}
    gap = worker.patch(url, b"x", **options, headers={"Upload-Offset": "5"})
    assert (gap.status_code, gap.json()["current"]) == (409, {"offset": 0})
    assert worker.patch(url, b"x", **options).status_code == 422
    assert worker.patch(url, b"x" * (PIECE + 1), **options, headers={"Upload-Offset": "0"}).status_code == 422
    assert worker.post(url).status_code == 405


def test_a_visitor_sees_and_attaches_only_what_this_browser_sent():
    tree = write(SYSTEM, "create", Tree, {"code": "T1", "area_code": "320508"})
    visitor, other = Client(), Client()
    told = visitor.post("/documents/", {"file": photo()}).json()
    assert visitor.get(told["url"]).status_code == 200  # by the ticket in the address
    assert other.get(told["url"].partition("?")[0]).status_code == 404
    for client, possible in ((other, False), (visitor, True)):
        with claiming(claimed(client)), door(public_actor()) as session:
            if possible:
                assert attach(session, tree, [told["id"]])[0].owner_id == tree.pk
            else:
                with pytest.raises(Invalid):
                    attach(session, tree, [told["id"]])


def test_the_address_of_a_tied_document_follows_the_record(worker):
    tree = write(SYSTEM, "create", Tree, {"code": "T1", "area_code": "320508"})
    made = receive.receive(SYSTEM, io.BytesIO(PHOTO), "a.jpg")
    assert worker.get(f"/documents/{made.pk}").status_code == 404
    add(SYSTEM, tree, [made.pk])
    assert worker.get(f"/documents/{made.pk}").status_code == 200
    write(SYSTEM, "change", tree, {"area_code": "320506"})
    assert worker.get(f"/documents/{made.pk}").status_code == 404

"""Documents as records: taken in, tied, seen, counted, cleaned."""

import datetime as dt
import hashlib
import io
import os
import time
import uuid

import psycopg
import pytest
from django.db import connection
from PIL import ExifTags
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.workflow.act import act
from gezhi.foundation.documents import clean as clean_module
from gezhi.foundation.documents import limit
from gezhi.foundation.documents import receive as receive_module
from gezhi.foundation.documents.attach import add, attach, claiming, of_record
from gezhi.foundation.documents.clean import clean
from gezhi.foundation.documents.document import Document
from gezhi.foundation.documents.errors import DocumentError, StoreFull, TooLarge, TooLong, TooMany
from gezhi.foundation.documents.limit import DocumentLimit
from gezhi.foundation.documents.receive import receive
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import SYSTEM, public
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry

from . import samples

pytestmark = pytest.mark.django_db
GPS = ExifTags.GPS
HERE = {
    GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (31.0, 18.0, 0.0),
    GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: (120.0, 36.0, 0.0),
}  # fmt: skip
PHOTO = samples.picture(size=(1200, 900), exif=samples.exif(6, HERE, "2026:09:30 16:45:10", "+08:00"))


def send(actor, data=PHOTO, name="现场.JPG", **more):
    return receive(actor, io.BytesIO(data), name, **more)


def seen(actor):
    return Document.objects.filter(sight(registry.register("document"), actor))


def test_a_photo_is_measured_placed_dated_and_kept_once(kept, people):
    document = send(people["wang"], caption="路灯不亮")
    assert (document.name, document.mime, document.kind) == ("现场.jpg", "image/jpeg", "image")
    assert (document.width, document.height, document.size) == (900, 1200, len(PHOTO))
    assert document.taken_at == dt.datetime(2026, 9, 30, 8, 45, 10, tzinfo=dt.UTC)
    assert (document.taken_point.x, document.taken_point.y) == (120.6, 31.3)
    assert document.sha256 == hashlib.sha256(PHOTO).hexdigest()
    again = send(people["li"])
    assert again.pk != document.pk
    assert list(kept.keys()) == [document.sha256]
    assert all(kept.exists(f"{document.sha256}.{size}") for size in ("small", "large"))
    assert History.objects.filter(register="document", record_id=document.pk, verb="upload").count() == 1


def test_what_the_device_says_counts_where_the_file_is_silent(kept, people):
    taken = {"at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC), "point": (120.5, 31.2)}
    plain = send(people["wang"], samples.picture(), taken=taken)
    assert (plain.taken_at, plain.taken_point.coords) == (taken["at"], (120.5, 31.2))
    assert send(people["wang"], PHOTO, taken=taken).taken_point.coords == (120.6, 31.3)
    assert send(people["wang"], samples.wav(3), "a.wav", taken={"point": (500, 1)}).taken_point is None


def test_sound_and_video_have_a_length_and_a_limit(kept, people):
    document = send(people["wang"], samples.mp4(seconds=30), "v.mp4")
    assert (document.kind, document.seconds, document.width) == ("video", 30.0, 640)
    with pytest.raises(TooLong, match="最长 180 秒"):
        send(people["wang"], samples.mp4(seconds=200), "v.mp4")


@pytest.mark.parametrize("data", [b"", b"<html>", PHOTO[:500], b"\0\1" * 50, samples.packed({"a": b"b"})])
def test_refused_uploads_leave_no_record_and_no_content(kept, people, data):
    with pytest.raises(DocumentError) as caught:
        send(people["wang"], data)
    assert any("\u4e00" <= c <= "\u9fff" for c in str(caught.value))
    assert caught.value.as_dict()["code"].startswith("document_")
    assert not Document.objects.exists()
    assert list(kept.keys()) == []


def test_a_full_disk_leaves_no_record(kept, people, monkeypatch):
    def full(*_args, **_more):
        raise StoreFull

    monkeypatch.setattr(kept, "put", full)
    with pytest.raises(StoreFull):
        send(people["wang"])
    assert not Document.objects.exists()


def test_a_repeated_upload_gives_the_same_document_to_its_sender_only(kept, people):
    number = uuid.uuid4()
    first = send(people["wang"], upload_id=number)
    assert send(people["wang"], upload_id=str(number)).pk == first.pk
    with pytest.raises(Refused):
        send(people["li"], upload_id=number)
    assert Document.objects.count() == 1


def test_limits_are_data(kept, people):
    row = DocumentLimit.objects.get(kind="image")
    write(SYSTEM, "change", row, {"max_mb": 1, "types": "png"})
    limit.forget()
    with pytest.raises(DocumentError) as caught:
        send(people["wang"])
    assert caught.value.code == "document_type"
    with pytest.raises(TooLarge):
        send(people["wang"], samples.picture("PNG") + b"\0" * 1024 * 1024)
    with pytest.raises(Invalid, match="扩展名"):
        write(SYSTEM, "change", row, {"types": "png exe"})
    with pytest.raises(Refused):
        write(people["wang"], "change", row, {"max_mb": 500})


def test_an_hour_has_its_limit(kept, people):
    write(SYSTEM, "change", DocumentLimit.objects.get(kind="image"), {"per_hour": 2})
    limit.forget()
    send(people["wang"])
    send(people["wang"])
    with pytest.raises(TooMany):
        send(people["wang"])
    send(people["li"])


def test_loose_documents_are_seen_by_their_uploader_and_tied_ones_by_who_sees_the_record(kept, people, tree):
    wang, li = people["wang"], people["li"]
    register = registry.register("document")
    document = send(wang)
    assert list(seen(wang)) == [document]
    assert list(seen(li)) == []
    assert not permits(register, li, "view", document)
    add(wang, tree, [document.pk], "before")
    document.refresh_from_db()
    assert (document.owner_type, document.owner_id, document.role) == ("tree", tree.pk, "before")
    assert document.area_code == "320508"
    assert list(seen(wang)) == [document]
    assert list(seen(li)) == []
    write(SYSTEM, "change", tree, {"area_code": "320506"})
    assert permits(register, li, "view", document)
    assert list(seen(li)) == [document]
    assert list(seen(wang)) == []
    assert not permits(register, wang, "view", document)
    assert of_record(tree, "before") == [document]
    assert of_record(tree, "after") == []


def test_nobody_attaches_what_is_anothers_or_elsewhere(kept, people, tree):
    wang, li = people["wang"], people["li"]
    other = write(SYSTEM, "create", Tree, {"code": "T2", "area_code": "320506"})
    document = send(wang)
    with pytest.raises(Invalid):
        add(li, other, [document.pk])
    with pytest.raises(Refused):
        add(wang, other, [document.pk])
    add(wang, tree, [document.pk])
    add(wang, tree, [document.pk])  # twice is once
    write(SYSTEM, "change", other, {"area_code": "320508"})
    with pytest.raises(Invalid):
        add(wang, other, [document.pk])
    with pytest.raises(Invalid):
        add(wang, tree, [999999])
    document.refresh_from_db()
    assert document.owner_id == tree.pk


def test_a_visitor_attaches_only_what_the_session_has_uploaded(kept, tree):
    visitor = public(grants_of("public"))
    document = send(visitor, visitor="1.2.3.4")
    assert document.uploader_key
    assert "1.2.3.4" not in document.uploader_key
    with pytest.raises(Invalid), door(visitor) as session:
        attach(session, tree, [document.pk])
    with claiming([document.pk]), door(visitor) as session:
        assert attach(session, tree, [document.pk], "report")[0].owner_id == tree.pk
    assert not send(visitor, public=True).public


def test_kinds_and_number_are_held(kept, people, tree):
    sound = send(people["wang"], samples.wav(), "a.wav")
    with pytest.raises(Invalid, match="类别"), door(people["wang"]) as session:
        attach(session, tree, [sound.pk], "before", ["image"])
    write(SYSTEM, "change", DocumentLimit.objects.get(kind="image"), {"per_record": 1})
    limit.forget()
    add(people["wang"], tree, [send(people["wang"]).pk])
    with pytest.raises(TooMany):
        add(people["wang"], tree, [send(people["wang"]).pk])


def test_a_move_ties_the_documents_it_asks_for(kept, people, tree):
    document = send(people["wang"])
    act(people["wang"], tree, "fall_ill", {"opinion": "虫害", "photos": [document.pk]})
    document.refresh_from_db()
    assert (document.owner_type, document.owner_id, document.role) == ("tree", tree.pk, "report")
    other = write(SYSTEM, "create", Tree, {"code": "T3", "area_code": "320508"})
    with pytest.raises(Invalid):
        act(people["wang"], other, "fall_ill", {"opinion": "虫害", "photos": [document.pk]})
    other.refresh_from_db()
    assert other.status == "planted"


def test_a_new_name_keeps_the_true_extension(kept, people):
    document = send(people["wang"])
    assert write(people["wang"], "change", document, {"name": "../a.html"}).name == "a.html.jpg"
    with pytest.raises(Missing):
        write(people["li"], "change", document, {"name": "x"})


def test_clean_removes_what_nobody_can_reach(kept, people, tree):
    tied, loose = send(people["wang"]), send(people["wang"], samples.wav(), "a.wav")
    add(people["wang"], tree, [tied.pk])
    kept.put(io.BytesIO(b"stray"))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=100)
    assert clean().contents == 0  # all of it is young
    for path in kept.root.glob("??/??/*"):
        os.utime(path, (time.time() - 90000,) * 2)
    done = clean(later)
    assert (done.documents, done.contents) == (1, 2)
    assert list(kept.keys()) == [tied.sha256]
    assert not Document.objects.filter(pk=loose.pk).exists()
    assert History.objects.filter(register="document", record_id=loose.pk, verb="remove").exists()


def test_the_list_of_documents_costs_one_query(kept, people, tree, django_assert_num_queries):
    add(people["wang"], tree, [send(people["wang"]).pk for _ in range(3)])
    with django_assert_num_queries(1):
        assert len(list(seen(people["wang"]).select_related("uploader"))) == 3
    assert connection.vendor == "postgresql"


def test_the_clean_up_waits_for_an_upload_of_the_same_content(kept, people):
    """Another connection is about to commit a record of a content that nobody names yet."""
    stray = kept.put(io.BytesIO(b"stray")).sha256
    settings_ = connection.get_connection_params()
    wanted = {k: settings_[k] for k in ("host", "port", "user", "password", "dbname") if settings_.get(k)}
    with psycopg.connect(**wanted) as other:
        other.execute("SELECT pg_advisory_xact_lock_shared(%s)", [receive_module.lock_key(stray)])
        assert not clean_module._drop(stray)
        assert kept.exists(stray)
    assert clean_module._drop(stray)
    assert not kept.exists(stray)

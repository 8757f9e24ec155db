"""Imports as a whole: written as if singly, repeated rows found over the file, taken back as far as nothing changed."""

from __future__ import annotations

import html
import io
import os
import signal
from multiprocessing import get_context

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import Workbook
from tests.house.models import Tree

from gezhi.engines.history import timeline, verify
from gezhi.engines.jobs import nursery
from gezhi.engines.transfer import carry, chunks, load, rows
from gezhi.engines.transfer.models import ImportChunk, ImportJob, ImportKey, ImportPiece
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

from .people import client, person
from .test_import import go, send, table, work

pytestmark = pytest.mark.django_db
HEADS = ["编号", "树种", "高度", "区域"]
PEOPLE = ["人口类型", "证件号码", "姓名", "联系电话", "所属区域", "现住地详址", "最近核实日期"]


@pytest.fixture
def admin():
    return client(person("admin"))


def number(day, series):
    from gezhi.kernel.identifiers import id_check

    body = f"320508{day}{series:03d}"
    return body + id_check(body)


def take_back(browser, job):
    assert browser.post(f"/desk/import/{job.pk}/undo").status_code == 302
    work()
    job.refresh_from_db()


def test_a_row_of_a_file_is_written_as_if_singly(admin):
    one, two = (["01", number("19800101", n), f"张{n}", f"1380000000{n}", "320508001001001", "湖滨路二号", "2026-01-02"]
                for n in (1, 3))
    people = registry.register("person")
    kinds = [people.kinds[n] for n in ("kind", "id_no", "name", "phone", "area_code", "current_address", "verified_on")]
    singly = write(SYSTEM, "create", people.model, {k.name: k.parse(v) for k, v in zip(kinds, one, strict=True)})
    go(admin, job := send(admin, "person", table(PEOPLE, two)))
    assert job.counts == {"wrong": 0, "ready": 1, "created": 1}
    many = people.model.objects.exclude(pk=singly.pk).get()
    own = {"id", "number", "id_no", "id_index", "name", "phone", "phone_index", "seal", "tokens", "created_at",
           "updated_at"}
    for field in people.model._meta.concrete_fields:
        if field.name not in own:
            assert getattr(many, field.attname) == getattr(singly, field.attname), field.name
    assert many.phone == "13800000003" and people.find(two[1]) == many and many.number.startswith("P")
    assert many.gender == "1" and many.birth.isoformat() == "1980-01-01"
    (told,), (other,) = timeline(many), timeline(singly)
    assert told.changes.keys() == other.changes.keys() and told.verb == "import" and verify(many).whole
    assert "13800000003" not in str(told.changes) and two[1] not in str(told.changes)
    event = Event.objects.get(register="person", record_id=many.pk)
    assert (event.kind, event.area_code) == ("person.import", "320508001001001") and event.xid


def test_every_check_of_the_form_holds_for_a_file_by_row_and_column(admin):
    good = ["01", number("19800101", 1), "张一", "13800000001", "320508001001001", "", "2026-01-02"]
    wrong = {1: number("19800101", 2)[:-1] + "0", 3: "12", 6: "2026-02-30"}
    lines = [good, *([*good[:at], bad, *good[at + 1:]] for at, bad in wrong.items()),
             ["01", number("20200101", 2), "小二", "", "320508001001001", "", ""]]
    job = send(admin, "person", table(PEOPLE, *lines))
    told = dict(job.rows.values_list("number", "errors"))
    assert "校验码" in str(told[3]["id_no"]) and "consent" in told[6]
    assert "phone" in told[4] and "verified_on" in told[5]
    assert job.counts == {"wrong": 4, "ready": 1}
    page = admin.get(f"/desk/import/{job.pk}/").content.decode()
    assert "2026-02-30" in page and wrong[1] in page, "who sent the file sees what stood in it"


def test_repeated_rows_are_found_over_the_whole_file(admin, monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 2)
    monkeypatch.setattr(rows, "THOROUGH", 3)
    same = number("19800101", 1)
    people = [["01", number("19800101", n), f"张{n}", "", "320508001001001", "", ""] for n in (2, 3, 4)]
    lines = [["01", same, "王一", "", "320508001001001", "", ""], *people,
             ["01", same.lower(), "王二", "", "320508001001001", "", ""]]
    job = send(admin, "person", table(PEOPLE, *lines))
    assert job.counts == {"wrong": 1, "ready": 4} and not ImportKey.objects.exists()
    assert "与第 2 行重复" in str(job.rows.get(state="wrong").errors)
    go(admin, job)
    assert registry.register("person").model.objects.count() == 4 and job.counts["created"] == 4
    again = send(admin, "person", table(PEOPLE, lines[0]))
    assert again.counts == {"wrong": 1, "ready": 0} and "已存在" in str(again.rows.get().errors)


def test_a_row_the_database_refuses_holds_up_no_other(admin, monkeypatch):
    from gezhi.kernel import many

    monkeypatch.setattr(many, "once_of", lambda _model: ())
    act(SYSTEM, Tree, "plant", {"code": "N3", "area_code": "320508001001"})
    plain = rows.plan_of

    def keyless(job):
        plan = plain(job)
        plan.key = ""
        return plan

    monkeypatch.setattr(carry, "plan_of", keyless)
    job = send(admin, "tree", table(["编号", "区域"], *([f"N{n}", "320508001001"] for n in range(6))))
    assert job.counts == {"wrong": 1, "ready": 5} and "已存在" in str(job.rows.get(state="wrong").errors)
    go(admin, job)
    assert Tree.objects.count() == 6 and Event.objects.filter(kind="tree.import", record_id__gt=0).count() == 5
    assert all(verify(t).whole for t in Tree.objects.all())


def test_an_import_is_taken_back_as_far_as_nothing_was_changed_since(admin):
    old = act(SYSTEM, Tree, "plant", {"code": "OLD", "area_code": "320508001001"})
    old = write(SYSTEM, "change", old, {"height": 1})
    other = act(SYSTEM, Tree, "plant", {"code": "OTHER", "area_code": "320508001001"})
    lines = [["OLD", "银杏", "9", "320508001001"], ["OTHER", "银杏", "3", "320508001001"],
             ["NEW", "银杏", "7", "320508001001"], ["TOUCHED", "银杏", "7", "320508001001"]]
    go(admin, job := send(admin, "tree", table(HEADS, *lines)))
    assert job.counts == {"wrong": 0, "ready": 4, "changed": 2, "created": 2}
    write(SYSTEM, "change", Tree.objects.get(code="TOUCHED"), {"height": 8})
    write(SYSTEM, "change", other, {"height": 4})
    gone = Tree.objects.get(code="NEW").pk
    take_back(admin, job)
    assert (job.state, job.counts["undone"], job.counts["kept"]) == ("undone", 2, 2)
    assert Tree.objects.get(code="OLD").height == 1 and not Tree.objects.filter(code="NEW").exists()
    assert Tree.objects.get(code="TOUCHED").height == 8 and Tree.objects.get(code="OTHER").height == 4
    assert [h.verb for h in History.objects.filter(register="tree", record_id=gone).order_by("id")] == [
        "import", "unimport"]
    assert timeline(old)[-1].verb == "unimport" and verify(Tree.objects.get(code="OLD")).whole
    page = admin.get(f"/desk/import/{job.pk}/").content.decode()
    assert page.count("导入后又有修改") >= 2
    assert admin.post(f"/desk/import/{job.pk}/undo").status_code == 409
    assert admin.post(f"/desk/import/{job.pk}/start").status_code == 409


def test_what_is_in_use_stays_when_an_import_is_taken_back(admin):
    people, vehicles = registry.register("person").model, registry.register("vehicle").model
    lines = [["01", number("19800101", n), f"张{n}", "", "320508001001001", "", ""] for n in (1, 2)]
    go(admin, job := send(admin, "person", table(PEOPLE, *lines)))
    owner = people.objects.earliest("id")
    write(SYSTEM, "create", vehicles, {"plate_no": "苏E12345", "owner": owner, "kind": _code("vehicle", "kind"),
                                       "plate_colour": _code("vehicle", "plate_colour")})
    take_back(admin, job)
    assert list(people.objects.all()) == [owner] and "在使用" in str(job.rows.get(state="kept").errors)


def _code(register, name):
    return registry.register(register).kinds[name].options()[0][0]


def test_who_may_take_an_import_back_and_until_when(admin):
    job = send(admin, "tree", table(["编号", "区域"], ["N1", "320508001001"]))
    assert admin.post(f"/desk/import/{job.pk}/undo").status_code == 409, "nothing was written"
    go(admin, job)
    assert client(person("admin", name="别人")).post(f"/desk/import/{job.pk}/undo").status_code == 404
    ImportJob.objects.update(created_at=job.created_at - carry.KEEP * 2)
    assert admin.post(f"/desk/import/{job.pk}/undo").status_code == 409
    assert Tree.objects.count() == 1


def test_a_large_file_is_read_by_the_worker_and_leaves_no_plain_text(admin, monkeypatch):
    monkeypatch.setattr(load, "DIRECT", 10)
    monkeypatch.setattr(load, "PIECE", 64)
    monkeypatch.setattr(chunks, "SIZE", 2)
    lines = [[f"树{n}号", "320508001001"] for n in range(7)]
    admin.post("/desk/tree/import/", {"file": table(["编号", "区域"], *lines)})
    job = ImportJob.objects.get()
    assert job.state == "reading" and job.mapping == {"0": "code", "1": "area_code"}
    assert ImportPiece.objects.count() > 2 and "树" not in str([bytes(p.body) for p in ImportPiece.objects.all()])
    assert admin.get(f"/desk/import/{job.pk}/").status_code == 200
    assert admin.post(f"/desk/import/{job.pk}/map", {"column-0": "code"}).status_code == 409
    work()
    job.refresh_from_db()
    assert (job.state, job.total, ImportPiece.objects.count(), ImportChunk.objects.count()) == ("new", 7, 0, 4)
    assert "树3号" not in str([bytes(c.body) for c in ImportChunk.objects.all()])
    admin.post(f"/desk/import/{job.pk}/map", {"column-0": "code", "column-1": "area_code"})
    work()
    go(admin, job)
    assert job.counts["created"] == 7


def test_the_columns_of_a_large_workbook_are_read_by_the_worker(admin, monkeypatch):
    monkeypatch.setattr(load, "DIRECT_BOOK", 10)
    book = Workbook()
    for line in (["编号", "区域", "别的"], ["B1", "320508001001", "x"], ["B2", "320508001001", "y"]):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    admin.post("/desk/tree/import/", {"file": SimpleUploadedFile("trees.xlsx", out.getvalue())})
    job = ImportJob.objects.get()
    assert (job.state, job.columns, job.mapping) == ("reading", [], {})
    assert admin.get(f"/desk/import/{job.pk}/").status_code == 200
    work()
    job.refresh_from_db()
    assert (job.state, job.total, job.mapping) == ("new", 2, {"0": "code", "1": "area_code"})
    admin.post("/desk/tree/import/", {"file": SimpleUploadedFile("trees.xlsx", b"PK\x03\x04 and no more")})
    work()
    broken = ImportJob.objects.latest("id")
    assert broken.state == "failed" and "Excel" in broken.problem
    assert broken.problem in html.unescape(admin.get(f"/desk/import/{broken.pk}/").content.decode())


@pytest.fixture
def aside(monkeypatch):
    """Have every import share its chunks of two rows with two processes, forked when the test asks for it."""
    monkeypatch.setattr(chunks, "SIZE", 2)
    monkeypatch.setattr(carry, "LARGE", 0)
    yield lambda: nursery.open_here(2)
    nursery.close_here()


def in_processes(browser):
    lines = [[f"L{n}", "320508001001"] for n in range(11)]
    job = send(browser, "tree", table(["编号", "区域"], *lines, [lines[0][0], "320508001001"]))
    assert job.counts == {"wrong": 1, "ready": 11}
    go(browser, job)
    assert job.state == "done" and job.counts["created"] == 11 and job.done == 12
    assert sorted(Tree.objects.values_list("code", flat=True)) == sorted(code for code, _area in lines)
    assert History.objects.filter(register="tree", verb="import", record_id__gt=0).count() == 11
    assert set(job.rows.values_list("state", flat=True)) == {"created", "wrong"} and job.rows.count() == 12
    return job


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_the_chunks_of_a_large_file(aside, monkeypatch):
    admin, here, fork, met = client(person("admin", username="lanes")), os.getpid(), get_context("fork"), []
    together, seen, plain = fork.Barrier(2, timeout=20), fork.SimpleQueue(), carry._write

    def writes(actor, plan):
        if os.getpid() != here and not met:
            met.append(seen.put((os.getpid(), translation.get_language())))
            together.wait()
        return plain(actor, plan)

    monkeypatch.setattr(carry, "_write", writes)
    aside()
    job = in_processes(admin)
    told = [seen.get(), seen.get()]
    assert len({pid for pid, _language in told} - {here}) == 2
    assert {language for _pid, language in told} == {translation.get_language()}
    take_back(admin, job)
    assert job.state == "undone" and not Tree.objects.exists() and job.counts["undone"] == 11


@pytest.mark.django_db(transaction=True)
def test_what_killed_processes_have_left_is_done_once(aside, monkeypatch):
    admin, here, plain = client(person("admin", username="lanes")), os.getpid(), carry._count
    killed = get_context("fork").SimpleQueue()

    def counts(job, chunk, found):
        if os.getpid() != here and "created" in found:
            killed.put(chunk.first)
            os.kill(os.getpid(), signal.SIGKILL)  # its records and results are written, and not yet committed
        plain(job, chunk, found)

    monkeypatch.setattr(carry, "_count", counts)
    aside()
    in_processes(admin)
    assert {killed.get(), killed.get()} <= set(range(2, 14))


def test_without_a_keeper_nobody_is_waited_for():
    assert nursery.beside(carry.LANE, job_id=0, aim="", language=None) == 0, "none was opened"
    alone = nursery.Nursery(1)
    try:
        os.kill(alone.pid, signal.SIGKILL)
        os.waitpid(alone.pid, 0)
        assert alone.run(2, carry.LANE, job_id=0, aim="", language=None) == 0
    finally:
        alone.close()

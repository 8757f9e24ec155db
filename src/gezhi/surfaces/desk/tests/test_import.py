"""The import wizard: trial, errors, writing once, going on after a stop or a crash; reports by their one door."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.house.models import Tree

from gezhi.engines.transfer import carry, chunks
from gezhi.engines.transfer.models import ImportJob
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

from .people import client, person

pytestmark = pytest.mark.django_db
HEADS = ["编号", "树种", "高度", "区域"]


@pytest.fixture
def admin():
    return client(person("admin"))


def table(*rows, name="trees.csv"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return SimpleUploadedFile(name, out.getvalue().encode("gb18030"))


def work():
    """What the worker does with the imports that were asked for."""
    for kept in ProcrastinateJob.objects.filter(task_name="gezhi.run", args__name=carry.JOB).order_by("id"):
        carry.carry_on(**kept.args["args"])


def send(browser, register, file):
    """Upload, take the guessed columns, try."""
    assert browser.post(f"/desk/{register}/import/", {"file": file}).status_code == 302
    job = ImportJob.objects.latest("id")
    browser.post(f"/desk/import/{job.pk}/map", {f"column-{k}": v for k, v in job.mapping.items()})
    work()
    job.refresh_from_db()
    return job


def go(browser, job):
    assert browser.post(f"/desk/import/{job.pk}/start").status_code == 302
    work()
    job.refresh_from_db()


def test_import_tries_tells_and_writes_once(admin):
    tree = act(SYSTEM, Tree, "plant", {"code": "OLD", "area_code": "320508001001"})
    write(SYSTEM, "change", tree, {"height": 1})
    file = table(HEADS, ["OLD", "银杏", "9.5", "320508"], [], ["NEW", "悬铃木", "7", "320508"],
                 ["BAD", "橡树", "高", "320508"], ["", "银杏", "1", ""], ["NEW", "银杏", "7", "320508"])
    admin.post("/desk/tree/import/", {"file": file})
    job = ImportJob.objects.get()
    assert job.mapping == {"0": "code", "1": "species", "2": "height", "3": "area_code"} and job.total == 5
    assert admin.post(f"/desk/import/{job.pk}/start").status_code == 409
    before = History.objects.count()
    admin.post(f"/desk/import/{job.pk}/map", {f"column-{k}": v for k, v in job.mapping.items()})
    job.refresh_from_db()
    assert job.state == "checking" and admin.post(
        f"/desk/import/{job.pk}/map", {"column-0": "code"}).status_code == 409
    work()
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("checked", 5, 3)
    assert History.objects.count() == before and Tree.objects.count() == 1
    page = admin.get(f"/desk/import/{job.pk}/").content.decode()
    assert "没有“橡树”这一项" in page and "应为数字" in page and "请填写“编号”" in page and "与第 4 行重复" in page
    go(admin, job)
    assert job.state == "done" and Tree.objects.get(code="OLD").height == 9.5 and Tree.objects.count() == 2
    assert sorted(job.rows.values_list("state", flat=True)) == ["changed", "created", "wrong", "wrong", "wrong"]
    assert admin.post(f"/desk/import/{job.pk}/start").status_code == 409
    told = admin.get(f"/desk/import/{job.pk}/progress", headers={"Accept": "application/json"}).json()
    assert (told["done"], told["total"], told["state"]) == (5, 5, "done")
    assert client(person("admin", name="别人")).get(f"/desk/import/{job.pk}/").status_code == 404
    assert History.objects.filter(register="tree", verb="import", batch=0, changes__created=1).exists()


def test_wrong_rows_come_back_with_their_reasons_and_are_read_again(admin):
    job = send(admin, "tree", table(HEADS, ["=1+1", "橡树", "3", "320508"], ["OK", "银杏", "3", "320508"]))
    go(admin, job)
    got = admin.get(f"/desk/import/{job.pk}/errors.xlsx")
    body = b"".join(got.streaming_content)
    head, line = load_workbook(io.BytesIO(body)).active.iter_rows()
    assert [c.value for c in head][:4] == HEADS and head[4].value.startswith("#")
    assert line[0].data_type == "s" and "橡树" in line[1].comment.text
    assert "橡树" in line[4].value and line[5].value == 2
    again = send(admin, "tree", SimpleUploadedFile("again.xlsx", body))
    assert again.mapping == job.mapping and again.total == 1


def test_columns_are_remembered_for_the_same_headings_in_any_order(admin):
    admin.post("/desk/tree/import/", {"file": table(["甲", "乙"], ["T1", "320508"])})
    job = ImportJob.objects.get()
    assert job.mapping == {}
    admin.post(f"/desk/import/{job.pk}/map", {"column-0": "code", "column-1": "area_code"})
    admin.post("/desk/tree/import/", {"file": table(["乙", "甲"], ["320508", "T2"])})
    assert ImportJob.objects.latest("id").mapping == {"0": "area_code", "1": "code"}


@pytest.mark.parametrize("dies", ["error", "crash"])
def test_import_goes_on_where_it_stood(admin, monkeypatch, dies):
    monkeypatch.setattr(chunks, "SIZE", 2)
    job = send(admin, "tree", table(["编号", "区域"], *([f"N{n}", "320508"] for n in range(5))))
    plain, calls = carry._write, []

    def breaks(*args):
        calls.append(1)
        if len(calls) == 2:
            raise (RuntimeError if dies == "error" else KeyboardInterrupt)("the process dies")
        return plain(*args)

    monkeypatch.setattr(carry, "_write", breaks)
    admin.post(f"/desk/import/{job.pk}/start")
    if dies == "error":
        work()
    else:
        with pytest.raises(KeyboardInterrupt):
            work()
    job.refresh_from_db()
    assert Tree.objects.count() == 2 and job.state == ("failed" if dies == "error" else "running")
    if dies == "error":
        admin.post(f"/desk/import/{job.pk}/start")
    else:
        carry.carry_on(job.pk)
        assert Tree.objects.count() == 2, "a job whose lease runs belongs to its process"
        ImportJob.objects.update(lease_until=job.created_at)
        ProcrastinateJob.objects.all().delete()
        carry.sweep()
    work()
    job.refresh_from_db()
    assert job.state == "done" and Tree.objects.count() == 5 and job.done == 5
    assert set(job.rows.values_list("state", flat=True)) == {"created"}
    assert not any(map(chunks.unpack, job.chunks.all())), "what is written needs no second copy"


def test_stop_keeps_what_is_written_and_the_rest_goes_on(admin, monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 2)
    job = send(admin, "tree", table(["编号", "区域"], *([f"N{n}", "320508"] for n in range(5))))
    plain = carry._write

    def then_stop(*args):
        out = plain(*args)
        if Tree.objects.count() == 2:
            admin.post(f"/desk/import/{job.pk}/stop")
        return out

    monkeypatch.setattr(carry, "_write", then_stop)
    go(admin, job)
    assert (job.state, Tree.objects.count(), job.problem) == ("stopped", 2, "")
    go(admin, job)
    assert (job.state, Tree.objects.count()) == ("done", 5)


def test_a_post_that_lost_its_right_imports_nothing_more(admin):
    job = send(admin, "tree", table(["编号", "区域"], ["N1", "320508"]))
    admin.post(f"/desk/import/{job.pk}/start")
    ImportJob.objects.update(post_id=person("gardener", area="320508").pk)
    work()
    job.refresh_from_db()
    assert job.state == "failed" and "岗位" in job.problem and not Tree.objects.exists()


def test_a_file_that_is_no_table_is_refused(admin):
    for body in (b"", b"\x00\x01\x02\x00", b"PK\x03\x04broken"):
        answer = admin.post("/desk/tree/import/", {"file": SimpleUploadedFile("x.xlsx", body)})
        assert answer.status_code == 422
    assert not ImportJob.objects.exists()


def test_texts_of_files_are_forgotten(admin):
    job = send(admin, "tree", table(["编号", "区域"], ["N1", ""], ["", "320508"]))
    carry.forget()
    assert any(map(chunks.unpack, job.chunks.all()))
    ImportJob.objects.update(created_at=job.created_at - carry.KEEP * 2)
    carry.forget()
    assert not any(map(chunks.unpack, job.chunks.all()))


def test_reports_come_in_by_their_one_door_once_by_the_senders_key():
    cases = registry.register("case").model
    acceptor = client(person("acceptor"))
    heads = ["来源编号", "来源渠道", "诉求内容", "事发地址", "联系电话", "紧急程度"]
    rows = [["K1", "12345热线", "路灯不亮", "虎丘路1号", "13800001234", "一般"],
            ["K2", "12345热线", "", "虎丘路2号", "", ""], ["K3", "飞鸽", "井盖缺失", "虎丘路3号", "", ""],
            ["", "12345热线", "垃圾未清运", "虎丘路4号", "", ""]]
    job = send(acceptor, "case", table(heads, *rows, name="reports.csv"))
    assert set(job.mapping.values()) == {"source_key", "channel", "content", "address", "reporter_phone", "urgency"}
    assert (job.state, job.failed) == ("checked", 2) and not cases.objects.exists()
    go(acceptor, job)
    assert job.state == "done" and set(cases.objects.values_list("source", "status")) == {("casefile", "reported")}
    assert Event.objects.filter(kind="case.report").count() == 2
    assert cases.objects.get(source_key="K1").reporter_phone == "13800001234"
    shown = acceptor.get(f"/desk/case/?imported={job.pk}").content.decode()
    assert "路灯不亮" in shown and "垃圾未清运" in shown
    again = send(acceptor, "case", table(heads, *rows, name="reports.csv"))
    go(acceptor, again)
    assert sorted(again.rows.values_list("state", flat=True)) == ["same", "same", "wrong", "wrong"]
    assert cases.objects.count() == 2


def test_who_may_not_import_is_refused_at_every_step():
    clerk, acceptor = client(person("unit_clerk")), client(person("acceptor"))
    file = table(["诉求内容"], ["x"])
    assert clerk.post("/desk/case/import/", {"file": file}).status_code == 403
    assert clerk.get("/desk/case/import/template.xlsx").status_code == 403
    assert acceptor.post("/desk/unit/import/", {"file": file}).status_code == 403
    job = send(acceptor, "case", table(["诉求内容", "来源渠道", "事发地址"], ["x", "12345热线", "y"]))
    for step in ("", "start", "stop", "map", "errors.xlsx"):
        answer = clerk.post(f"/desk/import/{job.pk}/{step}") if step in ("start", "stop", "map") else clerk.get(
            f"/desk/import/{job.pk}/{step}")
        assert answer.status_code == 404, step
    names = [c.value for c in load_workbook(io.BytesIO(b"".join(acceptor.get(
        "/desk/case/import/template.xlsx").streaming_content))).active[1]]
    assert "诉求内容" in names and "来源编号" in names and "照片、录音或视频" not in names

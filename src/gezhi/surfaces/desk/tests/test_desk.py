"""What the contracts over all registers do not say: queue, reveal, bulk, views, import, posts, errors."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.house.models import Tree

from gezhi.engines.access import reveal as revealing
from gezhi.engines.history import timeline, verify
from gezhi.engines.tables.models import SavedView
from gezhi.engines.transfer.models import ImportJob
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import History
from gezhi.surfaces.desk import imports

from .people import client, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def gardener():
    return client(person("gardener", area="320508"))


@pytest.fixture
def admin():
    return client(person("admin"))


def plant(code, area="320508001001", **more):
    tree = act(SYSTEM, Tree, "plant", {"code": code, "area_code": area})
    return write(SYSTEM, "change", tree, more) if more else tree


def test_who_has_not_signed_in_is_sent_to_sign_in(client):
    answer = client.get("/desk/tree/")
    assert answer.status_code == 302 and "/account/login" in answer["Location"]


def test_queue_holds_what_my_post_can_move_on(gardener):
    plant("A1")
    plant("A2", area="320509001001")
    ill = act(SYSTEM, plant("A3"), "fall_ill", {"opinion": "虫"})
    text = gardener.get("/desk/?tab=tree").content.decode()
    assert "A1" in text and "A2" not in text and "A3" not in text
    assert "A3" in gardener.get("/desk/?tab=tree&light=grey").content.decode()
    part = gardener.get(f"/desk/?tab=tree&beside={ill.pk}", headers={"HX-Request": "true", "HX-Target": "record"})
    assert "<html" not in part.content.decode() and "治愈" in part.content.decode()


def test_a_move_by_form_asks_checks_and_writes_once(gardener):
    tree = plant("A1")
    url = f"/desk/tree/{tree.pk}/fall_ill"
    empty = gardener.post(url, {"version": tree.version})
    assert empty.status_code == 422 and "请填写" in empty.content.decode()
    assert gardener.post(url, {"version": 99, "opinion": "虫"}).status_code == 409
    assert gardener.post(url, {"version": tree.version, "opinion": "虫"}).status_code == 302
    assert [r.verb for r in timeline(tree)] == ["plant", "fall_ill"]
    assert gardener.post(url, {"opinion": "虫"}).status_code == 409
    assert gardener.post(f"/desk/tree/{tree.pk}/fell").status_code == 403


def test_a_masked_field_is_shown_after_a_reason_and_for_a_while(gardener, admin):
    tree = plant("A1", keeper_phone="13800001234")
    page, url = f"/desk/tree/{tree.pk}/", f"/desk/tree/{tree.pk}/reveal/keeper_phone"
    assert "13800001234" not in admin.get(page).content.decode()
    assert admin.post(url, {"reason": ""}).status_code == 422
    assert gardener.post(url, {"reason": "核对养护情况"}).status_code == 403
    assert admin.post(url, {"reason": "核对养护情况"}).status_code == 302
    assert "13800001234" in admin.get(page).content.decode()
    assert "13800001234" not in gardener.get(page).content.decode()
    last = timeline(tree)[-1]
    assert (last.verb, last.opinion, last.changes["_"]) == ("reveal", "核对养护情况", {"field": "keeper_phone"})
    tree.refresh_from_db()
    assert verify(tree).whole and "完整" in admin.get(f"{page}verify").content.decode()


def test_reveals_are_limited_in_number(admin, monkeypatch):
    monkeypatch.setattr(revealing, "PER_HOUR", 1)
    tree = plant("A1", keeper_phone="13800001234")
    url = f"/desk/tree/{tree.pk}/reveal/keeper_phone"
    assert admin.post(url, {"reason": "核对养护情况"}).status_code == 302
    assert admin.post(url, {"reason": "核对养护情况"}).status_code == 403


def test_bulk_says_what_became_of_each(gardener):
    trees = [plant(f"A{n}") for n in range(3)]
    act(SYSTEM, trees[0], "fall_ill", {"opinion": "早已报过"})
    ids = [t.pk for t in trees] + [999999]
    asked = gardener.post("/desk/tree/bulk/fall_ill", {"id": ids})
    assert asked.status_code == 200 and Tree.objects.filter(status="ailing").count() == 1
    done = gardener.post("/desk/tree/bulk/fall_ill", {"id": ids, "go": "1", "opinion": "台风倒伏"}).content.decode()
    assert Tree.objects.filter(status="ailing").count() == 3
    assert "<b>2</b>" in done and "<b>1</b>" in done and "当前状态是" in done


def test_saved_views_are_counted_replaced_and_dropped(gardener):
    plant("A1", species="ginkgo")
    plant("A2")
    for query in ("species=ginkgo&cursor=x", "species=ginkgo"):
        assert gardener.post("/desk/tree/views/save", {"name": "银杏", "query": query}).status_code in (302, 422)
    view = SavedView.objects.get()
    assert view.query == "species=ginkgo"
    assert "银杏" in gardener.get("/desk/tree/views").content.decode()
    assert gardener.post("/desk/tree/views/save", {"name": "坏", "query": "nope=1"}).status_code == 422
    other = client(person("gardener", area="320509"))
    assert other.post(f"/desk/tree/views/{view.pk}/drop").status_code == 404
    assert gardener.post(f"/desk/tree/views/{view.pk}/drop").status_code == 302 and not SavedView.objects.exists()


def test_columns_and_sort_are_remembered(gardener):
    plant("A1", height=3)
    assert gardener.post("/desk/tree/columns", {"columns": ["code", "height"], "next": "//evil"}).status_code == 302
    head = gardener.get("/desk/tree/?sort=-height").content.decode()
    assert 'aria-sort="descending"' in head and "养护人电话" not in head.split("<tbody>")[0].split("<thead>")[1]
    assert 'aria-sort="descending"' in gardener.get("/desk/tree/").content.decode()


def table(*rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return SimpleUploadedFile("trees.csv", out.getvalue().encode("gb18030"))


def test_import_tries_tells_and_writes_once(admin, monkeypatch):
    monkeypatch.setattr(imports, "work", lambda call: call())
    plant("OLD", height=1)
    file = table(["编号", "树种", "高度", "区域"], ["OLD", "银杏", "9.5", "320508"], ["NEW", "悬铃木", "7", "320508"],
                 ["BAD", "橡树", "高", "320508"], ["", "银杏", "1", ""])
    answer = admin.post("/desk/tree/import/", {"file": file})
    job = ImportJob.objects.get()
    assert answer["Location"] == f"/desk/import/{job.pk}/" and job.total == 4
    assert job.mapping == {"0": "code", "1": "species", "2": "height", "3": "area_code"}
    assert admin.post(f"/desk/import/{job.pk}/start").status_code == 409
    before = History.objects.count()
    admin.post(f"/desk/import/{job.pk}/map", {f"column-{k}": v for k, v in job.mapping.items()})
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("checked", 4, 2)
    assert History.objects.count() == before and Tree.objects.count() == 1
    page = admin.get(f"/desk/import/{job.pk}/").content.decode()
    assert "没有“橡树”这一项" in page and "应为数字" in page and "请填写“编号”" in page
    admin.post(f"/desk/import/{job.pk}/start")
    job.refresh_from_db()
    assert job.state == "done" and Tree.objects.get(code="OLD").height == 9.5 and Tree.objects.count() == 2
    assert sorted(job.rows.values_list("state", flat=True)) == ["changed", "created", "wrong", "wrong"]
    assert admin.post(f"/desk/import/{job.pk}/start").status_code == 409
    assert "橡树" in admin.get(f"/desk/import/{job.pk}/errors.csv").content.decode()
    told = admin.get(f"/desk/import/{job.pk}/progress", headers={"Accept": "application/json"}).json()
    assert (told["done"], told["total"], told["state"]) == (4, 4, "done")
    assert client(person("admin", name="别人")).get(f"/desk/import/{job.pk}/").status_code == 404


def test_import_goes_on_where_it_stood(admin, monkeypatch):
    from gezhi.engines.transfer import load

    calls = []
    monkeypatch.setattr(imports, "work", lambda call: call())
    monkeypatch.setattr(load, "BATCH", 2)
    rows = [["编号", "区域"], *([f"N{n}", "320508"] for n in range(5))]
    admin.post("/desk/tree/import/", {"file": table(*rows)})
    job = ImportJob.objects.get()
    admin.post(f"/desk/import/{job.pk}/map", {"column-0": "code", "column-1": "area_code"})
    plain, whole = load._write, {"n": 0}

    def dies(*args, **kw):
        whole["n"] += 1
        if whole["n"] == 2:
            raise RuntimeError("the process dies")
        calls.append(1)
        return plain(*args, **kw)

    monkeypatch.setattr(load, "_write", dies)
    with pytest.raises(RuntimeError):
        admin.post(f"/desk/import/{job.pk}/start")
    assert Tree.objects.count() == 2
    job.refresh_from_db()
    assert job.state == "failed"
    admin.post(f"/desk/import/{job.pk}/start")
    job.refresh_from_db()
    assert job.state == "done" and Tree.objects.count() == 5 and job.done == 5


def test_a_file_that_is_no_table_is_refused(admin):
    for body in (b"", b"\x00\x01\x02\x00", b"PK\x03\x04broken"):
        answer = admin.post("/desk/tree/import/", {"file": SimpleUploadedFile("x.xlsx", body)})
        assert answer.status_code == 422
    assert not ImportJob.objects.exists()


def test_post_switch_takes_only_ones_own(gardener):
    other = person("admin")
    assert gardener.post("/desk/post", {"post": other.pk}).status_code == 403
    assert gardener.post("/desk/post", {"post": "x"}).status_code == 403


def test_search_finds_only_what_is_in_sight(gardener):
    plant("FIND1")
    plant("FIND2", area="320509001001")
    text = gardener.get("/desk/search?q=FIND").content.decode()
    assert "FIND1" in text and "FIND2" not in text
    assert gardener.get("/desk/search?q=").status_code == 200


def test_writes_need_the_token(gardener):
    tree = plant("A1")
    strict = client(person("gardener", area="320508"), enforce_csrf_checks=True)
    assert strict.post(f"/desk/tree/{tree.pk}/fall_ill", {"opinion": "x"}).status_code == 403
    assert len(timeline(tree)) == 1

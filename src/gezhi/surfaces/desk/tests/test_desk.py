"""What the contracts over all registers do not say: queue, reveal, bulk, views, import, posts, errors."""

from __future__ import annotations

import pytest
from tests.house.models import Tree

from gezhi.engines.access import reveal as revealing
from gezhi.engines.history import timeline, verify
from gezhi.engines.tables.models import SavedView
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

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
    # long codes: a short one may stand in the page's random tokens by chance
    plant("ELM-0001")
    plant("ELM-0002", area="320509001001")
    ill = act(SYSTEM, plant("ELM-0003"), "fall_ill", {"opinion": "虫"})
    text = gardener.get("/desk/?tab=tree").content.decode()
    assert "ELM-0001" in text and "ELM-0002" not in text and "ELM-0003" not in text
    assert "ELM-0003" in gardener.get("/desk/?tab=tree&light=grey").content.decode()
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


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client):
    part = {"HX-Request": "true", "HX-Target": "record", "HX-Current-URL": "http://testserver/desk/tree/?q=1"}
    answer = client.get("/desk/tree/?q=1&beside=7", headers=part)
    assert answer.status_code == 401 and answer["HX-Redirect"].endswith("?next=/desk/tree/%3Fq%3D1")
    strange = client.post("/desk/tree/7/fall_ill", headers={"Referer": "https://elsewhere.example/desk/"})
    assert strange.status_code == 302 and strange["Location"].endswith("?next=/desk/")


def test_a_post_without_work_is_told_so_and_where_to_look(gardener):
    text = gardener.get("/desk/").content.decode()
    assert "没有待办" in text and 'href="/desk/tree/"' in text and "split-record" not in text
    plant("A1")
    assert "split-record" in gardener.get("/desk/").content.decode()

"""The phone: what waits, what may be begun, and that nothing is done twice."""

import threading
import uuid

import pytest
from django.db import connections
from django.test import Client
from tests.house.models import Tree, Trees

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.surfaces.pocket import work
from gezhi.surfaces.pocket.models import Sent
from gezhi.surfaces.pocket.once import once

TREES = Trees()


def test_strangers_are_led_to_the_sign_in(db):
    assert "login" in Client().get("/pocket/").url
    answer = Client().post("/pocket/new/tree/plant/send/", headers={"X-Outbox": "1"})
    assert answer.status_code == 401


def test_every_tab_opens(gardener):
    gardener.plant("A1")
    for page in ("", "tasks/", "map/", "mine/", "outbox/", "new/tree/plant/", "r/tree/1/"):
        path = f"/pocket/{page}".replace("/1/", f"/{Tree.objects.get().pk}/")
        answer = gardener.client.get(path)
        assert answer.status_code == 200, path
        assert "华演示" in answer.content.decode()


def test_work_is_what_i_could_move_on_in_my_area(gardener):
    gardener.plant("A1")
    gardener.plant("B1", "320505")
    query = work.tasks(TREES, gardener.me)
    assert [t.code for t in query.page().rows] == ["A1"]
    act(SYSTEM, Tree.objects.get(code="A1"), "fell", {})
    assert not work.tasks(TREES, gardener.me).page().rows


def test_a_report_sent_twice_is_made_once(gardener):
    key = str(uuid.uuid4())
    form = {"code": "N1", "area_code": "320508", "idempotency_key": key}
    first = gardener.client.post("/pocket/new/tree/plant/send/", form, headers={"X-Outbox": "1"})
    again = gardener.client.post("/pocket/new/tree/plant/send/", form, headers={"X-Outbox": "1"})
    assert (first.json()["state"], again.json()["state"]) == ("applied", "duplicate")
    assert first.json()["url"] == again.json()["url"]
    assert Tree.objects.filter(code="N1").count() == 1


def test_a_refused_report_may_be_mended_and_sent_with_the_same_key(gardener):
    key = str(uuid.uuid4())
    wrong = {"code": "", "area_code": "320508", "idempotency_key": key}
    answer = gardener.client.post("/pocket/new/tree/plant/send/", wrong, headers={"X-Outbox": "1"})
    assert answer.status_code == 422
    assert "编号" in answer.json()["detail"]
    assert not Sent.objects.exists()
    answer = gardener.client.post("/pocket/new/tree/plant/send/", {**wrong, "code": "N2"}, headers={"X-Outbox": "1"})
    assert answer.json()["state"] == "applied"


def test_another_persons_key_is_refused(gardener):
    key = uuid.uuid4()
    Sent.objects.create(key=key, user_id=gardener.staff.pk + 1, register="tree", record_id=1)
    form = {"code": "N3", "area_code": "320508", "idempotency_key": str(key)}
    answer = gardener.client.post("/pocket/new/tree/plant/send/", form, headers={"X-Outbox": "1"})
    assert answer.status_code == 403
    assert not Tree.objects.exists()


def test_a_move_made_elsewhere_meanwhile_is_a_conflict_shown_beside_ones_own(gardener):
    tree = gardener.plant("A1")
    act(SYSTEM, tree, "fall_ill", {"opinion": "虫害"})
    path = f"/pocket/r/tree/{tree.pk}/fall_ill/"
    form = {"opinion": "叶子发黄", "version": str(tree.version)}
    answer = gardener.client.post(path, form, headers={"X-Outbox": "1"})
    assert answer.status_code == 409
    current = answer.json()["current"]
    assert current["version"] == Tree.objects.get().version
    assert any("报病" in fact["value"] for fact in current["facts"])
    page = gardener.client.post(path, form)
    assert page.status_code == 409
    assert "最新" in page.content.decode() or "进展" in page.content.decode()


def test_a_move_by_plain_form_works_and_keeps_what_was_typed_on_error(gardener):
    tree = gardener.plant("A1")
    path = f"/pocket/r/tree/{tree.pk}/fall_ill/"
    page = gardener.client.post(path, {"opinion": "", "version": "1"})
    assert page.status_code == 422
    assert "请填写" in page.content.decode()
    assert gardener.client.post(path, {"opinion": "虫害", "version": "1"}).status_code == 302
    assert Tree.objects.get().status == "ailing"


def test_records_out_of_reach_do_not_exist(gardener):
    tree = gardener.plant("B1", "320505")
    assert gardener.client.get(f"/pocket/r/tree/{tree.pk}/").status_code == 404
    assert gardener.client.get("/pocket/r/nothing/1/").status_code == 404
    assert gardener.client.get("/pocket/options/staff_secret/").status_code == 404


def test_installable(gardener):
    manifest = gardener.client.get("/pocket/manifest.webmanifest")
    assert manifest.json()["scope"] == "/pocket/"
    worker = gardener.client.get("/pocket/worker.js")
    assert worker["Service-Worker-Allowed"] == "/pocket/"
    assert "importScripts" in worker.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_the_same_moment_do_one_thing(gardener):
    key, made, at_once = uuid.uuid4(), [], threading.Barrier(2)

    def send(code):
        try:
            at_once.wait(5)
            made.append(once(gardener.me, key, "tree.plant", "", lambda: act(
                gardener.me, Tree, "plant", {"code": code, "area_code": "320508"})))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(code,)) for code in ("T1", "T2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done.repeated for done in made) == [False, True]
    assert made[0].record == made[1].record
    assert Tree.objects.count() == 1

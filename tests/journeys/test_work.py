"""Disposal and inspection in the street, the citizen's rating, and the registers at the doorstep."""

from __future__ import annotations

import io
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from gezhi.domains.cases.moves import intake
from gezhi.domains.cases.tests.city import GRID, SPOT, City, ports
from gezhi.foundation.documents.models import Document
from gezhi.foundation.documents.receive import receive
from gezhi.foundation.people.models import Person
from gezhi.foundation.units.public import actor_of
from tests.journeys.conftest import errors_of, until
from tests.journeys.test_spot import phone, picture, ready

RESULT, REPLY = "已清运并冲洗地面", "您反映的垃圾已于今日清运"


def people(monkeypatch) -> SimpleNamespace:
    """A city with an order that waits for its handler, and a grid worker who will look at it afterwards."""
    intake._centres.clear()
    city = City()
    ports(monkeypatch, city)
    posts = {"worker": city.post("grid_member", name="何演示"), "handler": city.post("handler", name="严演示")}
    case, order = city.handled()
    city.do("unit_clerk", order, "assign_handler", handler=posts["handler"].pk, opinion="请今天到场")
    clients = {}
    for name, post in posts.items():
        clients[name] = Client()
        clients[name].force_login(post.staff)
    return SimpleNamespace(city=city, case=case, order=order, posts=posts, clients=clients)


@pytest.fixture
def street(db, monkeypatch):
    yield people(monkeypatch)
    intake._centres.clear()


@pytest.fixture
def live_street(transactional_db, monkeypatch):
    yield people(monkeypatch)
    intake._centres.clear()


def taken(post, name: str) -> int:
    """A picture that somebody took."""
    return receive(actor_of(post), io.BytesIO(picture()), name).pk


def put_right(street) -> Any:
    """The handler and the unit have done their part; the reviewer sends the worker to look."""
    city, handler = street.city, street.posts["handler"]
    city.actors[("handler", "")] = actor_of(handler)
    order = city.again(street.order)
    city.do("handler", order, "feedback", result=RESULT, outcome="01", before=[taken(handler, "b.jpg")],
            photos=[taken(handler, "a.jpg")])
    city.submit(city.again(order), reply=REPLY)
    city.do("reviewer", city.again(street.case), "review_pass", inspect="yes", post=street.posts["worker"].pk)
    return city.again(street.case).tasks.get()


def finished(page, record, field: str, value: Any) -> Any:
    """The record once it says so; the phone sends in its own time."""
    for _n in range(120):
        record = type(record).objects.get(pk=record.pk)
        if getattr(record, field) == value:
            return record
        page.wait_for_timeout(80)
    raise AssertionError(f"{field} is {getattr(record, field)}, not {value}: {page.url}")


@pytest.mark.browser
def test_disposal_with_photo_and_voice(chromium, live_street, live_server):
    context, page = phone(chromium, live_server, live_street.posts["handler"])
    context.grant_permissions(["geolocation", "microphone"])
    errors = errors_of(page)
    page.goto(f"{live_server.url}/pocket/r/work_order/{live_street.order.pk}/")
    until(page, "document.querySelectorAll('gz-spot gz-upload input[capture]').length === 2", 25)
    page.locator("gz-spot gz-upload input[capture]").nth(1).set_input_files(
        {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    until(page, "document.querySelectorAll('gz-spot .drop-list li img').length === 1")
    page.click("gz-spot gz-recorder button")
    until(page, "document.querySelector('gz-spot gz-recorder p').textContent.includes('0:01')")
    page.click("gz-spot gz-recorder button")
    until(page, "!!document.querySelector('gz-spot gz-recorder audio')")
    page.evaluate("""() => {
      const one = document.querySelector('gz-spot select[name=outcome]');
      (one.tomselect ? one.tomselect.setValue('01') : one.value = '01');
    }""")
    page.fill("gz-spot textarea[name=result]", RESULT)
    page.click("gz-spot .actions .btn-primary")
    order = finished(page, live_street.order, "status", "unit_review")
    kinds = sorted(Document.objects.filter(owner_type="work_order", owner_id=order.pk).values_list("kind", "role"))
    assert (order.result, kinds) == (RESULT, [("audio", "after"), ("image", "after")])
    assert not errors
    context.close()


@pytest.mark.browser
def test_inspection_lays_before_and_after_side_by_side(chromium, live_street, live_server):
    task = put_right(live_street)
    context, page = phone(chromium, live_server, live_street.posts["worker"])
    errors = errors_of(page)
    shown: list[int] = []
    page.on("response", lambda answer: shown.append(answer.status) if "/large" in answer.url else None)
    page.goto(f"{live_server.url}/pocket/r/task/{task.pk}/")
    until(page, "document.querySelectorAll('gz-compare img').length === 2")
    page.focus("gz-compare input[type=range]")
    page.keyboard.press("Home")
    assert page.evaluate("document.querySelector('gz-compare').style.getPropertyValue('--cut')") == "0%"
    assert "部分解决" in page.inner_text("gz-spot") and "不属实" not in page.inner_text("gz-spot")
    page.set_input_files("gz-upload input[capture]", {"name": "i.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    until(page, "document.querySelectorAll('.drop-list li').length === 1")
    page.check("input[name=result][value=yes]")
    page.fill("textarea[name=opinion]", "现场已清理干净")
    page.click("gz-spot .actions .btn-primary")
    task = finished(page, task, "status", "done")
    assert task.distance < 60
    assert live_street.city.again(live_street.case).inspected == "yes"
    assert shown and set(shown) == {200}  # an inspector sees the handler's pictures without a right on the order
    assert not errors
    context.close()


@pytest.mark.browser
def test_a_server_killed_in_the_middle_of_a_picture(chromium, live_street, live_server):
    task = put_right(live_street)
    context, page = phone(chromium, live_server, live_street.posts["worker"])
    sent: list[int] = []

    def die(route):
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
        if route.request.method == "PATCH" and len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/documents/uploads/*", die)
    page.goto(f"{live_server.url}/pocket/r/task/{task.pk}/")
    ready(page, live_street.posts["worker"].staff)
    page.check("input[name=result][value=no]")
    page.set_input_files("gz-upload input[capture]", {
        "name": "i.jpg", "mimeType": "image/jpeg", "buffer": picture(2600, 1900)})
    until(page, "document.querySelectorAll('.drop-list li').length === 1", 20)
    page.fill("textarea[name=opinion]", "仍有残留")
    page.click("gz-spot .actions .btn-primary")
    page.wait_for_url("**/pocket/tasks/")  # kept; this page tries again by itself
    finished(page, task, "status", "done")
    assert sent[0] == 0 and sent[1] == sent[2] > 0  # it went on where the server had got to
    assert Document.objects.filter(owner_type="task").count() == 1
    context.close()


# -- the citizen -------------------------------------------------------------------------------------------------------
@pytest.fixture
def ended(street):
    """A case that waits for its citizen's word, and the address of its page."""
    task = put_right(street)
    street.city.actors[("grid_member", "")] = actor_of(street.posts["worker"])
    street.city.do("grid_member", task, "submit", result="yes", opinion="已清理", position=SPOT,
                   photos=[taken(street.posts["worker"], "i.jpg")])
    case = street.city.again(street.case)
    assert case.status == "pending_callback"
    return SimpleNamespace(case=case, city=street.city, page=f"/public/track/?code={case.query_code}",
                           rate=f"/public/act/{case.query_code}/rate/")


def test_a_citizen_reads_the_answer_and_rates_once(ended):
    client = Client()
    page = client.get(ended.page).content.decode()
    for words in (REPLY, "提交评价", "非常满意", "要求重新办理"):
        assert words in page
    assert "严演示" not in page and "何演示" not in page
    assert client.post(ended.rate, {"solved": "yes"}).status_code == 422  # how satisfied is not said
    form = {"solved": "yes", "satisfaction": "5", "opinion": "很快", "idempotency_key": str(uuid.uuid4())}
    assert client.post(ended.rate, form).url.endswith("done=rate")
    assert client.post(ended.rate, form).status_code == 302  # the same answer sent again by a bad network
    case = ended.city.again(ended.case)
    assert (case.final_satisfaction, case.rated_by_public) == (5, True)
    again = client.post(ended.rate, {"solved": "no", "satisfaction": "1"})
    assert again.status_code == 409
    assert "您已评价过" in again.content.decode()
    assert "提交评价" not in client.get(ended.page).content.decode()
    assert ended.city.again(ended.case).final_satisfaction == 5


def test_a_wrong_code_and_a_late_rating_are_told(ended):
    client = Client()
    wrong = client.get("/public/track/?code=ZZZZZZZZ")
    assert wrong.status_code == 404 and "没有查到这个查询码" in wrong.content.decode()
    assert client.post("/public/act/ZZZZZZZZ/rate/", {"solved": "yes", "satisfaction": "5"}).status_code == 404
    ended.city.do("system", ended.case, "auto_close", "2026-09-01 09:00")
    page = client.get(ended.page)
    assert page.status_code == 200 and "已经办结" in page.content.decode()
    late = client.post(ended.rate, {"solved": "yes", "satisfaction": "5"})
    assert late.status_code == 409 and "天内可以评价" in late.content.decode()


def test_an_answer_nobody_has_looked_at_is_not_told(street):
    city = street.city
    city.submit(city.again(street.order), reply=REPLY)
    assert REPLY not in Client().get(f"/public/track/?code={street.case.query_code}").content.decode()


# -- registers at the doorstep -----------------------------------------------------------------------------------------
PERSON = {"kind": "01", "id_type": "111", "id_no": "11010519491231002X", "name": "欧阳小明", "nationality": "156",
          "life_state": "01", "source": "01", "area_code": GRID, "permanent": "1"}


def test_a_person_is_entered_once_and_put_right_on_the_phone(street):
    client, out = street.clients["worker"], {"X-Outbox": "1"}
    assert "实有人口" in client.get("/pocket/registers/").content.decode()
    form = {**PERSON, "idempotency_key": str(uuid.uuid4())}
    wrong = client.post("/pocket/registers/person/new/", {**form, "id_no": "110105194912310021"}, headers=out)
    assert wrong.status_code == 422 and "证件号码" in wrong.json()["detail"]
    answers = [client.post("/pocket/registers/person/new/", form, headers=out).json()["state"] for _n in range(2)]
    made = Person.objects.get()
    assert (answers, made.area_code) == (["applied", "duplicate"], GRID)
    page = client.get(f"/pocket/r/person/{made.pk}/").content.decode()
    assert "欧阳**" in page and "欧阳小明" not in page
    edit = f"/pocket/registers/person/{made.pk}/edit/"
    change = {**PERSON, "id_no": "", "name": "", "workplace": "菜场", "version": made.version}
    assert client.post(edit, change, headers=out).json()["state"] == "applied"
    assert Person.objects.get().workplace == "菜场"
    late = client.post(edit, {**change, "workplace": "学校"}, headers=out)  # somebody was faster
    assert late.status_code == 409 and late.json()["current"]["version"] == 2


def test_registers_are_only_for_whom_they_are_declared(street):
    handler = street.clients["handler"]
    assert handler.get("/pocket/registers/person/").status_code == 404
    assert handler.get("/pocket/registers/component/").status_code == 200
    assert handler.get("/pocket/registers/component/new/").status_code == 403
    worker = street.clients["worker"]
    assert worker.get("/pocket/registers/case/").status_code == 200, "a selection on the map leads to its list"
    assert "/pocket/registers/case/" not in worker.get("/pocket/registers/").content.decode(), "work, not a register"
    assert worker.get("/pocket/registers/case/new/").status_code == 404

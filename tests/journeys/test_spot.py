"""A grid worker on the spot: verification with place, picture, words; far away; offline; on a shared phone."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from gezhi.domains.cases.models import Task
from gezhi.domains.cases.moves import intake
from gezhi.domains.cases.tests.city import FAR, SPOT, City, ports
from gezhi.engines.notify.models import Message
from gezhi.foundation.documents.models import Document
from gezhi.foundation.units.models import Post, Staff
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.surfaces.pocket.figures import figures
from tests.journeys.conftest import errors_of, until

WORDS = "垃圾堆在单元门口，情况属实"


def picture(width: int = 320, height: int = 240) -> bytes:
    """A camera's JPEG that says when and where it was taken, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:09:18 16:30:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 18.0, 0.0), 3: "E", 4: (120.0, 37.0, 12.0)})
    out = io.BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def given(monkeypatch) -> SimpleNamespace:
    """A city in which a report waits to be verified by ``worker``; ``other`` is a colleague of the same grid."""
    intake._centres.clear()
    city = City()
    ports(monkeypatch, city)
    case = city.report()
    posts = {"worker": city.post("grid_member", name="何演示"), "other": city.post("grid_member", name="孙演示")}
    city.do("acceptor", case, "request_verification", post=posts["worker"].pk, opinion="请看清是哪个门")
    task = Task.objects.get()
    clients = {}
    for name, post in posts.items():
        clients[name] = Client()
        clients[name].force_login(post.staff)
    url = reverse("pocket:record", args=["task", task.pk])
    return SimpleNamespace(city=city, case=case, task=task, posts=posts, url=url, **clients)


@pytest.fixture
def ground(db, monkeypatch):
    yield given(monkeypatch)
    intake._centres.clear()


@pytest.fixture
def live_ground(transactional_db, monkeypatch):
    yield given(monkeypatch)
    intake._centres.clear()


def send(client, ground, **more):
    form = {"result": "true", "opinion": WORDS, "position": f"{SPOT.x}, {SPOT.y}",
            "photos": io.BytesIO(picture()), **more}
    form["photos"].name = "a.jpg"
    return client.post(f"{ground.url}submit/", form, headers={"X-Outbox": "1"})


def test_the_page_says_what_is_to_be_seen_and_nothing_of_who_reported(ground):
    page = ground.worker.get(ground.url).content.decode()
    for words in ("垃圾", "请看清是哪个门", "到达现场", "geo:31.3,120.62", 'radius="200', "不属实"):
        assert words in page
    assert "部分解决" not in page  # that is an answer of inspections
    assert "王演示" not in page
    assert "19900000001" not in page


def test_a_colleague_neither_sees_nor_does_the_task(ground):
    assert ground.other.get(ground.url).status_code == 404
    assert send(ground.other, ground).status_code == 404
    assert Task.objects.get().status == "pending"


def test_far_away_it_is_refused_without_and_kept_with_a_reason(ground):
    far = f"{FAR.x}, {FAR.y}"
    answer = send(ground.worker, ground, position=far)
    assert answer.status_code == 422
    assert "200 米" in answer.json()["detail"]
    assert send(ground.worker, ground, position=far, away="道路封闭，只能在路口拍摄").json()["state"] == "applied"
    task = Task.objects.get()
    assert task.distance > 1800
    assert "道路封闭" in task.report
    assert ground.city.again(ground.case).status == "registered"


def test_the_key_is_ones_own(ground):
    mine, other = (client.get("/pocket/key/").json() for client in (ground.worker, ground.other))
    assert mine["owner"] == str(ground.posts["worker"].staff_id)
    assert mine["secret"] != other["secret"]
    assert mine == ground.worker.get("/pocket/key/").json()
    assert Client().get("/pocket/key/").status_code == 401


def test_what_somebody_else_filled_in_is_not_sent_in_my_name(ground):
    theirs = str(ground.posts["other"].staff_id)
    answer = ground.worker.post(f"{ground.url}submit/", {}, headers={"X-Outbox": "1", "X-Outbox-Owner": theirs})
    assert answer.status_code == 401
    assert Task.objects.get().status == "pending"


def told(staff_id: int, **more) -> Message:
    return write(SYSTEM, "create", Message, {"channel": "inbox", "kind": "todo", "staff_id": staff_id,
                                             "title": "有新的核实任务", "state": "delivered", **more})


def test_messages_are_ones_own_are_read_once_and_lead_to_the_record(ground):
    me = ground.posts["worker"].staff_id
    mine = told(me, link_register="task", link_id=ground.task.pk)
    foreign = told(ground.posts["other"].staff_id, title="别人的消息", link_register="task", link_id=ground.task.pk)
    page = ground.worker.get("/pocket/messages/").content.decode()
    assert "有新的核实任务" in page
    assert "别人的消息" not in page
    assert '<span class="count">1</span>' in page
    assert ground.worker.post(f"/pocket/messages/{foreign.pk}/").status_code == 404
    assert ground.worker.post(f"/pocket/messages/{mine.pk}/").url == ground.url
    assert "没有消息" in ground.worker.get("/pocket/messages/?unread=1").content.decode()
    blocked = ground.other.post(f"/pocket/messages/{foreign.pk}/").content.decode()
    assert "不在您当前岗位的范围内" in blocked
    told(me)
    ground.worker.post("/pocket/messages/read/")
    assert not Message.objects.filter(staff_id=me, read_at=None).exists()


def test_my_figures_count_what_i_did_and_what_was_late(ground):
    me = SimpleNamespace(user_id=ground.posts["worker"].staff_id)
    assert figures(me)["share"] is None
    send(ground.worker, ground)
    mine = figures(me)
    assert (mine["today"], mine["month"], mine["finished"], mine["in_time"], mine["share"]) == (1, 1, 1, 1, 100)
    assert str(mine["rows"][0]["label"]) == "提交结果"
    assert figures(SimpleNamespace(user_id=ground.posts["other"].staff_id))["month"] == 0
    assert "本月办结" in ground.worker.get("/pocket/mine/").content.decode()


# -- in the browser ----------------------------------------------------------------------------------------------
STORED = """async () => {
  if (!(await indexedDB.databases()).some((one) => one.name === 'gezhi' && one.version > 1)) return {rows: 0, keys: []};
  const open = indexedDB.open('gezhi');
  const base = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const read = (name) => new Promise((done) => {
    const all = base.transaction(name).objectStore(name).getAll();
    all.onsuccess = () => done(all.result);
  });
  const text = (one) => new TextDecoder('utf-8', {fatal: false}).decode(one.sealed ? one.sealed.data : one.data);
  const names = new Promise((done) => {
    const all = base.transaction('keys').objectStore('keys').getAllKeys();
    all.onsuccess = () => done(all.result);
  });
  const [rows, files, keys] = [await read('outbox'), await read('files'), await read('keys')];
  const whose = await names;
  base.close();
  return {rows: rows.length, owners: rows.map((row) => row.owner), files: files.length, keys: whose,
          readable: keys.some((key) => key.extractable), clear: rows.map((row) => JSON.stringify(row)).join(''),
          text: [...rows, ...files].map(text).join('')};
}"""


KEPT = """async () => {
  const cache = await caches.open('gezhi-pages:/pocket/');
  const texts = [];
  for (const one of await cache.keys()) texts.push(await (await cache.match(one)).text());
  return texts.join(' ');
}"""


def phone(chromium, live_server, post: Post):
    """A phone at the place of the case, held by the person of a post."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, permissions=["geolocation"],
                                   geolocation={"longitude": SPOT.x + .0003, "latitude": SPOT.y, "accuracy": 9})
    page = context.new_page()
    hold(context, live_server, post.staff)
    return context, page


def hold(context, live_server, staff: Staff) -> None:
    """Somebody signs in on the phone."""
    client = Client()
    client.force_login(staff)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


def ready(page, staff: Staff) -> None:
    """The phone holds the person's key and the pages that open without a network."""
    until(page, f"({STORED})().then((kept) => kept.keys.includes('{staff.pk}'))")
    until(page, "caches.open('gezhi-pages:/pocket/').then((all) => all.match('/pocket/outbox/')).then(Boolean)", 20)


def fill(page, big: bool = False) -> None:
    content = picture(2600, 1900) if big else picture()
    page.set_input_files("gz-upload input[capture]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content})
    until(page, "document.querySelectorAll('.drop-list li').length === 1")
    page.check("input[name=result][value=true]")
    page.fill("textarea[name=opinion]", WORDS)
    page.click("gz-spot .actions .btn-primary")


@pytest.mark.browser
def test_on_the_spot_online_with_a_large_picture_in_pieces(chromium, live_ground, live_server):
    context, page = phone(chromium, live_server, live_ground.posts["worker"])
    errors = errors_of(page)
    pieces = []
    page.on("request", lambda request: pieces.append(request) if request.method == "PATCH" else None)
    page.goto(f"{live_server.url}{live_ground.url}")
    until(page, "document.querySelector('[data-where]')?.textContent.includes('米')")
    assert "距事发点" in page.inner_text("[data-where]")
    page.click("gz-spot .actions .btn-primary")  # nothing is filled in: the page says what is missing
    until(page, "!!document.querySelector('.is-missing')")
    assert "现场照片" in page.inner_text("[data-missing]")
    fill(page, big=True)
    for _n in range(100):
        if Task.objects.get().status == "done":
            break
        page.wait_for_timeout(80)
    assert Task.objects.get().distance < 60
    photo = Document.objects.get(owner_type="task")
    assert len(pieces) >= 2
    assert photo.taken_at.isoformat() == "2026-09-18T08:30:00+00:00"
    assert photo.taken_point.coords == (120.62, 31.3)
    assert photo.width < photo.height <= 2048  # upright, and smaller than it was
    assert not errors
    context.close()


@pytest.mark.browser
def test_offline_it_is_kept_sealed_and_sent_once_by_its_owner_alone(chromium, live_ground, live_server):
    context, page = phone(chromium, live_server, live_ground.posts["worker"])
    errors = errors_of(page)
    page.goto(f"{live_server.url}{live_ground.url}")
    ready(page, live_ground.posts["worker"].staff)
    context.set_offline(True)
    fill(page)
    page.wait_for_url("**/pocket/tasks/")
    kept = page.evaluate(STORED)
    assert (kept["rows"], kept["files"], kept["readable"]) == (1, 1, False)
    for secret in (WORDS, "submit", "Exif"):
        assert secret not in kept["text"] + kept["clear"]
    pages = page.evaluate(KEPT)
    assert len(pages) > 10_000 and "垃圾" not in pages and "<html" not in pages  # pages are kept sealed as well
    page.goto(f"{live_server.url}/pocket/r/case/1/")
    assert "没有保存在本机" in page.inner_text("main")
    hold(context, live_server, live_ground.posts["other"].staff)  # a colleague signs in on the same phone
    context.set_offline(False)
    page.goto(f"{live_server.url}/pocket/outbox/")
    until(page, "document.querySelector('gz-outbox[list]').textContent.includes('没有等待提交')")
    kept = page.evaluate(STORED)
    # sealed, and only the colleague's key is here
    assert (kept["rows"], kept["keys"]) == (1, [str(live_ground.posts["other"].staff_id)])
    assert Task.objects.get().status == "pending"
    hold(context, live_server, live_ground.posts["worker"].staff)
    page.goto(f"{live_server.url}/pocket/outbox/")
    until(page, f"({STORED})().then((kept) => kept.rows === 0 && kept.files === 0)")
    assert Task.objects.get().report == WORDS
    assert Document.objects.filter(owner_type="task").count() == 1
    assert not errors
    context.close()


@pytest.mark.browser
def test_signing_out_leaves_nothing_on_the_phone(chromium, live_ground, live_server):
    context, page = phone(chromium, live_server, live_ground.posts["worker"])
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/submit/", lambda route: route.abort())
    page.goto(f"{live_server.url}{live_ground.url}")
    ready(page, live_ground.posts["worker"].staff)
    fill(page)
    page.wait_for_url("**/pocket/tasks/")
    assert page.evaluate(STORED)["rows"] == 1
    page.goto(f"{live_server.url}/pocket/mine/")
    page.click("main form[data-signout] button")
    page.wait_for_url(lambda url: "/pocket/" not in url)
    kept = page.evaluate(STORED)
    assert (kept["rows"], kept["files"]) == (0, 0)
    assert str(live_ground.posts["worker"].staff_id) not in kept["keys"]
    assert "gezhi-pages:/pocket/" not in page.evaluate("caches.keys()")
    context.close()

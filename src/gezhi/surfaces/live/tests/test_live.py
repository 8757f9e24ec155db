"""Streams: told within a second, only of what the actor sees, and caught up after a break."""

import asyncio
import time

import orjson
import pytest
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.kernel import outbox
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.records import Event
from gezhi.surfaces.live import app as live_app
from gezhi.surfaces.live.app import Live
from gezhi.surfaces.live.hub import Hub
from gezhi.surfaces.live.listener import QUEUE, RESET, Listener

pytestmark = pytest.mark.django_db(transaction=True)


def gardener(area="3205", **more):
    return Actor(kind="staff", name="园丁", user_id=7, role="gardener", area=area, grants=grants_of("gardener"), **more)


def plant(code, area="320508001"):
    return write(SYSTEM, "create", Tree, {"code": code, "area_code": area})


def settle(event_id):
    """Wait until the outbox offers the event: a server shared with others holds it back while they write."""
    end = time.monotonic() + 20
    while outbox.head()[1] < event_id and time.monotonic() < end:
        time.sleep(0.05)


class Reader:
    """A browser: opens a stream of the application and collects what it sends."""

    def __init__(self, live, query=b"", headers=()):
        self.live, self.sent, self.left = live, [], asyncio.Event()
        self.scope = {"type": "http", "method": "GET", "path": "/live/events", "query_string": query,
                      "headers": [(b"host", b"127.0.0.1:8001"), *headers]}

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append((time.monotonic(), message))

    def start(self):
        self.task = asyncio.create_task(self.live(self.scope, self.receive, self.send))

    async def stop(self):
        self.left.set()
        await asyncio.wait_for(self.task, 2)

    async def until(self, part, seconds=3.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for at, message in self.sent:
                if part in message.get("body", b""):
                    return at
            await asyncio.sleep(0.01)
        raise AssertionError(f"{part!r} did not come: {self.sent}")

    @property
    def text(self):
        return b"".join(m.get("body", b"") for _at, m in self.sent)


@pytest.fixture
def as_gardener(monkeypatch):
    monkeypatch.setattr(live_app, "_who", lambda _scope, query: gardener(query.get("as", "3205")))


def test_a_commit_reaches_its_listeners_within_a_second_and_nobody_else(as_gardener):
    async def run():
        live = Live()
        near, far = Reader(live, b"topics=tree&as=320508"), Reader(live, b"as=320509")
        near.start(), far.start()
        await near.until(b"retry"), await far.until(b"retry")
        await live.hub.call(plant, "L1")
        committed = time.monotonic()
        at = await near.until(b'"kind":"tree.create"')
        await asyncio.sleep(0.3)
        text = far.text
        await near.stop(), await far.stop()
        assert not live.hub.listeners
        return at - committed, text, near.text

    delay, far_text, near_text = asyncio.run(run())
    assert delay < 1.0
    assert b"tree.create" not in far_text
    line = next(part for part in near_text.split(b"\n") if part.startswith(b"data: {\"id\""))
    data = orjson.loads(line[6:])
    assert data["topic"] == "tree" and data["area"] == "320508001"


def test_a_returning_reader_is_given_what_it_missed(as_gardener):
    for code in ("M1", "M2", "M3"):
        plant(code)
    plant("M4", "320509001")
    ids = list(Event.objects.filter(register="tree").order_by("id").values_list("id", flat=True))

    async def run():
        live = Live()
        reader = Reader(live, b"as=320508", [(b"last-event-id", str(ids[0]).encode())])
        reader.start()
        await reader.until(b"id: %d" % ids[2])
        await reader.stop()
        return reader.text

    settle(ids[-1])
    text = asyncio.run(run())
    assert b"id: %d\n" % ids[1] in text and b"id: %d\n" % ids[3] not in text and b"id: %d\n" % ids[0] not in text


def test_without_sign_in_nothing_is_told():
    async def run():
        reader = Reader(Live())
        reader.start()
        await asyncio.wait_for(reader.task, 3)
        return reader.sent[0][1]["status"]

    assert asyncio.run(run()) == 401


def test_cookies_are_answered_only_to_pages_of_the_same_host(as_gardener):
    async def run(origin):
        reader = Reader(Live(), headers=[(b"origin", origin)])
        reader.start()
        await reader.until(b"retry")
        await reader.stop()
        return dict(reader.sent[0][1]["headers"])

    assert asyncio.run(run(b"http://127.0.0.1:8000"))[b"access-control-allow-credentials"] == b"true"
    assert b"access-control-allow-origin" not in asyncio.run(run(b"http://evil.example"))


def test_a_slow_reader_is_reset_not_kept_in_memory():
    event = Event(pk=5, at=plant("S1").created_at, kind="tree.create", register="tree", record_id=1, payload={})

    async def run():
        listener = Listener(gardener())
        for _i in range(QUEUE + 1):
            listener.push(event)
        return listener.queue.qsize(), listener.queue.get_nowait(), listener.dropped

    size, first, dropped = asyncio.run(run())
    assert (size, first, dropped) == (2, RESET, QUEUE)


def test_reaches_beyond_area_are_asked_of_the_database():
    record = plant("R1")
    event = Event.objects.get(register="tree", record_id=record.pk)
    odd = Actor(kind="staff", name="某", user_id=7, area="320508",
                grants={"tree.view": ("area", "all")}, role="x")
    unit_only = Actor(kind="staff", name="某", area="", grants={"tree.view": ("area", "area_too")}, role="x")
    assert Listener(odd).sees(event) is True
    assert Listener(unit_only).sees(event) is None
    assert Listener(Actor(kind="staff", name="无")).sees(event) is False


def test_a_token_that_was_altered_or_is_a_walls_pass_opens_nothing():
    from gezhi.foundation.units.actors import WALL
    from gezhi.surfaces.live.who import actor_by_token

    assert actor_by_token("nonsense") is None
    assert actor_by_token(WALL.given(gardener(post_id=3))) is None


def test_hub_stops_when_the_last_reader_leaves():
    async def run():
        hub = Hub(poll=0.01)
        listener = Listener(gardener())
        await hub.join(listener)
        running = hub._task
        hub.leave(listener)
        await asyncio.sleep(0.05)
        return running

    assert asyncio.run(run()).cancelled()

"""Orders of departments with a system of their own: pushed, again until taken, in order; their state comes back."""

import datetime as dt
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from gezhi.domains.cases.tests.city import City, ports
from gezhi.engines.workflow.act import act
from gezhi.exchange import push
from gezhi.exchange.adapter import Adapter, ExchangeLog
from gezhi.exchange.push import Delivery
from gezhi.exchange.signing import signature
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.records import Event

pytestmark = pytest.mark.django_db
SECRET = "0123456789abcdef-push"


class Theirs(HTTPServer):
    """The department's own system: answers as it is told, keeps what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.status, self.answer, self.seen = 200, {}, []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/orders"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["X-Signature"] == signature(SECRET, self.headers["X-Timestamp"], body)
        self.server.seen.append((self.headers["Idempotency-Key"], orjson.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(orjson.dumps(self.server.answer))

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def theirs():
    server = Theirs()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def order(db, monkeypatch, theirs):
    """An order of urban management, which keeps its own system."""
    from gezhi.domains.cases.moves import intake

    intake._centres.clear()
    city = City()
    ports(monkeypatch, city)
    write(SYSTEM, "change", city.cg, {"mode": "loose"})
    city.cg.refresh_from_db()
    write(SYSTEM, "create", Adapter, {"code": "cg", "name": "城管系统", "mode": "push", "endpoint": theirs.address,
                                      "secret": SECRET, "unit": city.cg})
    made = city.dispatched().orders.get()
    made.city = city
    yield made
    intake._centres.clear()


def told(order):
    """Let the reader of the outbox read what happened to the order."""
    events = list(Event.objects.filter(register="work_order", record_id=order.pk, kind__in=push.KINDS).order_by("id"))
    push.queue(events)
    push.queue(events)  # read again after a crash
    return list(Delivery.objects.order_by("pk"))


def again(record):
    return type(record).objects.get(pk=record.pk)


def test_an_order_is_pushed_once_signed_and_the_answered_state_is_taken_over(order, theirs):
    (row,) = told(order)
    theirs.answer = {"code": 0, "data": {"state": "working", "outside_no": "CG-88"}}
    assert push.send_due() == 1 and push.send_due() == 0
    key, body = theirs.seen[0]
    assert (key, body["event"], body["order"]["no"]) == (f"gezhi-{row.pk}", "work_order.open", order.no)
    assert body["order"]["case"]["title"] and "19900000001" not in orjson.dumps(body).decode(), "not who reported it"
    order, row = again(order), again(row)
    assert (row.status, row.answer, row.tries) == ("sent", "CG-88", 1)
    assert (order.status, order.outside_state, order.outside_no) == ("handling", "working", "CG-88")


def test_what_is_not_taken_is_tried_again_in_order_with_growing_pauses(order, theirs):
    theirs.status = 503
    told(order)
    act(SYSTEM, order, "cancel", {"opinion": "派错"})
    first, second = told(order)
    begin = timezone.now()
    assert push.send_due(begin) == 0 and len(theirs.seen) == 1, "the later word waits for the earlier"
    first = again(first)
    assert (first.status, first.tries, first.error) == ("queued", 1, "HTTP 503")
    assert push.send_due(begin + dt.timedelta(seconds=3)) == 0 and len(theirs.seen) == 1
    assert push.send_due(begin + dt.timedelta(seconds=9)) == 0
    assert again(first).next_at > timezone.now() + dt.timedelta(seconds=25)
    theirs.status = 200
    assert push.send_due(begin + dt.timedelta(minutes=1)) == 1 and push.send_due(begin + dt.timedelta(minutes=1)) == 1
    assert [body["event"] for _key, body in theirs.seen][-2:] == ["work_order.open", "work_order.cancel"]
    assert {again(first).status, again(second).status} == {"sent"}


def test_what_is_refused_for_good_waits_for_an_administrator(order, theirs):
    (row,) = told(order)
    theirs.status = 422
    assert push.send_due() == 0
    row = again(row)
    assert (row.status, row.error) == ("failed", "HTTP 422") and push.send_due() == 0
    with pytest.raises((Refused, Missing)):
        act(order.city.actor("dispatcher"), row, "again")
    theirs.status = 200
    act(order.city.actor("admin", order.city.root), row, "again")
    assert push.send_due() == 1 and again(row).status == "sent"


def test_nobody_there_is_asked_once_a_turn_and_patience_ends(order, theirs, monkeypatch):
    other = order.city.dispatched().orders.get()
    (row,) = told(order)
    told(other)
    write(SYSTEM, "change", row.adapter, {"endpoint": "http://127.0.0.1:9/"})
    asked = []
    post = push._post
    monkeypatch.setattr(push, "_post", lambda row: asked.append(row.pk) or post(row))
    assert push.send_due() == 0 and len(asked) == 1
    monkeypatch.setattr(push, "PATIENCE", dt.timedelta(0))
    assert push.send_due(timezone.now() + dt.timedelta(minutes=1)) == 0
    assert Delivery.objects.filter(status="failed").count() == 1


def post(body, secret=SECRET):
    raw, stamp = orjson.dumps(body), str(int(time.time()))
    return Client().post("/exchange/webhook/cg", raw, content_type="application/json", headers={
        "X-Timestamp": stamp, "X-Signature": signature(secret, stamp, raw)})


def test_the_state_comes_back_by_the_same_adapter(order):
    assert post({"no": order.no, "state": "received"}, secret="wrong").status_code == 401
    assert post({"no": "none", "state": "received"}).status_code == 404
    other = order.city.give(order.city.filed(), unit=order.city.hb.pk).orders.get()
    assert post({"no": other.no, "state": "received"}).status_code == 404, "another department's"
    assert post({"no": order.no, "state": "lost"}).status_code == 422
    done = {"no": order.no, "state": "done", "result": "已清运", "reply": "已清运完毕", "contact_method": "phone"}
    answer = post(done)
    assert answer.json()["data"] == {"no": order.no, "status": "submitted", "state": "done"}
    assert (again(order).status, again(order).outside_state) == ("submitted", "done")
    assert list(ExchangeLog.objects.order_by("id").values_list("state", flat=True)) == ["refused"] * 3 + ["acked"]


def test_their_fields_are_ours_by_the_mapping(order):
    adapter = Adapter.objects.get()
    write(SYSTEM, "change", adapter, {"mapping": {
        "no": "bill.code", "state": {"path": "bill.step", "codes": {"3": "working"}}, "outside_no": "bill.own"}})
    push.report(again(adapter), {"bill": {"code": order.no, "step": 3, "own": "X1"}})
    assert (again(order).outside_state, again(order).outside_no) == ("working", "X1")
    with pytest.raises(Invalid, match="没有“title”"):
        write(SYSTEM, "change", again(adapter), {"mapping": {"title": "x"}})
    for wrong in ({"unit": None}, {"endpoint": "ftp://x"}, {"secret": "short"}):
        with pytest.raises(Invalid):
            write(SYSTEM, "change", again(adapter), wrong)


def test_orders_handled_here_are_not_pushed(order):
    inside = order.city.give(order.city.filed(), unit=order.city.hb.pk).orders.get()
    told(inside)
    assert not Delivery.objects.filter(order=inside).exists()

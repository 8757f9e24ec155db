"""Rules tell the right people once; queued messages go out, are tried again, slowed, and kept from the night."""

import datetime as dt
import json

import pytest
from tests.house.models import Tree

from gezhi.engines.notify import gateway, rule, send
from gezhi.engines.notify.message import Message, mark_read, unread
from gezhi.engines.notify.models import NotifyRule
from gezhi.engines.notify.tell import Recipient, consume
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)
PEOPLE = {"gardener:area": [Recipient("张演示", staff_id=7, phone="19900000001", email="z@example.org"),
                            Recipient("李演示", staff_id=8)],
          "reporter": [Recipient("王演示", phone="19900000002")]}


@pytest.fixture(autouse=True)
def people(monkeypatch, settings, tmp_path):
    monkeypatch.setitem(registry._ports, "recipients", lambda who, _record: PEOPLE.get(who, []))
    settings.GEZHI_SPOOL, settings.GEZHI_EMAIL_URL, settings.GEZHI_GATEWAYS = tmp_path, "spool", {}
    rule.forget()
    yield
    rule.forget()


def tell(channels="inbox sms", who="gardener:area", at=None, **more):
    write(SYSTEM, "create", NotifyRule, {"event": "tree.create", "who": who, "channels": channels, "kind": "todo",
                                         "title": "新树：{title}", **more})
    rule.forget()
    with door(SYSTEM, at=at) as session:
        session.create(Tree, {"code": "T1"})
    event = Event.objects.get(register="tree")
    consume(event)
    return event


def queue(n=1, **more):
    with door(SYSTEM) as session:
        return [session.create(Message, {"channel": "sms", "title": f"m{i}", "phone": "19900000001", "next_at": NOON,
                                         "address_key": "k", **more}, trusted=True) for i in range(n)]


def test_everybody_named_is_told_once_by_the_channels_that_reach_them():
    event = tell()
    consume(event)
    told = {(m.staff_id, m.channel, m.state) for m in Message.objects.all()}
    assert told == {(7, "inbox", "delivered"), (8, "inbox", "delivered"), (7, "sms", "queued")}
    assert set(Message.objects.values_list("title", flat=True)) == {"新树：T1"}


def test_what_happened_long_ago_is_not_told():
    tell(at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert not Message.objects.exists()


def test_unread_counts_ones_own_and_reading_is_ones_own():
    tell()
    zhang = Actor(kind="staff", name="张演示", user_id=7, grants={"message.read": ("own",)})
    assert unread(zhang) == 1 and unread(Actor(kind="public", name="")) == 0
    other = Message.objects.get(staff_id=8, channel="inbox")
    assert mark_read(zhang, [other.pk]) == 0
    assert mark_read(zhang) == 1 and unread(zhang) == 0


def test_spool_keeps_the_message_with_the_phone_masked(tmp_path):
    [message] = queue()
    assert send.send_due(NOON) == 1
    message.refresh_from_db()
    assert (message.state, message.tries) == ("delivered", 1)
    kept = json.loads(next(tmp_path.rglob("*.json")).read_text())
    assert kept["phone"] == "199****0001" and "19900000001" not in str(kept)


class Broken:
    def __init__(self, error):
        self.error = error

    def send(self, message):
        raise self.error


def test_a_busy_gateway_is_tried_again_and_given_up(settings):
    settings.GEZHI_GATEWAYS = {"sms": Broken(gateway.Later("忙"))}
    [message] = queue()
    now = NOON
    for pause in send.PAUSES:
        assert send.send_due(now) == 0
        message.refresh_from_db()
        assert message.state == "queued" and message.next_at == now + dt.timedelta(seconds=pause)
        now = message.next_at
    send.send_due(now)
    message.refresh_from_db()
    assert (message.state, message.tries, message.error) == ("failed", 6, "忙")


def test_a_refused_message_fails_at_once(settings):
    settings.GEZHI_GATEWAYS = {"sms": Broken(gateway.Never("空号"))}
    [message] = queue()
    send.send_due(NOON)
    message.refresh_from_db()
    assert (message.state, message.error) == ("failed", "空号")


def test_one_phone_is_sent_one_a_minute_and_ten_a_day():
    queue(12)
    now, sent = NOON, []
    for _minute in range(20):
        sent.append(send.send_due(now))
        now += dt.timedelta(seconds=61)
    assert max(sent) == 1 and sum(sent) == send.PER_DAY


def test_the_night_is_quiet_but_for_urgent_messages():
    night = dt.datetime(2026, 11, 21, 15, 30, tzinfo=dt.UTC)  # 23:30 in Shanghai
    [plain], [urgent] = queue(address_key="a"), queue(urgent=True, address_key="b")
    assert send.send_due(night) == 1
    plain.refresh_from_db(), urgent.refresh_from_db()
    assert urgent.state == "delivered" and plain.state == "queued"
    assert plain.next_at == dt.datetime(2026, 11, 21, 23, tzinfo=dt.UTC)


@pytest.mark.parametrize("values", [{"who": "everybody"}, {"who": ""}, {"channels": "fax"}, {"title": "{case.phone}"}])
def test_wrong_rules_are_refused(values):
    with pytest.raises(Invalid):
        write(SYSTEM, "create", NotifyRule, {"event": "tree.create", "who": "followers", "channels": "inbox",
                                             "title": "x", **values})


def test_default_rules_name_events_that_exist():
    for event, *_rest in rule.DEFAULTS:
        name, _dot, verb = event.partition(".")
        flow = registry.register(name).flow
        assert verb in flow.moves() or event == "case.urgent", event


def test_smtp_speaks_to_a_server(settings):
    import socket
    import threading

    heard = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        client, _address = server.accept()
        file = client.makefile("rwb")

        def say(line):
            file.write(line + b"\r\n")
            file.flush()

        say(b"220 test")
        data = False
        for line in file:
            heard.append(line.decode())
            if data:
                if line == b".\r\n":
                    data = False
                    say(b"250 ok")
            elif line.upper().startswith(b"DATA"):
                data = True
                say(b"354 go")
            elif line.upper().startswith(b"QUIT"):
                say(b"221 bye")
                return
            else:
                say(b"250 ok")

    threading.Thread(target=serve, daemon=True).start()
    settings.GEZHI_EMAIL_URL = f"smtp://127.0.0.1:{server.getsockname()[1]}"
    [message] = queue(channel="email", email="z@example.org", phone=None)
    assert send.send_due(NOON) == 1
    message.refresh_from_db()
    assert message.state == "sent" and any(h.lower().startswith("rcpt to:<z@example.org>") for h in heard)

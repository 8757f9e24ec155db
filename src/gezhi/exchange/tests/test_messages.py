"""Real messages: read, placed, relived with their true times, replayed without loss or doubling."""

import datetime as dt
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import orjson
import pytest

from gezhi.engines.history import timeline, verify
from gezhi.exchange import messages, places, replay
from gezhi.kernel.errors import Invalid

HEAD = "message_id,sender,title,sent_at,text,reply,replied_at\n"


def file(tmp_path, *lines):
    path = tmp_path / "m.csv"
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_read_keeps_times_and_unknown_reply_times(tmp_path):
    found = list(messages.read(file(tmp_path, "1,A,路灯,2019-01-02T08:00:00+08:00,不亮,已修,2019-01-05T09:00:00+08:00",
                                    "2,B,噪声,2019-01-02T08:00:00+08:00,太吵,已处理,")))
    assert found[0].replied_at - found[0].sent_at == dt.timedelta(days=3, hours=1)
    assert found[1].replied_at is None and found[1].reply == "已处理"


def test_a_wrong_file_names_its_line(tmp_path):
    with pytest.raises(Invalid, match="2"):
        list(messages.read(file(tmp_path, "1,A,路灯,昨天,不亮,,")))
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Invalid, match="message_id"):
        list(messages.read(path))


def test_coded_places_stand_for_districts_in_order(monkeypatch):
    monkeypatch.setattr(places, "_counties", lambda: ("3205", tuple(f"32050{n}" for n in range(1, 5))))
    assert places.area_of("A2区某路", "A3区") == "320502"
    assert places.area_of("没有地点", "在A3县") == "320503"
    assert places.area_of("A9区") == "320501", "more zones than districts: they wrap"
    assert places.area_of("B2区", "") == "3205"


AT, REPLIED = "2019-01-02T08:00:00+08:00", "2019-01-05T09:00:00+08:00"


@pytest.fixture
def town(live_city, monkeypatch):
    """The small city of the case line, in real transactions; its one item that is not classified is the noise."""
    monkeypatch.setattr(messages, "UNCLASSIFIED", "0103001")
    monkeypatch.setattr(messages, "item_of", lambda code: {"code": code})
    monkeypatch.setattr(messages, "area_of", lambda *_texts: "320508")
    monkeypatch.setattr(messages, "BATCH", 2)
    return live_city


def test_messages_become_closed_cases_and_a_second_run_finds_them(town, tmp_path):
    path = file(tmp_path, f"1,A,路灯,{AT},不亮,已修,{REPLIED}", f"2,B,噪声,{AT},太吵,已处理,",
                f"3,C,水,{AT},停水,已通,{REPLIED}")
    seen = []
    found = messages.load(path, lambda done, total: seen.append((done, total)))
    assert dict(found.count) == {"read": 3, "made": 3, "no_reply_time": 1} and seen == [(2, 3), (3, 3)]
    cases = {c.source_key: c for c in messages.Case.objects.filter(source=messages.SOURCE)}
    assert {c.status for c in cases.values()} == {"closed"} and all(verify(c).whole for c in cases.values())
    one = cases["1"]
    assert (one.reported_at, one.closed_at) == (dt.datetime.fromisoformat(AT), dt.datetime.fromisoformat(REPLIED))
    assert one.public_reply == "已修" and [h.opinion for h in timeline(one) if h.verb == "file"] == [places.NOTE]
    assert cases["2"].excluded and cases["2"].closed_at == cases["2"].reported_at
    assert dict(messages.load(path).count) == {"read": 3, "known": 3}


def test_a_wrong_line_is_named_and_the_others_are_taken(town, tmp_path):
    path = file(tmp_path, f"1,A,路灯,{AT},不亮,已修,{REPLIED}", f"2,B,噪声,昨天,太吵,已处理,{REPLIED}",
                f"3,C,水,{AT},停水,,", f"4,D,水,{REPLIED},停水,已通,{AT}", f"1,A,路灯,{AT},不亮,已修,{REPLIED}",
                f"5,E,电,{AT},停电,已通,明天", f"6,F,气,{AT},,{'长' * 8001},{REPLIED}", f"7,G,路,{AT},坏,修,{REPLIED}")
    found = messages.load(path)
    assert dict(found.count) == {"read": 8, "made": 2, "known": 1, "wrong": 5, "no_reply_time": 0}
    assert [line for line, _why in found.errors] == [3, 4, 5, 7, 8]
    assert sorted(messages.Case.objects.values_list("source_key", flat=True)) == ["1", "7"]


def test_a_class_and_an_item_of_the_file_are_kept(town, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(HEAD.strip() + f",item_code,label\n1,A,垃圾,{AT},成堆,已清,{REPLIED},0102001,市容\n"
                    f"2,A,垃圾,{AT},成堆,已清,{REPLIED},none,\n", encoding="utf-8")
    found = messages.load(path)
    one = messages.Case.objects.get()
    assert (one.item_code, one.item_name, one.labels) == ("0102001", "暴露垃圾", ["市容"])
    assert found.count["wrong"] == 1 and "none" in found.errors[0][1]


def test_a_batch_that_cannot_be_written_is_written_one_by_one(town, tmp_path, monkeypatch):
    write = messages.Plain.write

    def failing(plain, session, chapters):
        if any(c.case.values["source_key"] == "2" for c in chapters):
            raise Invalid("not this one")
        return write(plain, session, chapters)

    monkeypatch.setattr(messages.Plain, "write", failing)
    found = messages.load(file(tmp_path, f"1,A,路灯,{AT},不亮,已修,{REPLIED}", f"2,B,噪声,{AT},太吵,已处理,{REPLIED}"))
    assert (found.count["made"], found.errors) == (1, [(3, "not this one")])


def test_without_the_catalogue_nothing_is_loaded(town, tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "item_of", lambda _code: None)
    with pytest.raises(Invalid, match="catalogue"):
        messages.load(file(tmp_path, f"1,A,路灯,{AT},不亮,已修,{REPLIED}"))


@pytest.mark.parametrize(("rate", "speed", "waits"), [(2, 0, [0.5, 1.0]), (0, 86400, [1.0, 3.0]), (0, 0, [])])
def test_pace(monkeypatch, rate, speed, waits):
    def at(day):
        return messages.Message(str(day), "A", "t", "x", dt.datetime(2019, 1, day, tzinfo=dt.UTC))

    monkeypatch.setattr(replay.time, "monotonic", lambda: 0.0)
    slept = []
    sent = list(replay.paced([at(4), at(1), at(2)], rate=rate, speed=speed, sleep=slept.append))
    assert slept == waits
    assert [m.key for m in sent] == (["1", "2", "4"] if speed else ["4", "1", "2"])


class Door(BaseHTTPRequestHandler):
    """A door that fails on every second try, sometimes after it has kept the report."""

    kept: ClassVar[dict] = {}
    tries = 0
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        Door.tries += 1
        fresh = key not in Door.kept
        if Door.tries % 4 == 1:
            return self._say(503)
        Door.kept.setdefault(key, body)
        if Door.tries % 4 == 3:
            return self._say(500)
        return self._say(201 if fresh else 200)

    def _say(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


def test_sender_tries_until_the_door_has_answered(monkeypatch):
    monkeypatch.setattr(replay, "PAUSES", (0.01,) * 10)
    Door.kept, Door.tries = {}, 0
    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sender = replay.Sender(f"http://127.0.0.1:{server.server_port}", "k", values=lambda m: {"content": m.text})
    wanted = [messages.Message(str(n), "A", "t", f"x{n}", dt.datetime(2019, 1, 1, tzinfo=dt.UTC)) for n in range(20)]
    count = sender.run(wanted, 1, lambda _done: None)
    server.shutdown()
    assert count["sent"] == 20 == len(Door.kept) and count["accepted"] + count["repeated"] == 20
    assert count["tries"] > 20 and not sender.failed
    assert Door.kept["7"] == {"content": "x7"}

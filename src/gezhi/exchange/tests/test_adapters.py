"""Letters, webhooks and spreadsheets become reports, once each; what cannot is said and kept."""

import time
from email.message import EmailMessage

import orjson
import pytest
from django.test import Client

from gezhi.domains.cases.public import Case
from gezhi.exchange import casefile, mailbox, mapping, places, webhook
from gezhi.exchange.adapter import Adapter, ExchangeLog
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "0123456789abcdef-secret"
MAP = {"content": "data.text", "channel": {"const": "iot"}, "source_key": "id", "address": "data.where",
       "urgency": {"path": "data.level", "codes": {"2": "urgent2"}, "else": "normal"},
       "place": {"lon": "data.gps.0", "lat": "data.gps.1"}}


@pytest.fixture(autouse=True)
def city(monkeypatch):
    monkeypatch.setattr(places, "_counties", lambda: ("3205", ("320505",)))


def adapter(**values):
    return write(SYSTEM, "create", Adapter, {"code": "sensor", "name": "水位站", "mode": "webhook", "secret": SECRET,
                                             "mapping": MAP, **values})


def send(body, *, secret=SECRET, at=None, code="sensor"):
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    stamp = str(int(at or time.time()))
    return Client().post(f"/exchange/webhook/{code}", raw, content_type="application/json", headers={
        "X-Timestamp": stamp, "X-Signature": webhook.signature(secret, stamp, raw)})


EVENT = {"id": "e-1", "data": {"text": "积水 30 厘米", "level": 2, "gps": [120.6, 31.3], "where": "某桥下"}}


def test_a_signed_event_becomes_one_case_however_often_it_is_sent():
    adapter()
    first, again = send(EVENT).json(), send(EVENT).json()
    assert (first["code"], again["code"]) == (0, 1301)
    assert first["data"] == again["data"]
    case = Case.objects.get()
    assert (case.urgency, case.channel, case.address, case.source_key) == ("urgent2", "iot", "某桥下", "e-1")
    assert round(case.place.x, 4) == 120.6
    assert list(ExchangeLog.objects.order_by("id").values_list("state", flat=True)) == ["acked", "repeated"]


def test_unsigned_old_and_wrong_events_are_refused():
    adapter()
    assert (send(EVENT, secret="wrong").status_code, send(EVENT, secret="wrong").json()["code"]) == (401, 1001)
    assert send(EVENT, at=time.time() - 400).json()["code"] == 1002
    assert send(b"{").status_code == 400
    wrong = send({"id": "e-2", "data": {}})
    assert wrong.status_code == 422 and "content" in wrong.json()["errors"]
    assert send(EVENT, code="nobody").status_code == 404
    assert not Case.objects.exists()
    assert set(ExchangeLog.objects.values_list("state", flat=True)) == {"refused"}


@pytest.mark.parametrize("wrong", [{"mapping": {"nothing": "x"}}, {"mapping": {"content": 5}}, {"mapping": []},
                                   {"secret": "short"}, {"mode": "mail", "endpoint": ""}])
def test_adapters_that_could_not_work_are_refused(wrong):
    with pytest.raises(Invalid):
        adapter(**wrong)


def test_digging_stops_where_there_is_nothing():
    data = {"a": [{"b": 1}], "c": None}
    assert [mapping.dig(data, p) for p in ("a.0.b", "a.9.b", "a.x", "c.d", "z")] == [1, None, None, None, None]


def letter(number, *, files=(), html=False):
    out = EmailMessage()
    out["From"], out["To"], out["Subject"] = "王演示 <w@example.org>", "box@example.org", f"噪声扰民 {number}"
    out["Message-ID"] = f"<{number}@example.org>"
    out.set_content("<p>夜里<b>施工</b></p><script>x</script>" if html else "夜里施工，无法休息。",
                    subtype="html" if html else "plain")
    for name, data in files:
        out.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return out.as_bytes()


def test_letters_in_a_folder_become_reports_once_with_their_attachments(tmp_path):
    (tmp_path / "1.eml").write_bytes(letter(1, files=[("说明.txt", "现场说明，夜里十一点。\n".encode())]))
    (tmp_path / "2.eml").write_bytes(letter(2, html=True))
    box = adapter(code="box", mode="mail", endpoint=str(tmp_path), mapping={})
    assert mailbox.collect() == {"acked": 2}
    assert mailbox.collect() == {"repeated": 2}
    first, second = Case.objects.order_by("source_key")
    assert first.title == "噪声扰民 1" and first.source_key == "1@example.org" and "w@example.org" in first.content
    assert "施工" in second.content and "<" not in second.content and "script" not in second.content
    box.refresh_from_db()
    assert box.ran_at is not None and box.problem == ""


def test_a_mailbox_that_cannot_be_read_says_so():
    box = adapter(code="box", mode="mail", endpoint="imap://user@127.0.0.1:1/INBOX", mapping={})
    assert mailbox.collect() == {}
    box.refresh_from_db()
    assert box.problem


def sheet(tmp_path, *lines):
    path = tmp_path / "诉求.csv"
    path.write_text("诉求内容,事发地址,联系电话,来源编号\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_spreadsheet_is_tried_then_loaded_and_goes_on_where_it_ended(tmp_path):
    path = sheet(tmp_path, "路灯不亮,某路,13800001234,A-1", "井盖响,某街,,", "缺电话,某巷,abc,A-3")
    trial = casefile.load(SYSTEM, path, trial=True)
    assert (trial.count["made"], trial.count["wrong"]) == (2, 1) and trial.errors[0][0] == 4
    assert not Case.objects.exists()
    assert casefile.load(SYSTEM, path).count["made"] == 2
    again = casefile.load(SYSTEM, path)
    assert (again.count["made"], again.count["known"], Case.objects.count()) == (0, 2, 2)
    assert Case.objects.get(source_key="A-1").reporter_phone == "13800001234"


def test_a_spreadsheet_without_words_is_refused_whole(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with pytest.raises(Invalid, match="诉求内容"):
        casefile.load(SYSTEM, path)
    assert casefile.guess(["正文", "地点"], {"正文": "content"}) == {0: "content"}

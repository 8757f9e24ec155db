"""A person's request about their own data: proved, gathered, answered in time; nobody learns more than they must."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gezhi.domains.cases.origin import origin
from gezhi.domains.cases.public import by_source, progress, report
from gezhi.domains.datarights import following
from gezhi.domains.datarights.models import DataPart, DataRequest
from gezhi.domains.datarights.package import package
from gezhi.domains.programmes.tests.town import Grid
from gezhi.engines.privacy.models import LegalHold, RevealLog
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act, allowed
from gezhi.engines.workflow.queue import waiting
from gezhi.foundation.units.public import public_actor
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db


class Hall(Grid):
    """A grid with an auditor and somebody who takes requests in."""

    def __init__(self):
        super().__init__()
        self.auditor, self.acceptor = (
            self.at(self.post(role, self.station, "3205")) for role in ("auditor", "acceptor"))
        write(SYSTEM, "change", self.old, {"phone": "13812345678"})

    def take(self, kind="copy", **inputs):
        return act(inputs.pop("by", self.acceptor), DataRequest, "take", {
            "kind": kind, "asker": "self", "name": "欧阳小明", "phone": "13812345678", "words": "想知道登记了什么",
            "subject_id_no": self.old.id_no, **inputs})

    def gathered(self, kind="copy"):
        request = act(self.auditor, self.take(kind), "prove", {"proof": "original"})
        return act(self.auditor, request, "gather")


@pytest.fixture
def hall():
    return Hall()


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist()}


def test_a_copy_from_asking_to_answer(hall):
    report(public_actor(), {"channel": "web", "title": "路灯不亮", "content": "门口路灯",
                            "area_code": hall.old.area_code, "reporter_phone": "13812345678"})
    request = hall.take()
    assert timezone.localdate(request.due_at) - timezone.localdate() in (dt.timedelta(30), dt.timedelta(29))
    assert request.light() == "green" and request.query_code.startswith("G")
    request = act(hall.auditor, request, "prove", {"proof": "original"})
    assert request.person == hall.old and request.proved_by_id == hall.auditor.user_id
    request = act(hall.auditor, request, "gather")
    assert request.found == {"person": 1, "case": 1}, "programmes are not among what the auditor is told"
    name, content = package(request, hall.auditor)
    told = unzipped(content)
    assert name == f"{request.query_code}.zip" and set(told) == {"person.json", "case.json", "README.txt"}
    assert json.loads(told["person.json"])[0]["证件号码"] == hall.old.id_no and "13812345678" in told["person.json"]
    assert "关爱" not in str(told) and "门口路灯" not in told["case.json"]
    assert RevealLog.objects.filter(register="data_request", record_id=request.pk, field="copy").count() == 1
    request = act(hall.auditor, request, "answer", {"result": "agreed", "reply": "已当面交付"})
    assert (request.status, request.overtime, request.light()) == ("answered", False, "blue")
    with pytest.raises(Conflict):
        package(request, hall.auditor)
    kept = str([*History.objects.filter(register__in=("data_request", "data_part")).values_list("changes", flat=True),
                *Event.objects.values_list("payload", flat=True)])
    assert hall.old.id_no not in kept and "13812345678" not in kept and "想知道" not in kept


def test_a_programme_is_answered_by_its_unit_alone(hall):
    request = hall.gathered()
    part = DataPart.objects.get()
    clerk = hall.at(hall.clerk)
    assert (part.unit, part.code, part.due_at) == (hall.office, request.query_code, request.due_at)
    register = registry.register("data_part")
    assert permits(register, clerk, "view", part)
    for role in ("auditor", "admin", "leader", "acceptor"):
        assert not permits(register, hall.at(hall.post(role, hall.office, "3205")), "view", part), role
    _name, content = package(part, clerk)
    told = unzipped(content)
    assert set(told) == {"care_person.json", "README.txt"} and "王五" in told["care_person.json"]
    with pytest.raises(Refused):
        package(part, hall.auditor)
    assert act(clerk, part, "answer", {"result": "agreed", "reply": "已当面说明"}).status == "answered"


def test_who_asks_is_proved_as_fits_and_nobody_browses(hall):
    request = hall.take(asker="guardian")
    with pytest.raises(Invalid) as caught:
        act(hall.auditor, request, "prove", {"proof": "original"})
    assert "proof" in caught.value.errors
    assert act(hall.auditor, request, "prove", {"proof": "guardian"}).status == "proved"
    stranger = act(hall.auditor, hall.take(subject_id_no="320508199001011234"), "prove", {"proof": "original"})
    assert stranger.person is None
    stranger = act(hall.auditor, stranger, "gather")
    assert stranger.found == {}
    with pytest.raises(Conflict):
        package(stranger, hall.auditor)
    with pytest.raises(Invalid):
        act(hall.auditor, stranger, "answer", {"result": "agreed", "reply": "好"})
    assert act(hall.auditor, stranger, "answer", {"result": "nothing", "reply": "没有"}).result == "nothing"
    refused = act(hall.auditor, hall.take(), "unproved", {"opinion": "证件与本人不符"})
    assert (refused.result, refused.status) == ("unproved", "answered")


def test_a_correction_goes_to_a_unit_and_comes_back(hall):
    request = hall.gathered("correct")
    clerk = hall.at(hall.clerk)
    assert not permits(registry.register("data_request"), clerk, "view", request)
    request = act(hall.auditor, request, "pass_on", {"unit": hall.office, "opinion": "电话应为新号码"})
    assert [m.name for m in allowed(clerk, request)] == ["corrected"]
    request = act(clerk, request, "corrected", {"opinion": "已改"})
    assert request.status == "gathered" and not permits(registry.register("data_request"), clerk, "view", request)
    assert act(hall.auditor, request, "answer", {"result": "agreed", "reply": "已更正"}).status == "answered"
    with pytest.raises(Conflict):
        act(hall.auditor, hall.gathered("copy"), "pass_on", {"unit": hall.office, "opinion": "无"})


def test_erasure_empties_what_the_law_does_not_keep(hall):
    request = hall.gathered("erase")
    with pytest.raises(Invalid) as caught:
        act(hall.auditor, request, "answer", {"result": "refused", "reply": "不能删除"})
    assert "ground" in caught.value.errors
    hold = write(hall.auditor, "create", LegalHold, {
        "register": "person", "record_id": hall.old.pk, "document": "〔2026〕1", "reason": "诉讼",
        "since": timezone.localdate()})
    with pytest.raises(Invalid) as caught:
        act(hall.auditor, request, "answer", {"result": "agreed", "reply": "已删除", "erase": True})
    assert "erase" in caught.value.errors
    write(hall.auditor, "change", hold, {"until": timezone.localdate()})
    act(hall.auditor, request, "answer", {"result": "agreed", "reply": "已删除", "erase": True})
    hall.old.refresh_from_db()
    assert hall.old.id_no is None and hall.old.phone is None and hall.old.name == "＊＊＊"
    hall.care.refresh_from_db()
    assert hall.care.emergency_name == "王五", "the programme is its unit's to answer for"
    row = History.objects.get(register="person", record_id=hall.old.pk, verb="anonymise")
    assert request.query_code in row.opinion


def test_others_neither_see_nor_answer(hall):
    request = hall.gathered()
    for role in ("admin", "leader", "supervisor", "grid_member", "dispatcher"):
        stranger = hall.at(hall.post(role, hall.station, "3205"))
        assert not permits(registry.register("data_request"), stranger, "view", request), role
        with pytest.raises((Missing, Refused)):
            act(stranger, request, "answer", {"result": "agreed", "reply": "好"})
        with pytest.raises(Refused):
            package(request, stranger)
    assert Query(registry.register("data_request"), hall.acceptor, {}).count().number == 1, "who took it in follows it"
    weak = hall.auditor.__class__(**{**{f: getattr(hall.auditor, f) for f in hall.auditor.__slots__}, "strong": False})
    with pytest.raises(Refused):
        package(request, weak)
    with pytest.raises(Refused):
        act(weak, request, "answer", {"result": "agreed", "reply": "好"})


def test_a_resident_asks_online_and_follows_the_code(hall):
    browser = Client()
    form = browser.get(reverse("public:new", args=["data_request", "take"]))
    request = hall.take(by=public_actor("web"))
    page = browser.get(f"{reverse('public:track')}?code={request.query_code}").content.decode()
    assert form.status_code == 200 and "证件号码" in form.content.decode()
    assert request.unit is None and request.taken_by is None
    assert "受理" in page and "13812345678" not in page and "欧阳" not in page and hall.old.id_no not in page


@pytest.mark.parametrize("left_out", ["name", "phone", "subject_id_no", "words", "kind"])
def test_what_must_be_said_is_asked(hall, left_out):
    with pytest.raises(Invalid) as caught:
        hall.take(**{left_out: ""})
    assert left_out in caught.value.errors


def test_the_desk_sends_the_copy_and_never_keeps_it(hall, monkeypatch):
    request = hall.gathered()
    monkeypatch.setattr("gezhi.surfaces.desk.frame.actor_of_request", lambda _r, via="": hall.auditor.through(via))
    address = f"/desk/data_request/{request.pk}/"
    page = Client().get(address).content.decode()
    assert f"{address}package" in page and "13812345678" not in page
    answer = Client().post(f"{address}package")
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store" and answer.content[:2] == b"PK"
    assert Client().get(f"{address}package").status_code == 405
    monkeypatch.setattr("gezhi.surfaces.desk.frame.actor_of_request", lambda _r, via="": hall.acceptor.through(via))
    assert Client().post(f"{address}package").status_code in (403, 404)


def told(request):
    """The outbox tells what happened to a request."""
    following.follow(Event.objects.filter(register="data_request", record_id=request.pk).latest("id"))
    return by_source("data_request", str(request.pk))


def test_a_request_is_a_case_that_follows_it_and_names_nobody(hall):
    request = hall.take()
    case = told(request)
    order = case.orders.get()
    assert (case.status, order.unit, case.unit) == ("handling", hall.station, hall.station)
    assert (case.limit_value, case.limit_unit, order.limit_value, order.limit_unit) == (
        30, "natural_day", 30, "natural_day")
    assert timezone.localdate(order.due_at) - timezone.localdate() in (dt.timedelta(30), dt.timedelta(29))
    assert case.secret and case.case_no and case.light() == "green" and case.channel == "on_site"
    assert told(request).pk == case.pk and case.orders.count() == 1, "once"
    request = act(hall.auditor, request, "prove", {"proof": "original"})
    request = act(hall.auditor, act(hall.auditor, request, "gather"), "answer", {"result": "agreed", "reply": "已交付"})
    case = told(request)
    assert (case.status, case.outcome, case.overtime) == ("closed", "01", False)
    assert [step["verb"] for step in progress(case)][:2] == ["上报", "依法立案"]
    kept = str([vars(case), *(vars(o) for o in case.orders.all()),
                *(vars(h) for h in History.objects.filter(register__in=("case", "work_order"))),
                *(vars(e) for e in Event.objects.filter(register__in=("case", "work_order")))])
    for secret in (hall.old.name, hall.old.id_no, "13812345678", "想知道", hall.old.area_code, request.query_code,
                   "已交付"):
        assert secret not in kept, secret


def test_officers_find_the_case_in_their_queue_and_the_request_leads_to_it(hall):
    request = hall.take(by=public_actor())
    case = told(request)
    clerk = hall.at(hall.post("unit_clerk", hall.station, "3205"))
    queue = {work.register.name: work.query(clerk, {}).rows() for work in waiting(clerk) if work.count.number}
    assert [order.case_id for order in queue["work_order"]] == [case.pk] and case.channel == "web"
    register = registry.register("data_request")
    panel = next(p for p in register.panels if p.name == "case")
    seen = panel.context(request, hall.auditor)
    assert seen["case"] == case and seen["light"] == "green" and not seen["seen"], "the auditor sees no case by itself"
    assert origin(case, hall.auditor)["record"] == request and origin(case, clerk) is None


def test_what_people_moved_elsewhere_stays_theirs_and_an_unproved_request_ends(hall):
    request = act(hall.auditor, hall.take(), "unproved", {"opinion": "证件与本人不符"})
    case = told(request)
    assert (case.status, case.outcome) == ("closed", "07"), "made up for and ended at once"
    other = hall.take()
    case = told(other)
    act(SYSTEM, case.orders.get(), "return_order", {"reason": "01", "opinion": "应由他人办理"})
    act(hall.auditor, other, "unproved", {"opinion": "证件与本人不符"})
    case = told(other)
    assert case.status != "closed" and case.orders.get().status == "returning"

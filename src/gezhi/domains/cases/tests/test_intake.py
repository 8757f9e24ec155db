"""Reports come in by every channel, once each, however often they are sent."""

import threading

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from gezhi.domains.cases import consumers
from gezhi.domains.cases.case_flow import CaseFlow
from gezhi.domains.cases.models import Case
from gezhi.domains.cases.public import by_source, progress, report
from gezhi.engines.history import timeline, verify
from gezhi.engines.text.model import Guess
from gezhi.engines.text.use import Said
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.public import public_actor
from gezhi.kernel import outbox
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.kinds import kinds_of
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

from .city import GRID, SPOT, when

PLAIN = {"channel": "web", "content": "路灯不亮\n已经三天", "address": "人民路1号", "anonymous": True}


def test_a_plain_report_is_one_statement_and_equals_the_ordinary_door(live_city):
    report(public_actor(), {**PLAIN, "place": SPOT}, source="app", source_key="warm")  # centre and calendar are kept
    with CaptureQueriesContext(connection) as seen:
        case, made = report(public_actor(), {**PLAIN, "place": "120.62,31.30"}, source="app", source_key="1")
    assert made and case.pk
    writes = [q["sql"] for q in seen.captured_queries if not q["sql"].startswith("SELECT")]
    assert len(writes) == 1 and len(seen) <= 3  # limits and calendar are looked up again now and then
    kept = Case.objects.get(pk=case.pk)
    assert (kept.title, kept.area_code, kept.status, kept.centre) == ("路灯不亮", GRID, "reported", live_city.town)
    assert kept.due_at and kept.warn_at < kept.due_at and len(kept.query_code) == 8
    assert kept.tokens and verify(kept).whole
    assert [(r.verb, r.target, r.actor_kind) for r in timeline(kept)] == [("report", "reported", "public")]
    event = Event.objects.get(kind="case.report", record_id=case.pk)
    assert (event.area_code, event.payload["title"], event.payload["channel"]) == (GRID, "路灯不亮", "web")
    slow = act(SYSTEM, Case, "report", {**PLAIN, "place": SPOT})
    for name in ("title", "area_code", "status", "centre_id", "callback_wanted", "urgency", "demand"):
        assert getattr(slow, name) == getattr(kept, name), name
    assert (slow.due_at - slow.reported_at).total_seconds() == pytest.approx(
        (kept.due_at - kept.reported_at).total_seconds(), abs=86400 * 4)


def test_a_repeated_submission_never_makes_two(live_city):
    first, made = report(public_actor(), PLAIN, source="hotline", source_key="K1")
    again, once_more = report(public_actor(), {**PLAIN, "content": "别的内容"}, source="hotline", source_key="K1")
    assert made and not once_more and again == first and again.content == PLAIN["content"]
    other, made = report(public_actor(), PLAIN, source="province", source_key="K1")
    assert made and other != first
    for _n in range(2):
        assert report(public_actor(), PLAIN)[1]  # without a key every report is its own
    assert Case.objects.count() == 4 == Event.objects.filter(kind="case.report").count()
    assert by_source("hotline", "K1") == first and by_source("hotline", "") is None


def test_the_same_key_sent_at_once_by_many_makes_one_case(live_city):
    made, errors = [], []

    def send():
        try:
            made.append(report(public_actor(), PLAIN, source="app", source_key="same"))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and sum(m for _c, m in made) == 1 and len({c.pk for c, _m in made}) == 1
    assert Case.objects.count() == History.objects.filter(register="case").count() == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"content": " "}, "content"), ({"content": None}, "content"), ({"channel": "pigeon"}, "channel"),
    ({"channel": None}, "channel"), ({"address": ""}, "address"), ({"anonymous": False}, "reporter_phone"),
    ({"anonymous": False, "reporter_phone": "abc"}, "reporter_phone"), ({"place": "999,31"}, "place"),
    ({"urgency": "soon"}, "urgency"), ({"title": "长" * 121}, "title"), ({"content": "长" * 8001}, "content"),
    ({"status": "closed"}, "status"), ({"case_no": "AJ1"}, "case_no"), ({"invented": True}, "invented"),
])
def test_wrong_reports_are_refused_with_the_field_and_write_nothing(city, change, field):
    with pytest.raises(Invalid) as caught:
        report(public_actor(), {**PLAIN, **change})
    assert field in caught.value.errors
    assert not Case.objects.exists() and not Event.objects.filter(register="case").exists()


def test_a_grid_worker_must_send_a_photo_and_it_is_tied_to_the_case(city):
    worker = city.actor("grid_member")
    given = {"channel": "grid_app", "content": "井盖破损", "place": SPOT}
    with pytest.raises(Invalid) as caught:
        report(worker, given)
    assert "photos" in caught.value.errors
    photo = city.photo()
    case, made = report(worker, {**given, "photos": [photo]})
    from gezhi.foundation.documents.models import Document

    assert made and case.reported_by_id == worker.user_id and case.photos == [photo]
    assert Document.objects.get(pk=photo).owner_id == case.pk and not case.callback_wanted
    with pytest.raises(Invalid):
        report(city.actor("grid_leader"), {**given, "photos": [city.photo()]})  # somebody else's picture


def test_without_the_permission_nothing_comes_in(city):
    with pytest.raises(Refused):
        report(Actor(kind="app", name="无权程序"), PLAIN)
    with pytest.raises(Refused):
        report(public_actor(), PLAIN, at=when("2026-01-01 09:00"))


def test_sealed_contact_is_found_by_its_number_and_never_told(live_city):
    case, _made = report(public_actor(), {**PLAIN, "anonymous": False, "reporter_phone": "199-0000-0001",
                                          "reporter_name": "王演示"})
    found = registry.register("case").filter_set["reporter_phone"].q("19900000001", SYSTEM)
    assert Case.objects.filter(found).get() == case
    told = str(list(History.objects.values_list("changes", flat=True))) + str(
        list(Event.objects.values_list("payload", flat=True)))
    assert "19900000001" not in told and "王演示" not in told
    with connection.cursor() as cursor:
        cursor.execute("SELECT reporter_phone, reporter_name FROM cases_case")
        assert all(b"1990000" not in bytes(v) for v in cursor.fetchone())


def test_a_person_at_the_desk_of_a_centre_keeps_the_report_in_their_pool(city):
    case, _made = report(city.actor("acceptor"), {**PLAIN, "channel": "on_site", "place": SPOT})
    assert case.centre == city.centre and case.area_code == GRID
    assert case.reported_by_id == city.actor("acceptor").user_id


def test_draft_becomes_a_report(city):
    draft = act(city.actor("acceptor"), Case, "save_draft", {**PLAIN, "place": SPOT})
    assert draft.status == "draft" and draft.due_at is None
    case = act(city.actor("acceptor"), draft, "submit_draft", {})
    assert case.status == "reported" and case.due_at and city.clock(case, "accept")


def test_a_sure_classifier_registers_and_an_unsure_one_leaves_it_to_a_person(live_city, monkeypatch):
    guess = {"垃圾": ("0102001", 0.93), "噪声": ("0103001", 0.6), "神秘": ("9999", 0.99)}
    monkeypatch.setitem(registry._ports, "classify", lambda text: next(
        (Said("item-1", (Guess(*v),)) for k, v in guess.items() if k in text), None))
    cases = {}
    for word in ("垃圾", "噪声", "神秘", "其他"):
        cases[word], _made = report(public_actor(), {**PLAIN, "content": f"{word}问题", "place": SPOT})
    for _turn in range(3):
        outbox.relay(consumers.CONSUMERS)
    now = {word: Case.objects.get(pk=case.pk) for word, case in cases.items()}
    assert {w: c.status for w, c in now.items()} == {
        "垃圾": "registered", "噪声": "reported", "神秘": "reported", "其他": "reported"}
    assert (now["垃圾"].item_name, now["垃圾"].confidence, now["垃圾"].inspect_wanted) == ("暴露垃圾", 0.93, True)


def test_the_outbox_dispatches_what_was_filed_when_one_unit_answers(live_city):
    live_city.duty["0102001"] = [{"unit_id": live_city.cg.pk, "score": 1.0, "reason": "权责清单"}]
    case = live_city.filed()
    for _turn in range(3):
        outbox.relay(consumers.CONSUMERS)
    case = live_city.again(case)
    assert case.status == "pending_sign" and case.orders.get().unit == live_city.cg
    row = next(r for r in timeline(case) if r.verb == "auto_dispatch")
    assert row.actor_kind == "system" and "权责清单" in row.opinion


def test_a_citizen_sees_public_steps_only(city):
    case, _order = city.handled("2026-09-01 09:00")
    city.do("acceptor", case, "remark", "2026-09-01 10:00", opinion="内部备注")
    steps = progress(city.again(case))
    assert [s["verb"] for s in steps][:2] == ["上报", "立案"] and "备注" not in str(steps)
    assert steps[-1]["stage"] == "处置"


def test_the_report_of_another_city_system_is_kept_with_its_true_time(city):
    case, _made = report(SYSTEM, {**PLAIN, "invented": True}, source="import", source_key="2024-1",
                         at=when("2024-03-01 09:30"))
    assert case.reported_at == case.created_at == when("2024-03-01 09:30") and case.invented


def test_report_asks_check_what_the_case_itself_would():
    """Intake reads a report once, by what the move asks for; the case's own kinds must have nothing to add."""
    kinds = kinds_of(Case)
    for ask in CaseFlow.report.ask:
        own = kinds[ask.name]
        if ask.name == "photos":  # documents, read as their ids
            continue
        assert type(ask.kind) is type(own), ask.name
        assert ask.field.choices or ask.field.max_length == own.field.max_length, ask.name
        assert [str(c) for c, _l in ask.field.flatchoices or ()] == [str(c) for c, _l in own.field.flatchoices or ()]
        assert getattr(ask.field, "form", "") == getattr(own.field, "form", ""), ask.name
        assert ask.kind.required == own.required or ask.name in ("title", "channel"), ask.name

"""What the machine reads in a report is kept, shown, taken only by rule, and corrected by people."""

from __future__ import annotations

import pytest

from gezhi.domains.cases import consumers, lessons, limits, locate, understand
from gezhi.domains.cases.case_flow import CaseFlow
from gezhi.domains.cases.limits import StageLimit
from gezhi.domains.cases.models import Case
from gezhi.domains.cases.suggest import suggestions
from gezhi.engines.forms.build import MoveForm
from gezhi.engines.history import timeline
from gezhi.engines.text import signs, suggestion, use
from gezhi.engines.text.model import Guess
from gezhi.engines.text.models import TextSuggestion
from gezhi.engines.text.use import Said
from gezhi.engines.workflow.act import act
from gezhi.foundation.premises.public import StandardAddress
from gezhi.kernel import outbox
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, write
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

from .city import SPOT

SAID = {"垃圾": (Guess("0102001", 0.6), Guess("0103001", 0.25)), "噪声": (Guess("0103001", 0.95),),
        "含糊": (Guess("0102001", 0.12),)}


@pytest.fixture
def reader(live_city, monkeypatch):
    monkeypatch.setitem(registry._ports, "classify", lambda text: next(
        (Said("item-7", guesses) for word, guesses in SAID.items() if word in text), None))
    monkeypatch.setattr(limits, "_kept", (0.0, {}))  # a limit set by one test is not remembered in the next
    signs.forget()
    with door(SYSTEM) as session:
        signs.seed(session)
    return live_city


def relay() -> None:
    for _turn in range(3):
        outbox.relay(consumers.CONSUMERS)


def test_a_suggestion_is_kept_shown_and_begins_the_form(reader):
    case = reader.report(content="路口垃圾成堆")
    relay()
    row = suggestion.of(case, "item")
    assert (row.label, row.confidence, row.mode, row.model_code) == ("0102001", 0.6, "suggest", "item-7")
    assert row.agreed is None and Case.objects.get(pk=case.pk).status == "reported"
    shown = understand.panel(case, reader.actor("acceptor"))
    assert shown["good"] and shown["version"] == "item-7" and [r["share"] for r in shown["rows"]] == [60, 25]
    form = MoveForm(CaseFlow.moves()["complete"], reader.actor("acceptor"), case)
    assert form.fields["item_code"].initial == "0102001"


def test_what_people_choose_is_a_correction_and_teaches(reader):
    wrong, right = reader.report(content="路口垃圾成堆"), reader.report(content="门前垃圾满地")
    relay()
    act(reader.actor("acceptor"), reader.again(wrong), "complete", {"item_code": "0103001"})
    act(reader.actor("acceptor"), reader.again(right), "complete", {"item_code": "0102001"})
    relay()
    first, second = suggestion.of(wrong, "item"), suggestion.of(right, "item")
    assert (first.agreed, first.chosen, second.agreed) == (False, "0103001", True)
    assert first.decided_by and first.decided_at
    taught = {lesson.text.partition("\n")[2]: lesson for lesson in lessons.lessons("item")}
    assert taught["路口垃圾成堆"].label == "0103001" and taught["路口垃圾成堆"].corrected
    assert not taught["门前垃圾满地"].corrected


def test_taken_by_itself_only_from_the_threshold_on_and_the_administrator_sets_it(reader):
    sure, vague = reader.report(content="夜里噪声很大"), reader.report(content="事情含糊")
    relay()
    assert reader.again(sure).status == "registered" and suggestion.of(sure, "item").mode == "automatic"
    assert suggestion.of(vague, "item").mode == "ask" and understand.proposed_item(vague, None) is None
    limit = StageLimit.objects.filter(stage="classify").first()
    if limit is None:
        limit = write(SYSTEM, "create", StageLimit, {"stage": "classify", "value": 2, "unit_of": "share"})
    else:
        write(SYSTEM, "change", limit, {"value": 2})
    later = reader.report(content="又是噪声")
    relay()
    assert reader.again(later).status == "reported" and suggestion.of(later, "item").mode == "suggest"


def test_what_only_the_machine_said_teaches_nothing(reader):
    case = reader.report(content="夜里噪声很大")
    relay()
    assert reader.again(case).item_code == "0103001"
    assert [lesson.label for lesson in lessons.lessons("item")] == [""]


def test_danger_raises_the_urgency_shortens_the_clock_and_calls_a_person(reader):
    case = reader.report(content="三号楼有人落水，快来人")
    before = case.due_at
    relay()
    case = reader.again(case)
    assert case.urgency == "urgent1" and "危及生命" in case.labels
    assert reader.clock(case, "accept").due_at < before and case.due_at == reader.clock(case, "accept").due_at
    row = next(r for r in timeline(case) if r.verb == "mark_signs")
    assert "有人落水" in row.opinion and row.actor_kind == "system"
    assert Event.objects.filter(kind="case.urgent", record_id=case.pk).count() == 1


def test_danger_that_is_past_or_feared_is_no_alarm(reader):
    calm = [reader.report(content=text) for text in (
        "去年这里有人落水，希望加装护栏", "为防止燃气泄漏，请检查管道", "楼道堆物，一旦爆炸了后果严重")]
    relay()
    assert [reader.again(case).urgency for case in calm] == ["normal"] * 3


def test_repeated_and_shared_complaints_are_marked_without_alarm(reader):
    case = reader.report(content="全体业主多次反映电梯坏了，没人管")
    relay()
    case = reader.again(case)
    assert set(case.labels) == {"群体诉求", "重复诉求"} and case.urgency == "normal"
    assert not Event.objects.filter(kind="case.urgent").exists()


def test_the_unit_model_is_heard_in_the_list_of_units_and_corrected_by_the_dispatch(reader, monkeypatch):
    other = reader.cg
    monkeypatch.setattr(use, "say", lambda purpose, text, most=5: Said("unit-2", (Guess(str(other.pk), 0.9),))
                        if purpose == "unit" else None)
    case = reader.filed()
    relay()
    assert suggestion.of(case, "unit").label == str(other.pk)
    listed = suggestions(reader.again(case))
    assert listed and listed[0].unit == other and listed[0].text == 0.9
    case = reader.again(case)
    if case.status == "pending_dispatch":
        reader.give(case)
    relay()
    assert suggestion.of(case, "unit").agreed is True


def test_a_report_is_judged_once(reader):
    case = reader.report(content="路口垃圾成堆")
    relay()
    with door(SYSTEM) as session:
        assert suggestion.remember(session, case, "item", Said("item-8", SAID["噪声"]), "ask") is None
    assert TextSuggestion.objects.filter(record_id=case.pk).count() == 1


def test_the_place_in_the_words_is_proposed_shown_and_judged(reader):
    write(SYSTEM, "create", StandardAddress, {"area_code": "320508001001", "estate": "湖滨花园", "building_no": "3",
                                              "place": SPOT})
    case = reader.report(content="昨天晚上八点起，湖滨花园3幢楼下一直有人放音响", place=None, address="湖滨花园",
                         area_code="320508")
    relay()
    row = suggestion.of(case, "place")
    assert row.mode == "suggest" and row.confidence > 0.9 and row.model_code.startswith("addresses-")
    assert row.others[0][3] == "湖滨花园3幢"
    form = MoveForm(CaseFlow.moves()["complete"], reader.actor("acceptor"), reader.again(case))
    assert form.fields["place"].initial is not None
    shown = locate.panel(reader.again(case))
    assert shown["rows"][0]["share"] > 90 and [w.words for w in shown["times"]] == ["昨天晚上八点"]
    assert reader.again(case).place is None  # proposed, never taken by itself
    act(reader.actor("acceptor"), reader.again(case), "complete", {"item_code": "0102001", "place": SPOT})
    relay()
    assert suggestion.of(case, "place").agreed is True


def test_a_report_with_a_point_is_not_located_again(reader):
    case = reader.report(content="湖滨花园3幢楼下有人放音响")
    relay()
    assert suggestion.of(case, "place") is None and locate.proposed_point(case, None) is None

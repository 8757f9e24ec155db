"""Cases passed around, blind spots in duty, and departments that work elsewhere."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from gezhi.domains.cases.ledger import bounce, survey
from gezhi.domains.cases.models import BlindSpot, Bounce, WorkOrder
from gezhi.domains.cases.moves import outside
from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue import ports as catalogue
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Missing, Refused
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

from .test_ledger import event, returned, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruled(city, monkeypatch):
    """The small city with a real, empty matrix."""
    monkeypatch.setitem(registry._ports, "duty_grounds", catalogue.weighed)
    return city


def station(unit, status="returned"):
    return {"unit_id": unit, "status": status}


@pytest.mark.parametrize(("stations", "moves", "kind"), [
    ([station(1), station(2, "handling")], 1, None),
    ([station(1), station(2), station(1, "pending_sign")], 2, "ping_pong"),
    ([station(1), station(2, "returning")], 1, "round"),
    ([station(1, "cancelled"), station(2, "cancelled"), station(3, "cancelled"), station(4, "handling")], 3, "often"),
    ([station(1, "cancelled"), station(1, "handling")], 1, None),
])
def test_how_passing_around_is_told(stations, moves, kind):
    seen = bounce.look(stations, moves)
    assert (seen.kind if seen else None) == kind


def passed_around(city, case):
    """Urban management and then the environment bureau give the case back."""
    order = returned(city, case)
    city.do("reviewer", order.applications.get(), "approve", opinion="同意")
    case = city.give(city.again(case), unit=city.hb.pk)
    returned(city, case, of=city.hb)
    return city.again(case)


def test_a_bounced_case_gets_an_arbiter_whose_word_is_final(ruled):
    case = passed_around(ruled, ruled.dispatched())
    claim = case.claims.latest("id")
    bounce.watch(event("claim.raised", claim))
    bounce.watch(event("claim.raised", claim))
    found = Bounce.objects.get()
    assert (found.kind, found.chain, found.refused) == ("round", [ruled.cg.pk, ruled.hb.pk], [ruled.cg.pk, ruled.hb.pk])
    assert found.arbiter == ruled.root and "sz单位" in found.why
    for who in ("dispatcher", "shift_leader"):  # the county's: the units are the city's
        with pytest.raises(Refused):
            act(ruled.actor(who), found, "settle", {"unit": ruled.cg.pk, "opinion": "由城管办理"})
    found = act(ruled.actor("shift_leader", ruled.root), found, "settle", {
        "unit": ruled.cg.pk, "opinion": "由城管办理"})
    case = ruled.again(case)
    assert (found.status, case.unit, case.status) == ("settled", ruled.cg, "pending_sign")
    assert case.decisions.latest("id").how == "arbitrated" and claim.__class__.objects.get(pk=claim.pk).finished_at
    with pytest.raises(Conflict, match="不能再次退回"):
        returned(ruled, case)


def test_the_survey_registers_what_units_pass_around_and_what_no_row_names(ruled):
    for _n in range(2):
        case = passed_around(ruled, ruled.dispatched())
        ruled.do("reviewer", case.applications.filter(decided_at=None).get(), "approve", opinion="同意")
        ruled.give(ruled.again(case), unit=ruled.ga.pk)
    assert survey.survey() == 1
    spot = BlindSpot.objects.get()
    assert (spot.kind, spot.item_code, spot.area_code, spot.count, spot.status) == (
        "gap", "0102001", "320508", 2, "found")
    assert {(r["refused"], r["took"], r["n"]) for r in spot.units} == {(ruled.cg.pk, None, 2), (ruled.hb.pk, None, 2)}
    assert "新增清单行" in spot.suggestion and spot.no.startswith("MQ")
    assert survey.survey() == 1 and BlindSpot.objects.count() == 1, "known ones are brought up to date"
    with pytest.raises(Refused):
        act(ruled.actor("dispatcher"), spot, "decide", {"unit": ruled.ga.pk, "opinion": "由公安办理"})
    spot = act(ruled.actor("shift_leader"), spot, "decide", {"unit": ruled.ga.pk, "opinion": "由公安办理"})
    proposal = spot.proposals.get()
    assert (proposal.kind, proposal.unit, proposal.source) == ("add", ruled.ga, "blind_spot")
    act(SYSTEM, proposal, "replayed", {"result": {"changed": 0}})
    act(ruled.actor("admin", ruled.root), ruled.again(proposal), "adopt", {"opinion": "同意"})
    assert ruled.again(spot).status == "matrix_updated"
    assert catalogue.duties("0102001", "320508001")[0]["unit_id"] == ruled.ga.pk


def test_rows_that_cross_and_items_without_a_row_are_found_without_any_refusal(ruled):
    for _n in range(survey.PAIR_LEAST):
        ruled.give(ruled.filed(item="0103001"))
        ruled.give(ruled.filed())
    row("0102001", "3205", ruled.cg), row("0102001", "3205", ruled.hb)
    survey.survey()
    assert dict(BlindSpot.objects.values_list("item_code", "kind")) == {"0103001": "gap", "0102001": "overlap"}


def test_likeness_of_words_joins_cases_of_different_items():
    same = survey.cosine(survey.grams("小区北门外的化粪池满溢无人管"), survey.grams("小区北门外化粪池满溢，没人管"))
    other = survey.cosine(survey.grams("小区北门外的化粪池满溢无人管"), survey.grams("夜间工地施工噪声扰民"))
    assert same >= survey.ALIKE > other


def outside_city(city, mode):
    write(SYSTEM, "change", city.cg, {"mode": mode})
    city.cg.refresh_from_db()
    return city.dispatched().orders.get()


def program(city, unit):
    grants = {"work_order.sync": ("unit",), "work_order.view": ("unit",)}
    return Actor(kind="app", name="城管自有系统", role="app", unit_id=unit.pk, unit_path=unit.path, grants=grants)


def test_a_department_with_its_own_system_syncs_and_does_not_work_here(ruled):
    order = outside_city(ruled, "loose")
    with pytest.raises(Conflict, match="自有系统"):
        ruled.do("unit_clerk", order, "sign")
    app, now = program(ruled, ruled.cg), timezone.now()
    with pytest.raises((Refused, Missing)):
        act(program(ruled, ruled.hb), order, "sync", {"state": "received"})
    order = act(app, order, "sync", {"state": "working", "outside_no": "CG-88", "at": now - dt.timedelta(minutes=2)})
    assert (order.outside_no, ruled.again(order).status) == ("CG-88", "handling")
    assert ruled.again(order.case).status == "handling"
    late = act(app, ruled.again(order), "sync", {"state": "received", "at": now - dt.timedelta(minutes=9)})
    assert late.outside_state == "working", "what arrives late is noted only"
    act(app, ruled.again(order), "sync", {"state": "done", "result": "已清运", "reply": "已经清运完毕", "outcome": "01",
                                          "contact_method": "phone", "at": now - dt.timedelta(minutes=1)})
    order, case = ruled.again(order), ruled.again(order.case)
    assert (order.status, order.reply, case.status) == ("submitted", "已经清运完毕", "pending_review")
    after = act(app, order, "sync", {"state": "working"})
    assert (after.status, after.outside_state) == ("submitted", "done"), "kept as a note, not lost, changes nothing"


def test_its_refusal_is_a_claim_like_any_other(ruled):
    order = outside_city(ruled, "loose")
    act(program(ruled, ruled.cg), order, "sync", {"state": "refused", "reason": "02", "result": "事发地不在我区"})
    claim = ruled.again(order).claims.get()
    assert (claim.kind, ruled.again(order).status) == ("02", "returning")


def test_a_watched_department_signs_nothing_and_the_centre_notes_its_word(ruled):
    order = outside_city(ruled, "watched")
    outside.given([Event.objects.get(kind="work_order.open", record_id=order.pk)])
    order = ruled.again(order)
    assert order.status == "handling" and not order.unsigned_late
    with pytest.raises(Conflict, match="只监督考核"):
        ruled.submit(order)
    with pytest.raises(Refused):
        act(ruled.actor("unit_clerk"), order, "note_state", {"state": "working"})
    ruled.do("dispatcher", order, "note_state", state="done", result="已办结", reply="已答复群众",
             contact_method="phone")
    assert ruled.again(order).status == "submitted"
    with pytest.raises(Conflict, match="平台内办理"):
        write(SYSTEM, "change", Unit.objects.get(pk=ruled.cg.pk), {"mode": "inside"})
        inside = ruled.dispatched().orders.get()
        ruled.do("dispatcher", inside, "note_state", state="working")


def test_orders_that_fell_silent_are_listed(ruled):
    order = outside_city(ruled, "loose")
    register = registry.register("work_order")
    silent = register.filter_set["silent"].q
    found = WorkOrder.objects.filter(silent("1", ruled.actor("dispatcher")))
    assert not found.exists()
    write(SYSTEM, "change", order, {"opened_at": timezone.now() - dt.timedelta(days=5)})
    assert list(found.all()) == [order]

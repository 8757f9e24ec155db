"""The ledger of responsibility: grounds of dispatches, claims, arbitration, revisions of the matrix, replay."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gezhi.domains.cases import consumers, understand
from gezhi.domains.cases.ledger import arbitration, clockwork, dossier, explain, revision
from gezhi.domains.cases.models import Claim, DispatchDecision, DutyProposal
from gezhi.domains.cases.suggest import suggestions
from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act, allowed
from gezhi.foundation.catalogue import ports as catalogue
from gezhi.foundation.catalogue.models import Responsibility
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

from .city import when

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 1, 1)


@pytest.fixture
def ruled(city, monkeypatch):
    """The small city with a real matrix: rubbish belongs to the urban management of the whole city."""
    monkeypatch.setitem(registry._ports, "duty_grounds", catalogue.weighed)
    city.row = row("0102001", "3205", city.cg)
    city.wide = row("0102", "3205", city.hb)
    return city


def row(scope, area, unit, **more):
    return write(SYSTEM, "create", Responsibility, {"scope": scope, "area_code": area, "unit": unit, "valid_from": DAY,
                                                    **more})


def event(kind, case):
    return Event.objects.filter(kind=kind, record_id=case.pk).latest("id")


def returned(city, case, reason="01", of=None, **more):
    """The unit signs and claims that the order is not its duty."""
    order = case.orders.filter(unit=of or city.cg).latest("id")
    return city.do("unit_clerk", order, "return_order", of=of, reason=reason, opinion="不属于我单位的职责范围", **more)


def test_a_dispatch_keeps_the_row_its_version_the_facts_and_the_rows_that_lost(ruled):
    old = row("0102001", "3205", ruled.ga, valid_to=dt.date(2024, 6, 30))
    case = ruled.dispatched()
    kept = case.decisions.get()
    assert (kept.how, kept.unit, kept.duty, kept.duty_version, kept.score) == (
        "dispatch", ruled.cg, ruled.row, "1.1", 1.0)
    assert kept.facts["item_code"] == "0102001" and kept.facts["area_code"] == case.area_code
    lost = {line["row"]: line["lost"] for line in kept.rows}
    assert lost == {ruled.row.pk: "", ruled.wide.pk: "item", old.pk: "over"}
    assert verify(kept).whole
    shown = explain.decision(kept, ruled.actor("dispatcher"))["decisions"][0]
    assert {line["why"] for line in shown["lines"]} == {"", "事项不如胜出的行具体", "该行已失效"}
    write(SYSTEM, "change", ruled.row, {"legal_basis": "条例第五条"})
    again = ruled.dispatched()
    assert again.decisions.get().duty_version == "1.2", "an edited row is another version"


def test_two_rows_that_tie_lose_to_each_other_and_a_person_decides(ruled):
    twin = row("0102001", "3205", ruled.ga)
    case = ruled.filed()
    consumers.dispatch(event("case.file", case))
    assert ruled.again(case).status == "pending_dispatch" and not case.decisions.exists()
    shown = explain.live(case, ruled.actor("dispatcher"))
    assert {line["row"] for line in shown["lines"] if line["lost"] == "tie"} == {ruled.row.pk, twin.pk}
    assert "同分" in shown["by_hand"]


def test_automatic_dispatch_names_row_and_version_and_asks_no_more_than_before(ruled):
    consumers.dispatch(event("case.file", ruled.filed()))  # what processes keep is kept
    case = ruled.filed()
    with CaptureQueriesContext(connection) as seen:
        consumers.dispatch(event("case.file", case))
    kept, case = case.decisions.get(), ruled.again(case)
    assert case.auto_dispatched and (kept.how, kept.duty, kept.decided_by) == ("auto_dispatch", ruled.row, "系统")
    assert case.orders.get().reason.endswith(f"{ruled.row.pk} 1.1")
    assert len(seen) < BEFORE, f"{len(seen)} statements"


BEFORE = 25
"""Statements of an automatic dispatch before the ledger was kept, counted the same way."""


@pytest.mark.parametrize(("change", "why"), [
    ({"auto": False}, "不允许自动派遣"), ({"active": False}, "没有为该事项单列")])
def test_the_row_says_whether_the_system_dispatches(ruled, change, why):
    write(SYSTEM, "change", ruled.row, change)
    case = ruled.filed()
    consumers.dispatch(event("case.file", case))
    assert ruled.again(case).status == "pending_dispatch"
    assert why in explain.live(case, ruled.actor("dispatcher"))["by_hand"]


def test_a_persons_choice_is_remembered_beside_the_ranking_and_teaches(ruled):
    first = ruled.give(ruled.filed(), unit=ruled.hb.pk)
    understand.decided(event("case.dispatch", first))
    kept = first.decisions.get()
    assert (kept.advised, kept.agreed, kept.place) == (ruled.cg, False, 2)
    assert [one["unit_id"] for one in kept.ranking] == [ruled.cg.pk, ruled.hb.pk]
    case = ruled.filed()
    known = {one.unit: one for one in suggestions(case)}
    assert known[ruled.hb].history == 1.0 and known[ruled.cg].history == 0, "what is at work counts already"
    claim = returned(ruled, first, of=ruled.hb).claims.get()
    ruled.do("reviewer", claim, "uphold", opinion="应由城管办理", owner=ruled.cg.pk, give=False, propose=False)
    assert {one.unit: one.history for one in suggestions(case)}.get(ruled.hb, 0) == 0, "a granted return unteaches"


def test_the_panel_says_what_would_change_the_first_place(ruled):
    case = ruled.filed()
    said = explain.live(case, ruled.actor("dispatcher"))
    assert [one["unit"] for one in said["ranked"]] == ["cg单位", "hb单位"]
    words = " ".join(said["changes"])
    assert f"清单行 {ruled.row.pk}（版本 1.1）停用或失效，将改为推荐“hb单位”" in words
    assert "事发地不在" in words and "承办占比由 0% 升到" in words
    # what it says of history holds: one per mille more than the gap, and the other unit stands first
    first, second = said["ranked"]
    gap = first["score"] - second["score"]
    assert second["score"] + 0.25 * (gap / 0.25 + 0.001) > first["score"]


def test_a_claim_has_a_short_clock_of_its_own_and_the_citizens_never_stops(ruled):
    case, order = ruled.handled("2026-09-01 09:00")
    due = case.due_at
    order = ruled.do("unit_clerk", order, "return_order", "2026-09-01 10:00", reason="07", opinion="地块权属未定",
                     proper=ruled.hb.pk)
    claim, case = order.claims.get(), ruled.again(case)
    assert (claim.kind, claim.duty, claim.duty_version, claim.proper) == ("07", ruled.row, "1.1", ruled.hb)
    assert claim.due_at == when("2026-09-01 16:00") and claim.light(when("2026-09-01 16:30")) == "red"
    assert order.paused and not case.paused and case.due_at == due
    for name in ("handle", "total"):
        assert ruled.clock(case, name).paused_at is None
    ruled.do("reviewer", claim, "dismiss", "2026-09-01 14:00", opinion="按清单应由你单位办理")
    claim, order = ruled.again(claim), ruled.again(order)
    assert (claim.status, order.status, order.due_at) == ("dismissed", "handling", due) and verify(claim).whole
    assert order.applications.get().status == "refused" and ruled.again(case).due_at == due


def test_who_decides_a_claim_and_who_may_not(ruled):
    case = ruled.dispatched()
    claim = returned(ruled, case).claims.get()
    words = {"opinion": "同意"}
    for who, of in (("unit_clerk", None), ("dispatcher", None), ("handler", None)):
        with pytest.raises((Refused, Missing)):
            act(ruled.actor(who, of), claim, "uphold", words)
    elsewhere = ruled.unit("wz", "centre", ruled.root, level="county", area="320506")
    with pytest.raises(Missing):
        act(ruled.actor("reviewer", elsewhere), claim, "uphold", words)
    assert not allowed(ruled.actor("reviewer", elsewhere), claim)
    claim = act(ruled.actor("reviewer"), claim, "escalate", words)
    assert claim.arbiter == ruled.root, "the department is the city's, so the city's centre decides"
    with pytest.raises(Refused):
        act(ruled.actor("reviewer"), claim, "dismiss", words)
    with pytest.raises(Conflict, match="当前状态"):
        act(ruled.actor("reviewer", ruled.root), claim, "escalate", words)
    assert act(ruled.actor("reviewer", ruled.root), claim, "dismiss", words).status == "dismissed"


def upheld(city, claim, **more):
    return act(city.actor("reviewer"), claim, "uphold", {
        "opinion": "经核，应由环保部门办理", "owner": city.hb.pk, "give": True, "propose": True, **more})


def test_the_finding_becomes_a_version_of_the_row_replayed_and_adopted(ruled):
    past = [ruled.dispatched() for _n in range(3)]
    other = ruled.give(ruled.filed(), unit=ruled.hb.pk)  # a dispatcher who knew better
    case = ruled.dispatched()
    claim = upheld(ruled, returned(ruled, case).claims.get(), kind="08")
    case = ruled.again(case)
    last = case.decisions.latest("id")
    assert (claim.status, claim.kind, claim.owner) == ("upheld", "08", ruled.hb)
    assert (case.status, case.unit, last.how) == ("pending_sign", ruled.hb, "arbitrated")
    assert case.decisions.earliest("id").returned and not last.returned
    with pytest.raises(Conflict, match="仲裁指定"):
        returned(ruled, case, of=ruled.hb)
    proposal = claim.proposals.get()
    assert (proposal.kind, proposal.base, proposal.unit, proposal.source) == ("change", ruled.row, ruled.hb, "claim")
    admin = ruled.actor("admin", ruled.root)
    with pytest.raises(Conflict, match="回放"):
        act(admin, proposal, "adopt", {"opinion": "同意"})
    revision.run(proposal.pk, 90)
    proposal = ruled.again(proposal)
    assert proposal.result["cases"] == 5 and proposal.result["changed"] == 5
    assert (proposal.result["right_before"], proposal.result["right_after"], proposal.result["spared"]) == (3, 2, 1)
    assert set(revision.hits(str(proposal.pk)).values_list("case_id", flat=True)) == {
        c.pk for c in (*past, other, case)}
    shown = revision.shown(proposal, ruled.actor("dispatcher"))
    assert shown["flows"] == [("cg单位", "hb单位", 5)] and len(shown["cases"]) == 5
    for who, of in (("dispatcher", None), ("dispatcher", ruled.root), ("supervisor", ruled.root)):
        with pytest.raises((Refused, Missing)):
            act(ruled.actor(who, of), proposal, "adopt", {"opinion": "同意"})
    proposal = act(admin, proposal, "adopt", {"opinion": "同意", "start": timezone.localdate() + dt.timedelta(days=1)})
    old, new = ruled.again(ruled.row), proposal.adopted
    assert (new.no, new.base, new.unit, old.valid_to) == (2, old, ruled.hb, timezone.localdate())
    assert ruled.dispatched().decisions.get().duty == old, "until its day the old version holds"
    assert past[0].decisions.get().duty == old and past[0].decisions.get().duty_version == "1.1"
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    assert catalogue.duties("0102001", "320508001", soon)[0]["version"] == "2.1"
    assert verify(old).whole and verify(new).whole and verify(proposal).whole


def test_a_row_edited_after_the_proposal_must_be_looked_at_again(ruled):
    claim = upheld(ruled, returned(ruled, ruled.dispatched()).claims.get())
    proposal = claim.proposals.get()
    revision.run(proposal.pk, 30)
    write(SYSTEM, "change", ruled.row, {"legal_basis": "新条例"})
    with pytest.raises(Conflict, match="被修改过"):
        act(ruled.actor("admin", ruled.root), ruled.again(proposal), "adopt", {"opinion": "同意"})


def test_precedents_stand_beside_the_next_claim_of_the_kind(ruled):
    first = upheld(ruled, returned(ruled, ruled.dispatched()).claims.get(), propose=False)
    claim = returned(ruled, ruled.dispatched()).claims.get()
    seen = dossier.precedents(claim, ruled.actor("reviewer"))
    assert seen["rows"] == [first] and (seen["upheld"], seen["dismissed"]) == (1, 0)
    assert upheld(ruled, claim, propose=False).precedent == first


def test_a_decision_on_the_application_settles_the_claim_and_taking_back_drops_it(ruled):
    order = returned(ruled, ruled.dispatched())
    ruled.do("reviewer", order.applications.get(), "approve", opinion="同意退回")
    assert order.claims.get().status == "upheld"
    order = returned(ruled, ruled.dispatched())
    ruled.do("unit_clerk", order.applications.get(), "take_back", opinion="已协调一致")
    assert order.claims.get().status == "dropped" and ruled.again(order).status == "pending_sign"
    case = ruled.dispatched()
    order = returned(ruled, case)
    ruled.give(ruled.again(case), move="reassign", unit=ruled.hb.pk, opinion="直接改派")
    assert order.claims.get().status == "dropped"


def test_nobody_goes_past_the_arbiter_of_a_claim_that_was_handed_up(ruled):
    case = ruled.dispatched()
    order = returned(ruled, case)
    claim, application, words = order.claims.get(), order.applications.get(), {"opinion": "直接同意"}
    claim = act(ruled.actor("reviewer"), claim, "escalate", {"opinion": "两家都是市级部门"})
    for who in ("reviewer", "shift_leader"):
        for move in ("approve", "refuse"):
            with pytest.raises(Conflict, match=r"sz单位.*裁定"):
                act(ruled.actor(who), application, move, words)
        assert not {"approve", "refuse"} & {m.name for m in allowed(ruled.actor(who), application)}
    with pytest.raises(Conflict, match=r"sz单位.*裁定"):
        ruled.give(ruled.again(case), move="reassign", unit=ruled.hb.pk, opinion="直接改派")
    assert (ruled.again(order).status, ruled.again(claim).status) == ("returning", "escalated")
    act(ruled.actor("reviewer", ruled.root), application, "refuse", words)
    assert (ruled.again(order).status, ruled.again(claim).status) == ("pending_sign", "dismissed")
    assert ruled.give(ruled.again(case), move="reassign", unit=ruled.hb.pk, opinion="裁定后改派").unit == ruled.hb


def test_a_claim_nobody_decides_in_time_goes_up(ruled):
    _case, order = ruled.handled("2026-09-01 09:00")
    ruled.do("unit_clerk", order, "return_order", "2026-09-01 10:00", reason="02", opinion="不在本辖区内")
    claim = Claim.objects.get()
    assert claim.arbiter == ruled.town
    assert clockwork.hand_up(when("2026-09-01 14:30")) == 0
    assert clockwork.hand_up(when("2026-09-01 17:00")) == 1
    claim = ruled.again(claim)
    assert (claim.status, claim.arbiter) == ("escalated", ruled.root) and claim.due_at > when("2026-09-02 08:00")
    assert clockwork.hand_up(when("2026-09-20 17:00")) == 0, "nobody stands above"
    assert arbitration.above(ruled.town) == ruled.centre and arbitration.above(ruled.root) is None
    assert arbitration.arbiter_of([ruled.town], ruled.centre) == ruled.centre


def test_practice_against_the_matrix_proposes_a_row_once(ruled):
    for _n in range(clockwork.PRACTICE_LEAST):
        ruled.give(ruled.filed(), unit=ruled.ga.pk)
    assert clockwork.learn() == 1 and clockwork.learn() == 0
    proposal = DutyProposal.objects.get()
    assert (proposal.source, proposal.unit, proposal.area_code, proposal.scope) == (
        "practice", ruled.ga, "320508", "0102001")


@pytest.mark.parametrize(("inputs", "field"), [
    ({"kind": "add", "scope": "010", "opinion": "x"}, "scope"), ({"kind": "change", "opinion": "x"}, "base"),
    ({"kind": "add", "scope": "0102001", "opinion": "x"}, "unit")])
def test_what_a_proposal_must_say(ruled, inputs, field):
    with pytest.raises(Invalid) as told:
        act(ruled.actor("supervisor"), DutyProposal, "propose", {"area_code": "320508", **inputs})
    assert field in told.value.errors


def test_units_see_their_own_dispatches_in_the_ledger(ruled):
    from gezhi.kernel.access import sight

    ruled.dispatched()
    ruled.give(ruled.filed(), unit=ruled.hb.pk)
    register = registry.register("dispatch_decision")
    seen = DispatchDecision.objects.filter(sight(register, ruled.actor("unit_clerk", ruled.hb)))
    assert [one.unit for one in seen] == [ruled.hb]

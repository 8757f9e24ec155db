"""Supervision: orders from rule to verdict, cards from issue to appeal, remarks, samples that can be drawn again."""

import datetime as dt

import pytest
from django.utils import timezone

from gezhi.domains.cases.oversight import checks, evaluation, gaming, mining, panels, paths, sweep
from gezhi.engines.notify.message import Message
from gezhi.engines.notify.tell import consume
from gezhi.engines.rules import force
from gezhi.engines.rules import sweep as rule_sweep
from gezhi.engines.rules.version import RuleVersion
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.records import Event, History

from .city import CHINA, m, when

pytestmark = pytest.mark.django_db
HELD = {"name": "超期督办", "subject": "case", "opinion": "督办办法", "measure": "overdue", "value": 8,
        "conditions": [{"fact": "stage", "op": "in", "value": "handle"}], "reply": {"value": 1, "unit": "work_day"}}


@pytest.fixture(autouse=True)
def fresh():
    force.forget()
    yield
    force.forget()


def ruled(city, level):
    """A case of which a supervision rule of a level has just found that it is eight hours overdue."""
    version = city.do("admin", RuleVersion, "declare_supervision", "2026-09-15 09:00", **HELD, level=level)
    city.do("admin", version, "submit", "2026-09-15 09:00")
    city.do("supervisor", version, "approve", "2026-09-15 09:00")
    force.forget()
    case = city.dispatched("2026-09-16 09:00")
    assert rule_sweep.sweep(when("2026-09-18 18:00")) == 0
    assert rule_sweep.sweep(when("2026-09-20 18:00")) == 1
    event = Event.objects.get(kind="case.rule_supervision")
    sweep.raised(event)
    sweep.raised(event)
    return case


def late(city, at="2026-09-16 09:00"):
    """A case whose unit handed its result in two days late, closed."""
    case, order = city.handled(at)
    city.submit(order, "2026-09-22 10:00")
    return city.again(case), city.again(order)


def test_a_rule_issues_a_numbered_order_once_and_the_unit_answers(city):
    clerk = city.actor("unit_clerk")
    case = ruled(city, "normal")
    order = m.SupervisionOrder.objects.get()
    assert (order.status, order.source, order.rule, order.unit_id) == ("issued", "rule", "DB-0001 v1", city.cg.pk)
    assert order.no.startswith("DB320508") and order.points == 0.5 and "超期满 8 小时时" in order.text
    assert order.due_at is not None
    event = Event.objects.get(kind="supervision_order.issue")
    event.at = dt.datetime.now(dt.UTC)
    consume(event)
    told = Message.objects.filter(link_register="supervision_order", channel="inbox")
    assert [t.staff_id for t in told] == [clerk.user_id]
    order = city.do("unit_clerk", order, "sign")
    order = city.do("unit_clerk", order, "reply", opinion="已安排人员")
    assert (order.status, order.answer) == ("replied", "已安排人员")
    order = city.do("supervisor", order, "send_back", opinion="请附照片")
    assert (order.status, order.sent_back) == ("signed", 1) and order.due_at > timezone.now()
    order = city.do("unit_clerk", order, "reply", opinion="照片已附")
    order = city.do("supervisor", order, "close", verdict="settled")
    assert (order.status, order.verdict, order.points, order.case_id) == ("closed", "settled", 0.5, case.pk)


def test_what_is_listed_waits_for_a_leader(city):
    ruled(city, "listed")
    order = m.SupervisionOrder.objects.get()
    assert (order.status, order.due_at) == ("proposed", None)
    with pytest.raises(Conflict, match="领导"):
        city.do("supervisor", order, "adopt")
    order = city.do("leader", order, "adopt", opinion="限期整改")
    assert order.status == "issued" and order.text.endswith("限期整改") and order.points == 2
    assert city.do("leader", order, "revoke", opinion="已协调").points == 0
    with pytest.raises(Invalid, match="领导"):
        city.do("supervisor", city.dispatched(), "supervise", level="listed", opinion="挂牌")


@pytest.mark.parametrize("role", ["unit_clerk", "handler", "acceptor", "grid_member"])
def test_others_neither_order_nor_give_cards(city, role):
    case = city.dispatched()
    with pytest.raises((Refused, Missing)):
        city.do(role, m.SupervisionOrder, "issue", case=case, opinion="督办")
    with pytest.raises((Refused, Missing)):
        city.do(role, case, "give_card", colour="red", reason="procedure", opinion="发牌")
    assert not m.SupervisionOrder.objects.exists() and not m.Card.objects.exists()


def test_another_unit_neither_sees_nor_answers(city):
    order = act(city.actor("supervisor"), m.SupervisionOrder, "issue", {"case": city.dispatched(), "opinion": "请说明"})
    with pytest.raises((Refused, Missing)):
        city.do("unit_clerk", order, "reply", of=city.hb, opinion="不是我们")
    with pytest.raises(Refused):
        city.do("supervisor", order, "reply", opinion="代答")


def test_silence_costs_more_and_earns_a_red_card_once(city):
    order = act(SYSTEM, m.SupervisionOrder, "issue", {"case": city.dispatched("2026-09-16 09:00"), "opinion": "请说明"},
                at=when("2026-09-16 09:00"))
    assert sweep.missed_replies(when("2026-09-18 08:59")) == 0
    assert sweep.missed_replies(when("2026-09-18 09:01")) == 1
    assert sweep.missed_replies(when("2026-09-18 09:02")) == 0
    order, card = city.again(order), m.Card.objects.get()
    assert (order.missed, order.points, order.status) == (True, 1.5, "issued")
    assert (card.colour, card.reason, card.points, card.unit_id) == ("red", "no_reply", 3, city.cg.pk)


def test_a_rule_gives_a_card_and_time_makes_it_stand(city):
    ruled(city, "yellow")
    card = m.Card.objects.get()
    assert (card.colour, card.reason, card.rule, card.status) == ("yellow", "rule", "DB-0001 v1", "issued")
    assert sweep.standing_cards(card.due_at - dt.timedelta(minutes=1)) == 0
    assert sweep.standing_cards(card.due_at + dt.timedelta(minutes=1)) == 1
    assert city.again(card).status == "upheld" and not city.again(card).overtime


def test_an_appeal_is_judged_by_two_people_and_frees_from_overtime(city):
    case, order = late(city)
    assert order.overtime and case.overtime
    card = m.Card.objects.get(pk=act(city.actor("supervisor"), m.Card, "issue", {
        "case": case, "colour": "red", "reason": "overdue", "opinion": "超期两天"}).pk)
    with pytest.raises((Refused, Missing)):
        city.do("unit_clerk", card, "appeal", of=city.hb, opinion="不服")
    card = city.do("unit_clerk", card, "appeal", opinion="暴雨停工")
    card = city.do("reviewer", card, "advise", advice="cancel", opinion="属实")
    with pytest.raises(Conflict, match="自己"):
        city.do("supervisor", card, "decide", decision="cancel", opinion="同意")
    card = city.do("leader", card, "decide", decision="cancel", exempt=True, opinion="同意免责")
    assert (card.status, card.points, card.exempted) == ("cancelled", 0, True)
    assert not city.again(order).overtime and not city.again(case).overtime
    clock = city.clock(order, "handle")
    assert clock.overtime and clock.exempt


def test_appeals_end_with_their_time(city):
    case = city.dispatched("2026-09-16 09:00")
    card = act(SYSTEM, m.Card, "issue", {"case": case, "colour": "yellow", "reason": "unsigned", "opinion": "未签收"},
               at=when("2026-09-16 09:00"))
    with pytest.raises(Conflict, match="期限"):
        city.do("unit_clerk", card, "appeal", opinion="不服")


def test_three_yellow_cards_make_a_red_one(city):
    case = city.dispatched()
    for _n in range(4):
        city.do("supervisor", case, "give_card", colour="yellow", reason="procedure", opinion="程序")
    assert sorted(m.Card.objects.values_list("colour", "reason")) == [
        ("red", "three_yellow"), *[("yellow", "procedure")] * 4]


def test_units_concerned_leave_remarks_and_answer(city):
    case = city.dispatched()
    city.do("supervisor", case, "say", kind="problem", opinion="现场未见人员")
    remark = m.Remark.objects.get()
    assert (remark.status, remark.unit_id) == ("open", city.cg.pk)
    with pytest.raises((Refused, Missing)):
        city.do("unit_clerk", remark, "answer", of=city.hb, opinion="与我无关")
    with pytest.raises((Refused, Missing)):
        city.do("unit_clerk", m.Remark, "leave", of=city.hb, case=case, kind="advice", opinion="外单位")
    remark = city.do("unit_clerk", remark, "answer", opinion="已到场")
    assert (remark.status, remark.answer) == ("answered", "已到场")
    shown = panels.supervision(case, city.actor("unit_clerk"))
    assert [r.pk for r in shown["remarks"]] == [remark.pk]
    assert not panels.supervision(case, city.actor("unit_clerk", city.hb))["remarks"]


def closed(city, count):
    out = []
    for _n in range(count):
        case, order = city.handled("2026-09-16 09:00", item="0103001")
        city.submit(order, "2026-09-16 15:00")
        case = city.do("reviewer", city.again(case), "review_pass", "2026-09-16 16:00", inspect="no")
        case = city.do("callback_agent", case, "callback", "2026-09-17 09:00", reached=True, contacted="yes",
                       solved="yes", satisfaction=4, attitude=4)
        out.append(city.do("shift_leader", case, "close", "2026-09-17 10:00"))
    return out


def test_a_sample_can_be_drawn_again_and_is_scored_by_somebody_else(city):
    cases = closed(city, 5)
    with pytest.raises(Refused):
        city.do("unit_clerk", m.QualitySample, "draw", since="2026-09-01", until="2026-09-30", opinion="月度", size=2)
    sample = city.do("supervisor", m.QualitySample, "draw", since="2026-09-01", until="2026-09-30", opinion="月度",
                     size=2, seed="2026-09")
    assert (sample.population, sample.size, sample.seed) == (5, 2, "2026-09")
    ids, _n, digest = checks.draw(m.Case.objects.filter(pk__in=[c.pk for c in cases]), "2026-09", 2)
    assert sorted(ids) == sorted(m.QualityCheck.objects.values_list("case_id", flat=True)) and digest == sample.digest
    proof = checks.proof(sample, city.actor("supervisor"))
    assert proof["same"] and proof["same_population"]
    one, two = m.QualityCheck.objects.order_by("id")
    marks = {"mark_result": 90, "mark_rules": 80, "mark_speed": 70, "mark_reply": 60, "verdict": "good"}
    with pytest.raises(Conflict, match="自己"):
        city.do("reviewer", one, "check", **marks, opinion="好")
    one = city.do("supervisor", one, "check", **marks, opinion="较好")
    assert (one.score, one.composite) == (75, round((0.3 * 75 + 0.4 * 80) / 0.7, 2))
    city.do("supervisor", two, "check", **{**marks, "mark_result": 101 - 1}, opinion="好")
    assert city.again(sample).status == "done"
    assert evaluation.of_case(one.case).total == one.composite
    with pytest.raises(Invalid):
        city.do("supervisor", m.QualitySample, "draw", since="2026-09-30", until="2026-09-01", opinion="反")


def test_silent_parties_share_out_their_weight():
    shares = {"grassroots": 0.3, "centre": 0.3, "public": 0.4}
    whole = evaluation.compose({"grassroots": 100, "centre": 50, "public": 80}, shares)
    assert whole.total == 77 and sum(whole.weights.values()) == pytest.approx(1)
    assert evaluation.compose({"centre": 50}, shares).total == 50
    assert evaluation.compose({}, shares).total is None


def test_the_course_says_where_time_went(city):
    (case,) = closed(city, 1)
    steps = {s["label"]: s for s in panels.course(case)}
    flow = m.Case._meta.get_field("status")
    assert flow is not None and [s["now"] for s in steps.values()].count(True) == 1
    assert steps["处置"]["seconds"] == 6 * 3600 - 2 * 3600  # 09:00 to 15:00 without the two hours of noon
    assert steps["结案"]["now"] and steps["反馈"]["done"]
    rows = History.objects.filter(register="case", record_id=case.pk)
    assert sum(s["natural"] for s in steps.values()) == (rows.last().at - case.reported_at).total_seconds()


def flagged(kind):
    return set(m.GamingFlag.objects.filter(kind=kind).values_list("order_id", "case_id"))


def photo(city, order, **values):
    from gezhi.foundation.documents.models import Document
    from gezhi.kernel.door import write

    city.numbers += 1
    return write(SYSTEM, "create", Document, {
        "name": f"{city.numbers}.jpg", "kind": "image", "mime": "image/jpeg", "size": 10, "role": "after",
        "sha256": f"{city.numbers:064d}", "owner_type": "work_order", "owner_id": order.pk, **values})


def test_what_looks_like_gaming_goes_to_the_quality_checker_once(city):
    from django.contrib.gis.geos import Point

    near_end, early = [], None
    for _n in range(5):
        case, order = city.handled("2026-09-16 09:00", item="0103001")
        at = (order.due_at - dt.timedelta(minutes=10)).astimezone(CHINA)
        near_end.append(city.submit(order, f"{at:%Y-%m-%d %H:%M}"))
    case, early = city.handled("2026-09-16 09:00", item="0103001")
    early = city.submit(early, "2026-09-16 15:00")
    photo(city, near_end[0], sha256="a" * 64)
    photo(city, early, sha256="a" * 64)
    photo(city, near_end[1], taken_point=Point(120.70, 31.30, srid=4326))
    photo(city, near_end[2], taken_at=when("2026-09-15 09:00"), taken_point=case.place)
    assert gaming.look(when("2026-09-30 09:00")) == 5 + 3
    assert gaming.look(when("2026-09-30 10:00")) == 0
    assert flagged("last_minute") == {(o.pk, o.case_id) for o in near_end}
    assert flagged("photo_reused") == {(early.pk, early.case_id)}
    assert flagged("photo_elsewhere") == {(near_end[1].pk, near_end[1].case_id)}
    assert flagged("photo_earlier") == {(near_end[2].pk, near_end[2].case_id)}
    checks_ = m.QualityCheck.objects.filter(source="flag")
    assert checks_.count() == 6
    flag = m.GamingFlag.objects.filter(kind="photo_reused").get()
    assert near_end[0].no in flag.evidence and flag.check_made.case_id == early.case_id
    with pytest.raises((Refused, Missing)):
        city.do("unit_clerk", flag, "dismiss", opinion="没有")
    assert city.do("supervisor", flag, "confirm", opinion="同一照片").status == "confirmed"


def test_paths_are_those_of_the_log(city):
    closed(city, 2)
    case = city.dispatched("2026-09-16 09:00")
    order = city.do("unit_clerk", case.orders.get(), "return_order", "2026-09-16 10:00", reason="01",
                    opinion="非本单位")
    assert order.status == "returning"
    found = mining.mined(city.actor("admin"), "", when("2026-09-01 00:00"), when("2026-09-30 00:00"))
    assert found["count"] == 3 and found["variant_count"] == 2 and found["variants"][0]["count"] == 2
    edges = {(e["from"], e["to"]): e for e in found["links"]}
    assert edges["pending_dispatch", "pending_sign"]["count"] == 3
    assert edges["handling", "pending_review"]["mean"] == panels.words(6 * 3600)
    assert len(found["graph"]["nodes"]) == len({s for e in edges for s in e})
    none = mining.mined(city.actor("unit_clerk", city.hb), "", when("2026-09-01 00:00"), when("2026-09-30 00:00"))
    assert none["count"] == 0 and not none["links"]
    assert paths.roll() >= 1
    summed = mining.mined(city.actor("admin"), "", when("2026-09-01 00:00"), when("2026-09-30 00:00"))
    assert summed.pop("at") is not None and found.pop("at") is None
    for one in (*found["links"], *summed["links"]):
        del one["ninth"]  # told by the mean of its slot
    assert {**summed, "graph": 0, "returns": 0} == {**found, "graph": 0, "returns": 0}
    city.do("reviewer", order.applications.get(), "approve", "2026-09-16 11:00", opinion="同意")
    assert paths.roll() == 1, "the days of the cases that moved"
    after = mining.mined(city.actor("supervisor"), "320508", when("2026-09-01 00:00"), when("2026-09-30 00:00"))
    assert after["count"] == 3 and {(e["from"], e["to"]) for e in after["links"] if e["back"]} == {
        ("pending_sign", "pending_dispatch")}
    assert mining.mined(city.actor("supervisor"), "320508009", when("2026-09-01 00:00"), when("2026-09-30 00:00"))[
        "count"] == 0


def test_a_tile_equals_the_rows_behind_its_link(city):
    from gezhi.domains.cases.oversight.boards import METRICS, slowest
    from gezhi.engines.metrics.evaluate import board
    from gezhi.engines.metrics.period import read
    from gezhi.engines.tables.query import Query

    late_case, _order = city.handled("2026-09-16 09:00")
    city.dispatched()
    city.do("supervisor", city.again(late_case), "supervise", level="normal", opinion="请说明")
    city.do("supervisor", city.again(late_case), "give_card", colour="yellow", reason="overdue", opinion="超期")
    city.do("supervisor", city.again(late_case), "say", kind="problem", opinion="未见人员")
    admin = city.actor("admin")
    figures = {f.metric.name: f for f in board(METRICS, admin, period="365d")}
    for name, figure in figures.items():
        if figure.metric.measure == "count":
            assert Query(figure.metric.of, admin, figure.query).rows().count() == figure.value, name
    assert figures["speed_red"].value == 1 and figures["card_yellow"].value == 1
    assert figures["supervision_open"].value == 1 and figures["remark_waiting"].value == 1
    rows = slowest(city.actor("supervisor"), "", read("30d"))["rows"]
    assert [r["order"].case_id for r in rows] == [late_case.pk] and rows[0]["supervised"] and rows[0]["share"] > 100
    assert not slowest(city.actor("unit_clerk", city.hb), "", read("30d"))["rows"]

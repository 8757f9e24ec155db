"""The acceptance scenarios of case_lifecycle.md 11, with true calendar times."""

import datetime as dt

import pytest

from gezhi.domains.cases import consumers, timers
from gezhi.domains.cases.models import Application, Case, Follow, HardCase, Task
from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.queue import waiting
from gezhi.foundation.catalogue.models import Responsibility
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.records import Event

from .city import SPOT, when

HOUR = dt.timedelta(hours=1)


def answers(**more):
    return {"reached": True, "contacted": "yes", "solved": "yes", "satisfaction": 5, "attitude": 5, **more}


def test_1_hotline_complaint_from_report_to_archive_over_an_adjusted_weekend(city):
    """Friday 2026-09-18 to Monday; Sunday the 20th is worked for the holiday (调休)."""
    case = city.report("2026-09-18 16:00")
    case = city.do("acceptor", case, "request_verification", "2026-09-18 16:10", post=city.actor("grid_member").post_id)
    assert case.status == "verifying" and city.clock(case, "accept").paused_at
    task = case.tasks.get()
    city.do("grid_member", task, "submit", "2026-09-18 17:00", result="true", opinion="情况属实", position=SPOT,
            photos=[city.photo()])
    case = city.again(case)
    assert case.status == "registered" and case.trueness == "true" and case.light(when("2026-09-18 17:05")) == "green"
    case = city.do("acceptor", case, "amend", "2026-09-18 17:05", item_code="0102001")
    case = city.do("acceptor", case, "file", "2026-09-18 17:10", no_duplicate=True)
    assert case.case_no == "AJ3205082026091800001" and case.due_at == when("2026-09-20 09:10").astimezone(dt.UTC)
    case = city.do("system", case, "auto_dispatch", "2026-09-18 17:11", unit=city.cg.pk, rule="R7", rule_version="1",
                   opinion="权责清单：暴露垃圾→城管")
    assert case.due_at == when("2026-09-21 17:11").astimezone(dt.UTC)  # 49 min, Sunday 8 h, the rest on Monday
    order = city.do("unit_clerk", case.orders.get(), "sign", "2026-09-18 17:30")
    assert city.again(case).status == "handling" and not order.unsigned_late
    order = city.do("unit_clerk", order, "assign_handler", "2026-09-18 17:35", handler=city.post("handler").pk)
    order = city.do("handler", order, "feedback", "2026-09-20 15:00", result="已清运", outcome="01")
    assert city.again(case).status == "pending_unit_review"
    order = city.submit(order, "2026-09-20 15:30")
    case = city.again(case)
    assert (case.status, case.handled_at, order.light()) == ("pending_review", when("2026-09-20 15:30"), "blue")
    case = city.do("reviewer", case, "review_pass", "2026-09-20 16:00")
    assert case.status == "inspecting"
    city.do("grid_member", case.tasks.get(kind="inspection"), "submit", "2026-09-21 09:00", result="yes",
            opinion="现场已清理", position=SPOT, photos=[city.photo()])
    case = city.do("callback_agent", city.again(case), "callback", "2026-09-21 10:00", **answers())
    assert (case.status, case.final_satisfaction, case.solved) == ("pending_close", 5, "yes")
    case = city.do("reviewer", case, "close", "2026-09-21 11:00")
    assert case.light() == "blue" and not case.overtime and not city.clock(case, "total").overtime
    work = next(w for w in waiting(city.actor("archivist")) if w.register.name == "case")
    assert list(work.query(city.actor("archivist"), {}).rows()) == [case]  # what is closed waits for the archive
    case = city.do("archivist", case, "archive", "2026-09-22 09:00")
    assert case.status == "archived" and verify(case).whole and verify(city.again(order)).whole
    assert city.again(order).status == "accepted" and not city.again(order).overtime


def test_2_granted_return_goes_to_another_unit_and_leaves_no_overtime(city):
    case, order = city.handled("2026-09-01 09:00")
    order = city.do("unit_clerk", order, "return_order", "2026-09-01 10:00", reason="01", opinion="属环保局职责",
                    basis="三定方案第七条")
    case = city.again(case)
    assert order.status == "returning" and order.paused and case.status == "handling"
    assert not case.paused and city.clock(case, "total").paused_at is None  # the citizen's clocks never wait for units
    application = order.applications.get()
    city.do("reviewer", application, "approve", "2026-09-08 10:00", opinion="同意退回")  # long after the order was due
    order, case = city.again(order), city.again(case)
    assert (order.status, order.overtime, case.status, case.returns) == ("returned", False, "pending_dispatch", 1)
    assert not city.clock(order, "handle").overtime
    case = city.give(case, "2026-09-08 10:05", unit=city.hb.pk)
    assert case.unit == city.hb and case.orders.get(unit=city.hb).round == 2 and case.status == "pending_sign"
    assert not case.overtime and case.orders.get(unit=city.hb).no.endswith("-2")


def test_2b_refused_return_lets_the_waiting_count(city):
    case, order = city.handled("2026-09-01 09:00")
    due = order.due_at
    order = city.do("unit_clerk", order, "return_order", "2026-09-01 10:00", reason="01", opinion="属环保局职责")
    city.do("reviewer", order.applications.get(), "refuse", "2026-09-01 16:00", opinion="应由你单位办理")
    order, case = city.again(order), city.again(case)
    assert (order.status, order.due_at, order.paused, case.paused) == ("handling", due, False, False)
    assert case.due_at == due
    with pytest.raises(Conflict, match="退回的时限"):
        city.do("unit_clerk", order, "return_order", "2026-09-02 15:00", reason="01", opinion="属环保局职责")


def test_3_lead_and_co_the_late_co_is_late_alone_and_the_lead_overrides(city):
    case = city.filed("2026-09-01 09:00", "0103001")
    case = city.give(case, "2026-09-01 09:00", mode="lead_co", others=[city.hb.pk])
    lead, co = case.orders.get(role="lead"), case.orders.get(role="co")
    assert co.parent == lead and co.no == f"{lead.no}-1" and co.limit_value == 4
    lead = city.do("unit_clerk", lead, "sign", "2026-09-01 09:30")
    co = city.do("unit_clerk", co, "sign", "2026-09-01 09:30", of=city.hb)
    with pytest.raises(Invalid, match="协办单位尚未报送"):
        city.submit(lead, "2026-09-07 16:00")
    city.submit(lead, "2026-09-07 16:00", override="协办单位未按期反馈，主办先行答复")
    co, case, lead = city.again(co), city.again(case), city.again(lead)
    assert co.light(when("2026-09-07 16:00")) == "red" and case.status == "pending_review"
    assert not lead.overtime and not case.overtime
    co = city.submit(co, "2026-09-07 17:00", of=city.hb)
    assert co.overtime and not city.again(case).overtime


def test_4_one_of_three_parallel_orders_is_returned_and_replaced(city):
    case = city.filed("2026-09-01 09:00", "0103001")
    case = city.give(case, "2026-09-01 09:00", mode="parallel", others=[city.hb.pk, city.ga.pk])
    for unit in (city.cg, city.hb, city.ga):
        city.do("unit_clerk", case.orders.get(unit=unit), "sign", "2026-09-01 09:30", of=unit)
    assert city.again(case).status == "handling"
    city.do("unit_clerk", case.orders.get(unit=city.ga), "return_order", "2026-09-01 10:00", of=city.ga, reason="02",
            opinion="不在本辖区")
    city.do("reviewer", Application.objects.get(), "approve", "2026-09-01 10:30", opinion="同意")
    case = city.again(case)
    assert case.status == "handling" and case.orders.get(unit=city.ga).status == "returned"
    case = act_more(city, case, city.team)
    for unit in (city.cg, city.hb):
        city.submit(case.orders.get(unit=unit), "2026-09-02 09:00", of=unit, reply=f"{unit.code}的答复")
    assert city.again(case).status == "handling"
    city.do("unit_clerk", case.orders.get(unit=city.team), "sign", "2026-09-02 09:00", of=city.team)
    city.submit(case.orders.get(unit=city.team), "2026-09-02 10:00", of=city.team, reply="中队的答复")
    case = city.again(case)
    assert case.status == "pending_review" and "cg的答复" in case.public_reply and "中队的答复" in case.public_reply


def act_more(city, case, unit):
    return act(SYSTEM, case, "dispatch_more", {"unit": unit, "opinion": "改由中队办理"}, at=when("2026-09-01 11:00"))


def test_5_suspension_over_national_day_leaves_the_remaining_time_as_it_was(city):
    case, order = city.handled("2026-09-22 09:00", "0103001")
    order = city.do("unit_clerk", order, "apply_suspension", "2026-09-24 08:00", reason="02",
                    until="2026-10-14 09:00", opinion="等待资金计划")
    from gezhi.domains.cases.tools import calendar

    hours = calendar(city.cg.pk, when("2026-09-24 10:00"))
    before = hours.remaining(when("2026-09-24 10:00"), order.due_at, "work_day")
    city.do("shift_leader", order.applications.get(), "approve", "2026-09-24 10:00", opinion="同意挂起")
    order, case = city.again(order), city.again(case)
    assert (order.status, case.status, case.suspensions, case.light()) == ("suspended", "suspended", 1, "grey")
    with pytest.raises(Conflict):
        city.submit(order, "2026-09-28 10:00")
    assert timers.resume_due(when("2026-10-13 09:00")) == 0
    assert timers.resume_due(when("2026-10-14 09:00")) == 1
    order, case = city.again(order), city.again(case)
    assert (order.status, case.status, case.due_at) == ("handling", "handling", order.due_at)
    assert hours.remaining(when("2026-10-14 09:00"), order.due_at, "work_day") == before
    with pytest.raises(Conflict, match="只能挂起 1 次"):
        city.do("unit_clerk", order, "apply_suspension", "2026-10-14 10:00", reason="02", until="2026-11-14 09:00",
                opinion="再等")


def test_6_two_extensions_are_granted_and_the_third_is_refused_by_the_guard(city):
    case, order = city.handled("2026-09-01 09:00", "0103001")
    due = order.due_at
    for n in (1, 2):
        order = city.do("unit_clerk", order, "apply_extension", f"2026-09-0{n + 1} 10:00", reason="01",
                        limit={"value": 5, "unit": "work_day"}, opinion="需要采购")
        city.do("shift_leader", order.applications.get(decided_at=None), "approve", f"2026-09-0{n + 1} 11:00",
                opinion="同意")
        order = city.again(order)
        assert order.extensions == n and order.due_at > due
        due = order.due_at
    assert due == when("2026-09-21 09:00").astimezone(dt.UTC)  # 15 working days, Sunday the 20th among them
    assert city.again(case).due_at == due
    with pytest.raises(Conflict, match="已延期 2 次"):
        city.do("unit_clerk", order, "apply_extension", "2026-09-04 10:00", reason="01",
                limit={"value": 1, "unit": "work_day"}, opinion="再延")


def test_6b_no_extension_beyond_one_limit_nor_when_overdue(city):
    _case, order = city.handled("2026-09-01 09:00")
    with pytest.raises(Invalid, match="原时限"):
        city.do("unit_clerk", order, "apply_extension", "2026-09-01 10:00", reason="01",
                limit={"value": 3, "unit": "work_day"}, opinion="需要采购")
    with pytest.raises(Conflict, match="超期"):
        city.do("unit_clerk", order, "apply_extension", "2026-09-08 10:00", reason="01",
                limit={"value": 1, "unit": "work_day"}, opinion="需要采购")


def _to_callback(city, case, at):
    order = case.orders.filter(round=case.round).get()
    order = city.do("unit_clerk", order, "sign", at)
    city.submit(order, at)
    return city.do("reviewer", city.again(case), "review_pass", at)


def test_7_twice_unsatisfied_then_hard_then_joint_meeting_then_closed(city):
    case = city.dispatched("2026-09-01 09:00", "0103001")
    for day in ("02", "04"):
        case = _to_callback(city, case, f"2026-09-{day} 10:00")
        case = city.do("callback_agent", case, "callback", f"2026-09-{day} 15:00",
                       **answers(satisfaction=2, solved="no", again=True))
        assert case.status == "pending_dispatch"
        case = city.do("dispatcher", case, "redo", f"2026-09-{day} 16:00", reason="unsolved")
    assert case.redos == 2 and case.orders.get(round=3).limit_value == 2.5 and case.first_satisfaction == 2
    assert Event.objects.filter(kind="case.suggest_hard", record_id=case.pk).count() == 1
    city.do("unit_clerk", case.orders.get(round=3), "sign", "2026-09-04 16:30")
    case = city.do("dispatcher", city.again(case), "mark_hard", "2026-09-04 17:00", opinion="多次办理群众仍不满意")
    hard = HardCase.objects.get()
    hard = city.do("shift_leader", hard, "confirm", "2026-09-04 17:30")
    case = city.again(case)
    order = case.orders.get(round=3)
    assert case.hard and case.paused and order.held and order.paused
    with pytest.raises(Conflict, match="疑难"):
        city.submit(order, "2026-09-07 09:00")
    hard = city.do("leader", hard, "instruct", "2026-09-07 09:00", opinion="请联席会商，限期解决")
    hard = city.do("shift_leader", hard, "joint_meeting", "2026-09-09 11:00", held_at="2026-09-09 09:00",
                   participants=[city.cg.pk, city.hb.pk], minutes="会议纪要", opinion="由环保局主办，城管协办")
    act(SYSTEM, hard, "resolve", {"mode": "lead_co", "unit": city.hb, "others": [city.cg],
                                  "limit": {"value": 10, "unit": "work_day"}}, at=when("2026-09-09 14:00"))
    case = city.again(case)
    assert (case.hard, case.status, case.round, case.unit) == (False, "pending_sign", 4, city.hb)
    assert city.again(order).status == "cancelled"
    lead, co = case.orders.get(round=4, role="lead"), case.orders.get(round=4, role="co")
    for one, unit in ((co, city.cg), (lead, city.hb)):
        one = city.do("unit_clerk", one, "sign", "2026-09-09 15:00", of=unit)
        city.submit(one, "2026-09-15 10:00", of=unit)
    case = city.do("reviewer", city.again(case), "review_pass", "2026-09-15 11:00")
    case = city.do("callback_agent", case, "callback", "2026-09-15 15:00", **answers(satisfaction=4))
    case = city.do("reviewer", case, "close", "2026-09-15 16:00")
    assert (case.status, case.first_satisfaction, case.final_satisfaction) == ("closed", 2, 4)


def test_8_voided_duplicate_gets_the_answer_of_its_master(city):
    master, order = city.handled("2026-09-01 09:00")
    dup = city.filed("2026-09-01 11:00", reporter_phone="19900000002")
    with pytest.raises(Invalid, match="人工核对"):
        city.do("acceptor", dup, "void_duplicate", "2026-09-01 11:30", reason="01", master=master.pk)
    dup = city.do("acceptor", dup, "void_duplicate", "2026-09-01 11:30", reason="01", master=master.pk, similarity=0.91,
                  confirmed=True)
    assert (dup.status, dup.master) == ("voided", master) and Follow.objects.get().duplicate == dup
    city.submit(order, "2026-09-01 16:00", reply="垃圾已全部清运")
    case = city.do("reviewer", city.again(master), "review_pass", "2026-09-01 16:30", inspect="no")
    case = city.do("callback_agent", case, "callback", "2026-09-02 09:00", **answers())
    assert city.again(dup).public_reply == ""
    city.do("reviewer", case, "close", "2026-09-02 10:00")
    dup = city.again(dup)
    assert dup.public_reply == "垃圾已全部清运" and dup.outcome == "01"
    assert Event.objects.filter(kind="case.answer_follower", record_id=dup.pk).count() == 1


def test_9_urgent_case_raises_a_bubble_and_is_late_unsigned_after_its_minutes(city):
    case = city.report("2026-09-05 23:00", urgency="urgent1", content="闻到很重的燃气味")  # a Saturday night
    bubble = Event.objects.get(kind="case.urgent", record_id=case.pk)
    assert bubble.payload["place"] == {"lon": 120.62, "lat": 31.3} and bubble.area_code == case.area_code
    assert bubble.payload["title"] == "闻到很重的燃气味" and "1990000" not in str(bubble.payload)
    case = city.do("acceptor", case, "complete", "2026-09-05 23:02", item_code="0109001")
    case = city.do("acceptor", case, "file", "2026-09-05 23:03", no_duplicate=True)
    case = city.give(case, "2026-09-05 23:05")
    order = case.orders.get()
    assert order.due_at == when("2026-09-05 23:20").astimezone(dt.UTC)
    assert order.light(when("2026-09-05 23:35")) == "red"
    order = city.do("unit_clerk", order, "sign", "2026-09-05 23:36")
    assert order.unsigned_late and order.due_at == when("2026-09-06 01:05").astimezone(dt.UTC)


def test_10_town_centre_returns_what_another_system_sent(city):
    case = city.filed("2026-09-01 09:00", source="province", source_key="SJ-77", area_code="320508001")
    assert case.centre == city.town  # the nearest centre above the spot
    case = city.do("dispatcher", case, "transfer", "2026-09-01 09:05", centre=city.centre.pk, opinion="报区中心")
    case = city.do("dispatcher", case, "transfer", "2026-09-01 09:10", centre=city.town.pk, opinion="转街道办理")
    assert case.centre == city.town and case.status == "pending_dispatch"
    with pytest.raises(Invalid, match="上级或下级"):
        city.do("dispatcher", case, "transfer", "2026-09-01 09:15", centre=city.unit("xx", "centre", city.root,
                level="county", area="320509").pk, opinion="转错")
    case = city.do("reviewer", case, "return_external", "2026-09-01 09:20", reason="out_of_duty",
                   opinion="不属本级职责")
    event = Event.objects.get(kind="case.return_external")
    assert case.status == "returned_external"
    assert {k: event.payload[k] for k in ("source", "source_key", "code")} == {
        "source": "province", "source_key": "SJ-77", "code": "out_of_duty"}
    own = city.filed("2026-09-01 10:00")
    with pytest.raises(Conflict, match="不是外部系统"):
        city.do("reviewer", own, "return_external", "2026-09-01 10:20", reason="out_of_duty", opinion="x")


def test_11_grid_worker_puts_it_right_and_no_unit_is_charged(city):
    worker = city.actor("grid_member")
    inputs = {"channel": "grid_app", "content": "楼道有堆物", "place": SPOT, "item_code": "0102001",
              "photos": [city.photo()], "after": [city.photo()], "result": "已劝导清理"}
    with pytest.raises(Invalid, match="自行处置范围"):
        act(worker, Case, "self_handle", {**inputs, "item_code": "0103001"})
    with pytest.raises(Invalid) as wrong:
        act(worker, Case, "self_handle", {**inputs, "after": []})
    assert "after" in wrong.value.errors
    case = act(worker, Case, "self_handle", inputs)
    assert (case.status, case.self_handled, case.excluded, case.orders.count()) == ("pending_close", True, True, 0)
    assert case.case_no and case.photos == [*inputs["photos"], *inputs["after"]]
    case = city.do("grid_leader", case, "confirm_self_handled")
    assert case.status == "closed" and not case.overtime


def test_12_exempt_overtime_counts_as_on_time_while_the_fact_stays(city):
    case, order = city.handled("2026-09-01 09:00")
    clock = city.clock(order, "handle")
    city.submit(order, "2026-09-08 09:00")
    clock.refresh_from_db()
    case = city.again(case)
    assert clock.overtime and city.again(order).overtime and case.overtime
    from gezhi.domains.cases.public import exempt

    order = exempt(SYSTEM, city.again(order), "系统故障导致无法签收")
    clock.refresh_from_db()
    assert clock.overtime and clock.exempt
    assert not order.overtime and not city.again(case).overtime and order.light() == "blue"


def test_unrated_case_closes_itself_after_seven_days(city):
    case = _to_callback(city, city.dispatched("2026-09-01 09:00", "0103001"), "2026-09-02 10:00")
    assert timers.close_unrated(when("2026-09-09 09:00")) == 0
    assert timers.close_unrated(when("2026-09-09 10:01")) == 1
    case = city.again(case)
    assert (case.status, case.final_satisfaction) == ("closed", 0)


def test_three_attempts_on_different_half_days_before_unreachable(city):
    case = _to_callback(city, city.dispatched("2026-09-01 09:00", "0103001"), "2026-09-02 10:00")
    case = city.do("callback_agent", case, "callback", "2026-09-02 10:30", reached=False)
    with pytest.raises(Invalid, match="本半天"):
        city.do("callback_agent", case, "callback", "2026-09-02 11:30", reached=False)
    case = city.do("callback_agent", case, "callback", "2026-09-02 15:30", reached=False)
    assert case.status == "pending_callback"
    case = city.do("callback_agent", case, "callback", "2026-09-03 09:30", reached=False)
    assert (case.status, case.final_satisfaction, case.first_satisfaction) == ("pending_close", 0, 0)


def test_lapsed_verification_comes_back_to_the_desk(city):
    case = city.report("2026-09-01 09:00")
    case = city.do("acceptor", case, "request_verification", "2026-09-01 09:10", post=city.actor("grid_member").post_id)
    assert timers.lapse_tasks(when("2026-09-01 11:15")) == 0
    assert timers.lapse_tasks(when("2026-09-01 16:00")) == 1
    case = city.again(case)
    assert case.status == "registered" and Task.objects.get().status == "lapsed" and not case.paused


def test_auto_dispatch_needs_one_certain_unit(city):
    case = city.filed(item="0103001")
    event = Event.objects.get(kind="case.file", record_id=case.pk)
    line = {"scope": "0103001", "area_code": "3205", "valid_from": dt.date(2024, 1, 1)}
    rows = [write(SYSTEM, "create", Responsibility, {**line, "unit": unit}).pk for unit in (city.cg, city.hb)]
    city.duty["0103001"] = [
        {"unit_id": city.cg.pk, "score": 1.0, "id": rows[0], "version": "3", "reason": "噪声归城管"},
        {"unit_id": city.hb.pk, "score": 1.0, "id": rows[1], "version": "3"}]
    consumers.dispatch(event)
    assert city.again(case).status == "pending_dispatch"
    from gezhi.domains.cases.public import suggestions

    assert {s.unit for s in suggestions(case)} == {city.cg, city.hb} and suggestions(case)[0].rule == 1
    city.duty["0103001"].pop()
    consumers.dispatch(event)
    case = city.again(case)
    assert (case.status, case.unit, case.auto_dispatched) == ("pending_sign", city.cg, True)
    order = case.orders.get()
    assert "噪声归城管" in order.reason and f"{rows[0]} 3" in order.reason
    consumers.dispatch(event)
    assert case.orders.count() == 1

"""Disposal modes and their join rules; what the units, the centre and the citizen may undo."""

import datetime as dt
from dataclasses import replace

import pytest

from gezhi.domains.cases.models import Application, Case, Follow, Instruction
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.records import Event

from .city import FAR, SPOT, when

DAY = "2026-09-01 09:00"


def plan(city, case, at=DAY, **more):
    return city.give(case, at, **more)


def signed(city, case, unit, at):
    order = case.orders.filter(unit=unit, status="pending_sign").get()
    return city.do("unit_clerk", order, "sign", at, of=unit)


def test_sequential_steps_open_one_after_the_other(city):
    case = city.filed(DAY, "0103001")
    with pytest.raises(Invalid, match="至少需要两个步骤"):
        plan(city, case, mode="sequential", steps=[{"unit": city.cg.pk}])
    case = plan(city, case, mode="sequential", steps=[
        {"unit": city.cg.pk, "limit": "2 work_day", "remark": "先清理"},
        {"unit": city.hb.pk, "limit": "2 work_day", "remark": "再检测"}])
    assert case.orders.count() == 1 and len(case.steps) == 1 and case.unit == city.cg
    first = signed(city, case, city.cg, "2026-09-01 10:00")
    city.submit(first, "2026-09-02 10:00")
    case = city.again(case)
    assert case.status == "handling" and case.orders.count() == 1
    city.do("dispatcher", first, "accept", "2026-09-02 11:00")
    case = city.again(case)
    second = case.orders.get(unit=city.hb)
    assert (second.remark, second.seq, case.steps, case.unit) == ("再检测", 2, [], city.hb)
    assert city.clock(second, "handle").due_at == when("2026-09-04 11:00").astimezone(dt.UTC)
    second = signed(city, case, city.hb, "2026-09-02 14:00")
    city.submit(second, "2026-09-03 10:00", of=city.hb, reply="检测合格")
    case = city.again(case)
    assert (case.status, case.public_reply) == ("pending_review", "检测合格")


def test_parallel_enough_of_several_ends_the_rest(city):
    case = plan(city, city.filed(DAY, "0103001"), mode="parallel", others=[city.hb.pk, city.ga.pk], enough=2)
    for unit in (city.cg, city.hb, city.ga):
        signed(city, case, unit, "2026-09-01 10:00")
    city.submit(case.orders.get(unit=city.cg), "2026-09-01 11:00")
    assert city.again(case).status == "handling"
    city.submit(case.orders.get(unit=city.hb), "2026-09-01 12:00", of=city.hb)
    case = city.again(case)
    assert case.status == "pending_review" and case.orders.get(unit=city.ga).status == "cancelled"


@pytest.mark.parametrize("wrong", [
    {"mode": "lead_co"}, {"mode": "parallel"}, {"mode": "single", "others": "hb"}, {"unit": None},
    {"mode": "parallel", "others": "cg"}, {"mode": "parallel", "others": "hb", "enough": 3},
    {"mode": "single", "enough": 1}])
def test_wrong_plans_open_nothing(city, wrong):
    case = city.filed(DAY)
    wrong = {k: [getattr(city, v).pk] if k == "others" else v for k, v in wrong.items()}
    with pytest.raises(Invalid):
        plan(city, case, **wrong)
    assert city.again(case).status == "pending_dispatch" and not case.orders.exists()


def test_a_unit_splits_down_its_tree_and_waits_for_the_children(city):
    case, order = city.handled(DAY, "0103001")
    with pytest.raises(Invalid, match="下属单位"):
        city.do("unit_clerk", order, "split", "2026-09-01 10:00", children=[{"unit": city.hb.pk}])
    with pytest.raises(Invalid, match="晚于"):
        city.do("unit_clerk", order, "split", "2026-09-01 10:00", children=[{"unit": city.team.pk,
                                                                             "limit": "6 work_day"}])
    order = city.do("unit_clerk", order, "split", "2026-09-01 10:00", children=[{"unit": city.team.pk}])
    child = order.children.get()
    assert (child.role, child.no) == ("child", f"{order.no}-1")
    assert city.clock(child, "handle").due_at <= city.clock(order, "handle").due_at
    with pytest.raises(Conflict, match="下级工单"):
        city.submit(order, "2026-09-01 11:00")
    child = signed(city, case, city.team, "2026-09-01 11:00")
    child = city.do("unit_clerk", child, "apply_extension", "2026-09-01 14:00", of=city.team, reason="01",
                    limit="1 work_day", opinion="人手不足")
    wish = child.applications.get()
    assert wish.status == "parent_review"
    with pytest.raises(Conflict, match="本步骤"):
        act(replace(city.actor("unit_clerk", city.team), user_id=None), wish, "pass_on", {})
    wish = city.do("unit_clerk", wish, "pass_on", "2026-09-01 14:30")
    assert wish.status == "centre_review"
    child = city.submit(child, "2026-09-02 10:00", of=city.team)
    assert city.again(order).status == "handling"
    child = city.do("unit_clerk", child, "rework", "2026-09-02 10:30", opinion="照片不清楚")
    assert child.status == "handling" and child.reworks == 1
    city.submit(child, "2026-09-02 14:00", of=city.team)
    city.do("unit_clerk", child, "accept", "2026-09-02 15:00")
    city.submit(order, "2026-09-02 16:00")
    assert city.again(case).status == "pending_review"


def test_return_of_a_child_ends_with_the_unit_above(city):
    case, order = city.handled(DAY, "0103001")
    city.do("unit_clerk", order, "split", "2026-09-01 10:00", children=[{"unit": city.team.pk}])
    child = case.orders.get(unit=city.team)
    child = city.do("unit_clerk", child, "return_order", "2026-09-01 11:00", of=city.team, reason="03",
                    opinion="信息不全")
    city.do("unit_clerk", child.applications.get(), "pass_on", "2026-09-01 11:30", opinion="同意")
    assert city.again(child).status == "returned" and city.again(case).status == "handling"
    city.submit(order, "2026-09-01 15:00")
    assert city.again(case).status == "pending_review"


def test_a_handler_asks_their_unit_first(city):
    _case, order = city.handled(DAY, "0103001")
    order = city.do("unit_clerk", order, "assign_handler", "2026-09-01 10:00", handler=city.actor("handler").post_id)
    with pytest.raises(Conflict, match="撤回指派"):
        city.do("unit_clerk", order, "return_order", "2026-09-01 10:10", reason="01", opinion="不归我们")
    order = city.do("handler", order, "apply_extension", "2026-09-01 11:00", reason="04", limit="1 work_day",
                    opinion="下雨")
    wish = order.applications.get()
    assert wish.status == "unit_review"
    due = order.due_at
    city.do("unit_clerk", wish, "refuse", "2026-09-01 12:00", opinion="不同意")
    order = city.again(order)
    assert order.due_at == due and order.extensions == 0 and city.again(wish).status == "refused"
    city.do("handler", order, "apply_extension", "2026-09-01 14:00", reason="04", limit="1 work_day", opinion="下雨")
    wish = order.applications.get(decided_at=None)
    wish = city.do("unit_clerk", wish, "pass_on", "2026-09-01 14:10")
    city.do("reviewer", wish, "approve", "2026-09-01 14:20", opinion="同意")
    assert city.again(order).extensions == 1


def test_reassign_gives_the_next_unit_the_full_limit_while_the_whole_runs_on(city):
    case, order = city.handled(DAY)
    whole = city.clock(case, "total").due_at
    case = city.give(case, "2026-09-02 09:00", "reassign", unit=city.hb.pk, opinion="职责调整")
    assert city.again(order).status == "cancelled" and not city.again(order).overtime
    assert (case.status, case.reassigns, case.round, case.unit) == ("pending_sign", 1, 2, city.hb)
    assert case.due_at == when("2026-09-04 09:00").astimezone(dt.UTC) and city.clock(case, "total").due_at == whole


def test_result_sent_back_resumes_with_what_was_left_but_at_least_a_day(city):
    case, order = city.handled(DAY)  # due on the 3rd at nine
    city.submit(order, "2026-09-01 15:00")
    case = city.do("reviewer", city.again(case), "review_return", "2026-09-02 09:00", opinion="照片不全")
    order = city.again(order)
    assert (case.status, order.status, case.reworks, order.reworks) == ("handling", "handling", 1, 1)
    assert order.due_at == case.due_at == when("2026-09-03 15:00").astimezone(dt.UTC)  # 12 h were left
    city.submit(order, "2026-09-03 14:30")
    case = city.do("reviewer", city.again(case), "review_return", "2026-09-03 16:00", opinion="仍不全")
    assert case.due_at == when("2026-09-04 16:00").astimezone(dt.UTC)  # half an hour was left: one day


def test_failed_inspection_goes_back_to_review_and_needs_the_spot_and_a_picture(city):
    case, order = city.handled(DAY)
    city.submit(order, "2026-09-01 15:00")
    case = city.do("reviewer", city.again(case), "review_pass", "2026-09-01 15:10",
                   post=city.actor("grid_member").post_id)
    task = case.tasks.get()
    result = {"result": "no", "opinion": "垃圾还在", "position": SPOT, "photos": [city.photo()]}
    for wrong, field in (({"position": FAR}, "position"), ({"photos": []}, "photos"), ({"result": "true"}, "result")):
        with pytest.raises(Invalid) as caught:
            city.do("grid_member", task, "submit", "2026-09-01 16:00", **{**result, **wrong})
        assert field in caught.value.errors
    city.do("grid_member", task, "submit", "2026-09-01 16:00", **result)
    case = city.again(case)
    assert (case.status, case.inspected, case.paused) == ("pending_review", "no", False)
    case = city.do("reviewer", case, "review_return", "2026-09-01 16:30", opinion="核查未通过")
    assert case.status == "handling" and case.inspected == ""


def test_merge_pauses_everything_and_unmerge_adds_the_paused_time(city):
    master, _order = city.handled(DAY, "0103001")
    case, order = city.handled(DAY, "0103001")
    due = order.due_at
    with pytest.raises(Invalid, match="自己"):
        city.do("dispatcher", case, "merge", "2026-09-01 10:00", master=case.pk)
    case = city.do("dispatcher", case, "merge", "2026-09-01 10:00", master=master.pk)
    order = city.again(order)
    assert (case.status, order.held, order.paused) == ("merged", True, True)
    assert Follow.objects.get(until=None).case == master
    with pytest.raises(Conflict, match="并案"):
        city.submit(order, "2026-09-01 11:00")
    case = city.do("shift_leader", case, "unmerge", "2026-09-02 10:00", opinion="并错了")
    order = city.again(order)
    assert (case.status, order.held, case.master) == ("handling", False, None)
    assert order.due_at == due + dt.timedelta(days=1) == case.due_at
    assert not Follow.objects.filter(until=None).exists()
    assert city.submit(order, "2026-09-02 11:00").status == "submitted"


def test_the_master_takes_the_earliest_deadline_and_gives_it_back(city):
    early, later, soonest = (city.report(f"2026-09-01 {at}") for at in ("09:00", "09:30", "08:50"))
    first, master, third = (city.clock(c, "accept") or c for c in (early, later, soonest))
    assert third.due_at < first.due_at < master.due_at
    due = master.due_at
    early = city.do("acceptor", early, "merge", "2026-09-01 09:32", master=later.pk)
    assert city.clock(later, "accept").due_at == first.due_at == city.again(later).due_at
    soonest = city.do("acceptor", soonest, "merge", "2026-09-01 09:33", master=later.pk)
    assert city.again(later).due_at == third.due_at
    early = city.do("shift_leader", early, "unmerge", "2026-09-01 09:34", opinion="并错了")
    assert city.again(later).due_at == third.due_at and early.status == "reported"
    assert early.due_at == first.due_at + dt.timedelta(minutes=2)
    city.do("shift_leader", soonest, "unmerge", "2026-09-01 09:35", opinion="并错了")
    assert city.again(later).due_at == due == city.clock(later, "accept").due_at


def test_followers_of_a_duplicate_move_on_to_the_master_of_its_master(city):
    a, b, c = (city.report(DAY) for _n in range(3))
    b = city.do("acceptor", b, "merge", "2026-09-01 10:00", master=a.pk)
    c = city.do("acceptor", c, "merge", "2026-09-01 10:05", master=city.report(DAY).pk)
    top = c.master
    a = city.do("acceptor", a, "merge", "2026-09-01 10:10", master=top.pk)
    assert city.again(b).master == top
    with pytest.raises(Invalid, match="已并入"):
        city.do("acceptor", city.report(DAY), "merge", "2026-09-01 10:20", master=a.pk)
    city.do("acceptor", top, "direct_reply", "2026-09-01 11:00", reply="统一答复")
    assert {city.again(x).public_reply for x in (a, b, c)} == {"统一答复"}


def test_endings_before_dispatch(city):
    rejected = city.do("acceptor", city.report(DAY), "reject", "2026-09-01 09:30", reason="05", reply="请补充内容")
    assert (rejected.status, rejected.end_reason, rejected.light()) == ("rejected", "05", "blue")
    replied = city.do("acceptor", city.report(DAY), "direct_reply", "2026-09-01 14:00", reply="政策如下")
    assert replied.status == "replied" and replied.solved == "yes" and replied.case_no
    case = city.dispatched(DAY)
    for move, inputs in (("withdraw", {"opinion": "x"}), ("reject", {"reason": "05", "reply": "x"}),
                         ("direct_reply", {"reply": "x"})):
        with pytest.raises(Conflict):
            city.do("acceptor", case, move, "2026-09-01 10:00", **inputs)


def test_untrue_reports_are_not_filed(city):
    case = city.do("acceptor", city.report(DAY), "request_verification", "2026-09-01 09:10",
                   post=city.actor("grid_member").post_id)
    city.do("grid_member", case.tasks.get(), "submit", "2026-09-01 09:40", result="false", opinion="没有此事",
            position=SPOT, photos=[city.photo()])
    case = city.do("acceptor", city.again(case), "amend", "2026-09-01 09:50", item_code="0102001")
    with pytest.raises(Conflict, match="不属实"):
        city.do("acceptor", case, "file", "2026-09-01 10:00", no_duplicate=True)
    with pytest.raises(Invalid, match="事项清单中没有"):
        city.do("acceptor", case, "amend", "2026-09-01 10:00", item_code="nonsense")


def test_filing_asks_for_the_duplicate_check_and_numbers_by_day(city):
    cases = [city.do("acceptor", city.report(DAY), "complete", DAY, item_code="0102001") for _n in range(2)]
    with pytest.raises(Invalid, match="查重"):
        city.do("acceptor", cases[0], "file", DAY)
    numbers = [city.do("acceptor", c, "file", DAY, no_duplicate=True).case_no for c in cases]
    assert numbers == ["AJ3205082026090100001", "AJ3205082026090100002"]


def test_coordination_and_the_way_back_to_the_acceptor(city):
    case = city.do("dispatcher", city.filed(DAY), "request_coordination", "2026-09-01 09:10", opinion="职责不清")
    hard = city.do("shift_leader", case, "coordinate", "2026-09-01 09:20", decision="hard", opinion="多年遗留")
    assert hard.status == "pending_coordination" and hard.hard_cases.get().status == "proposed"
    case = act(SYSTEM, hard, "coordinate", {"decision": "dispatch", "unit": city.hb, "opinion": "由环保办理"},
               at=when("2026-09-01 09:30"))
    assert (case.status, case.unit) == ("pending_sign", city.hb)
    other = city.do("dispatcher", city.filed(DAY), "return_to_acceptor", "2026-09-01 09:10", opinion="事项选错")
    assert (other.status, other.item_code) == ("registered", "") and city.clock(other, "total").stopped_at
    with pytest.raises(Conflict, match="选定事项"):
        city.do("acceptor", other, "file", "2026-09-01 09:20", no_duplicate=True)
    other = city.do("acceptor", other, "amend", "2026-09-01 09:25", item_code="0103001")
    assert city.do("acceptor", other, "file", "2026-09-01 09:30", no_duplicate=True).limit_value == 5


def test_reopened_within_the_time_allowed(city):
    case, order = city.handled(DAY, channel="department", reporter_phone="")
    city.submit(order, "2026-09-01 15:00")
    case = city.do("reviewer", city.again(case), "review_pass", "2026-09-01 16:00", inspect="no")
    assert case.status == "pending_close"
    case = city.do("shift_leader", case, "close", "2026-09-01 17:00")
    with pytest.raises(Conflict, match="期限"):
        city.do("shift_leader", case, "reopen", "2026-10-02 09:00", opinion="又发生")
    case = city.do("shift_leader", case, "reopen", "2026-09-20 09:00", opinion="又发生")
    assert (case.status, case.closed_at, case.finished_at) == ("pending_dispatch", None, None)
    case = city.give(case, "2026-09-20 09:30")
    assert case.round == 2 and case.orders.get(round=2).status == "pending_sign"


def test_archive_sends_back_what_is_incomplete(city):
    case, order = city.handled(DAY, channel="department", reporter_phone="")
    city.submit(order, "2026-09-01 15:00")
    case = city.do("reviewer", city.again(case), "review_pass", "2026-09-01 16:00", inspect="no")
    case = city.do("archivist", case, "archive_return", "2026-09-01 16:30", opinion="缺少现场照片")
    assert case.status == "pending_review"
    case = city.do("reviewer", case, "review_pass", "2026-09-01 17:00", inspect="yes",
                   post=city.actor("grid_member").post_id)
    assert case.status == "inspecting"


def test_citizen_rates_once_and_asks_once_for_another_try(city):
    case, order = city.handled(DAY, "0103001")
    city.submit(order, "2026-09-01 15:00")
    case = city.do("reviewer", city.again(case), "review_pass", "2026-09-01 16:00")
    case = act(SYSTEM, case, "rate", {"solved": "no", "satisfaction": 2})
    assert (case.status, case.first_satisfaction, case.rated_by_public) == ("pending_callback", 2, True)
    with pytest.raises(Conflict, match="已评价"):
        act(SYSTEM, case, "rate", {"solved": "yes", "satisfaction": 5})
    case = act(SYSTEM, case, "ask_redo", {"opinion": "没有解决"})
    assert case.status == "pending_dispatch" and case.asked_redo
    case = city.give(case, None, "redo", reason="unsolved")
    assert case.redos == 1 and case.orders.get(round=2).limit_value == 2.5
    order = case.orders.get(round=2)
    city.submit(city.do("unit_clerk", order, "sign"), None)
    case = city.do("reviewer", city.again(case), "review_pass")
    with pytest.raises(Conflict, match="一次"):
        act(SYSTEM, case, "ask_redo", {"opinion": "还没有"})


def test_instructions_reach_the_units_and_are_answered(city):
    case, _order = city.handled()
    with pytest.raises(Invalid, match="晚于现在"):
        city.do("leader", case, "instruct", opinion="限期", due="2020-01-01 09:00")
    city.do("leader", case, "instruct", opinion="请立即处置", targets=[city.cg.pk, city.hb.pk])
    assert city.again(case).status == "handling"
    one = Instruction.objects.get(unit=city.cg)
    one = city.do("unit_clerk", one, "reply", opinion="已在现场")
    assert (one.status, one.answer) == ("replied", "已在现场")
    assert city.do("leader", one, "close").status == "closed"
    assert Event.objects.filter(kind="instruction.issue").count() == 2


def test_urging_reminds_the_units_at_work(city):
    case, _order = city.handled()
    case = city.do("supervisor", case, "urge", opinion="请加快")
    event = Event.objects.get(kind="case.urge")
    assert case.urges == 1 and event.payload["units"] == [city.cg.pk]


def test_following_and_being_told(city):
    from gezhi.domains.cases.public import followers

    case = city.filed()
    city.do("supervisor", case, "follow")
    with pytest.raises(Conflict, match="已关注"):
        city.do("supervisor", case, "follow")
    assert followers(case) == [city.actor("supervisor").user_id]
    city.do("supervisor", case, "unfollow")
    assert followers(case) == []


def test_hard_case_resumes_as_it_stood(city):
    case, order = city.handled(DAY, "0103001")
    city.do("dispatcher", case, "mark_hard", "2026-09-01 10:00", opinion="难")
    with pytest.raises(Conflict, match="自己提出"):
        me = replace(city.actor("shift_leader"), user_id=city.actor("dispatcher").user_id)
        act(me, case.hard_cases.get(), "confirm", {})
    hard = city.do("shift_leader", case.hard_cases.get(), "confirm", "2026-09-01 11:00")
    with pytest.raises(Invalid, match="已在疑难流程中"):
        act(SYSTEM, type(hard), "propose", {"case": city.again(case), "opinion": "再提"})
    city.do("shift_leader", hard, "resume", "2026-09-02 11:00", opinion="条件已具备")
    order, case = city.again(order), city.again(case)
    assert (case.hard, case.status, order.held) == (False, "handling", False)
    assert order.due_at == when("2026-09-09 09:00").astimezone(dt.UTC) == case.due_at


def test_history_of_every_record_is_whole_after_a_long_life(city):
    from gezhi.engines.history import verify

    test_merge_pauses_everything_and_unmerge_adds_the_paused_time(city)
    for model in (Case, *[type(o) for o in Case.objects.first().orders.all()], Application):
        for record in model.objects.all():
            assert verify(record).whole, record

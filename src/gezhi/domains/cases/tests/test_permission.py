"""Who may make which move: every move of every flow, for every role, inside and outside its reach."""

import pytest

from gezhi.domains.cases.models import Case, WorkOrder
from gezhi.engines.access import grants_of
from gezhi.engines.workflow.act import act, allowed
from gezhi.foundation.units.models import Unit
from gezhi.foundation.units.role import CATALOGUE
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.errors import Conflict, Missing, Refused
from gezhi.kernel.registry import registry

ROLES = [code for code, *_rest in CATALOGUE] + ["public"]
FLOWS = ("case", "work_order", "task", "application", "hard_case", "instruction")
CASE_MOVES = {  # role: moves of a case beside those everybody has (case_lifecycle.md 3.1, column "who")
    "acceptor": "complete amend request_verification verification_lapsed file reject direct_reply void_duplicate merge "
                "withdraw return_external supplement urge remark say submit_draft",
    "dispatcher": "amend direct_reply merge return_external dispatch dispatch_more transfer request_coordination "
                  "return_to_acceptor reassign mark_hard redo urge remark say",
    "shift_leader": "unmerge coordinate mark_hard close reopen urge remark say supervise propose_force_close",
    "reviewer": "return_external review_pass review_return inspection_lapsed close remark say",
    "callback_agent": "callback remark say", "archivist": "archive archive_return remark",
    "supervisor": "urge remark say supervise give_card", "auditor": "",
    "leader": "instruct urge remark say supervise give_card", "unit_clerk": "remark say", "handler": "remark",
    "grid_member": "self_handle supplement withdraw submit_draft", "grid_leader": "confirm_self_handled say",
    "admin": "", "public": "supplement withdraw urge rate ask_redo submit_draft",
}
COMMON = {"report", "save_draft", "follow", "unfollow"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_holds_exactly_the_moves_of_the_table(role):
    moves = registry.register("case").flow.moves()
    held = {m for m in moves if f"case.{m}" in grants_of(role)} - COMMON
    assert held == set(CASE_MOVES[role].split())


@pytest.mark.parametrize("flow", FLOWS)
def test_system_moves_are_granted_to_nobody(flow):
    register = registry.register(flow)
    kept = {m.name for m in register.flow.moves().values() if m.who == "system:all"}
    assert kept
    for role in ROLES:
        assert not kept & {p.split(".")[1] for p in grants_of(role) if p.startswith(f"{flow}.")}


def states_of(city):
    """A case in each of several states, by state."""
    out = {"reported": city.report(), "pending_dispatch": city.filed()}
    registered = city.report()
    out["registered"] = city.do("acceptor", registered, "complete", item_code="0102001")
    out["handling"], _order = city.handled()
    case, order = city.handled()
    city.submit(order)
    out["pending_review"] = city.again(case)
    return out


def test_buttons_are_the_moves_that_are_granted_and_possible(city):
    register, cases = registry.register("case"), states_of(city)
    for role in (r for r in ROLES if r != "public"):
        actor = city.actor(role)
        for state, case in cases.items():
            case.refresh_from_db()
            assert case.status == state, "whoever came before was refused, and changed nothing"
            shown = {m.name for m in allowed(actor, case)}
            for move in acts_for_case(case):
                granted = not move.creates and permits(register, actor, move.name, case)
                possible = not move.creates and move.starts_from(state) and not (move.when and move.when(case, actor))
                assert (move.name in shown) == (granted and possible), (role, state, move.name)
                if not granted and not move.creates:
                    with pytest.raises((Refused, Missing)):
                        act(actor, case, move.name, {})
                elif granted and not move.starts_from(state):
                    with pytest.raises(Conflict):
                        act(actor, case, move.name, {})


def other_centre(city):
    return city.unit("wz", "centre", city.root, level="county", area="320506")


def acts_for_case(case):
    """The moves of a case, those that create one left out."""
    assert case.pk
    return registry.register("case").flow.moves().values()


@pytest.mark.parametrize("role", ["acceptor", "dispatcher", "shift_leader", "reviewer", "callback_agent", "archivist"])
def test_a_centre_does_not_see_the_pool_of_another(city, role):
    case = city.filed()
    stranger = city.actor(role, other_centre(city))
    assert not Case.objects.filter(sight(registry.register("case"), stranger), pk=case.pk).exists()
    assert Case.objects.filter(sight(registry.register("case"), city.actor(role)), pk=case.pk).exists()
    assert allowed(stranger, case) == []
    with pytest.raises(Missing):
        act(stranger, case, "remark", {"opinion": "x"})


def test_a_unit_sees_and_moves_only_what_it_has_an_order_of(city):
    case, order = city.handled()
    clerk, stranger = city.actor("unit_clerk"), city.actor("unit_clerk", city.hb)
    cases, orders = registry.register("case"), registry.register("work_order")
    assert Case.objects.filter(sight(cases, clerk)).get() == case
    assert not Case.objects.filter(sight(cases, stranger)).exists()
    assert not WorkOrder.objects.filter(sight(orders, stranger)).exists()
    with pytest.raises(Missing):
        act(stranger, order, "submit_result", {})
    above = Unit.objects.get(code="cg")
    assert order.unit == above
    assert {m.name for m in allowed(clerk, order)} >= {"submit_result", "assign_handler", "split"}


def test_a_grid_worker_sees_their_area_and_their_tasks(city):
    case = city.report()
    inside, outside = city.actor("grid_member"), city.post("grid_member", area="320506001001001")
    from gezhi.foundation.units.public import actor_of

    cases = registry.register("case")
    assert Case.objects.filter(sight(cases, inside)).get() == case
    assert not Case.objects.filter(sight(cases, actor_of(outside))).exists()


def test_handler_feeds_back_only_their_own_order(city):
    _case, order = city.handled()
    order = city.do("unit_clerk", order, "assign_handler", handler=city.actor("handler").post_id)
    from gezhi.foundation.units.public import actor_of

    with pytest.raises(Refused):
        act(actor_of(city.post("handler")), order, "feedback", {"result": "x", "outcome": "01"})
    order = act(city.actor("handler"), order, "feedback", {"result": "已清理", "outcome": "01"})
    assert order.status == "unit_review" and order.handled_by == city.actor("handler").user_id


def test_nobody_reviews_calls_back_or_closes_their_own_work(city):
    from dataclasses import replace

    case, order = city.handled()
    city.submit(order)
    case = city.again(case)
    clerk = city.actor("unit_clerk")
    same = replace(city.actor("reviewer"), user_id=clerk.user_id)  # one person with two posts
    with pytest.raises(Conflict, match="自己办理"):
        act(same, case, "review_pass", {})
    case = city.do("reviewer", case, "review_pass", inspect="no")
    again = replace(city.actor("callback_agent"), user_id=city.actor("reviewer").user_id)
    with pytest.raises(Conflict, match="自己审核"):
        act(again, case, "callback", {"reached": False})
    with pytest.raises(Conflict, match="自己办理"):
        act(replace(again, user_id=clerk.user_id), case, "callback", {"reached": False})


def test_an_applicant_does_not_decide_and_a_leader_forces_a_closing(city):
    from dataclasses import replace

    case, order = city.handled()
    order = city.do("unit_clerk", order, "apply_extension", reason="01", limit={"value": 1, "unit": "work_day"},
                    opinion="需采购")
    mine = order.applications.get()
    with pytest.raises(Conflict, match="自己提出"):
        act(replace(city.actor("reviewer"), user_id=city.actor("unit_clerk").user_id), mine, "approve",
            {"opinion": "x"})
    case = city.do("shift_leader", city.again(case), "propose_force_close", reason="01", opinion="反映人失联")
    wish = case.applications.get(kind="force_close")
    assert wish.status == "leader_review" and case.status == "handling"
    with pytest.raises(Refused):
        act(city.actor("shift_leader"), wish, "confirm", {"opinion": "同意"})
    leader = replace(city.actor("leader"), strong=True)
    act(leader, wish, "confirm", {"opinion": "同意"})
    case = city.again(case)
    assert (case.status, case.excluded, case.overtime) == ("closed", True, False)
    assert city.again(order).status == "cancelled" and city.again(mine).status == "taken_back"


def test_a_citizen_acts_with_the_query_code_only_on_that_case(city):
    from gezhi.domains.cases.public import act_as_citizen, by_code, citizen_moves

    case, other = city.report(), city.report()
    nobody = city.actor("public")
    with pytest.raises((Missing, Refused)):
        act(nobody, case, "urge", {})
    assert not Case.objects.filter(sight(registry.register("case"), nobody)).exists()
    case = act_as_citizen(nobody, case.query_code.lower(), "urge", {"opinion": "请尽快"})
    assert case.urges == 1 and city.again(other).urges == 0
    with pytest.raises(Conflict, match="每天只能催办一次"):
        act_as_citizen(nobody, case.query_code, "urge", {})
    with pytest.raises(Missing):
        act_as_citizen(nobody, case.query_code, "close", {})
    with pytest.raises(Missing):
        by_code("22222222")
    assert {m.name for m in citizen_moves(nobody, city.again(case))} == {"supplement", "withdraw"}
    case = act_as_citizen(nobody, case.query_code, "withdraw", {"opinion": "已解决"})
    assert case.status == "withdrawn" and case.light() == "blue"


def test_system_may_do_everything(city):
    case = city.report()
    assert permits(registry.register("case"), SYSTEM, "auto_classify", case)

"""Above the line: hard cases, leaders' words, urging, following, forced closing (T31, T43 to T45)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid, Missing

from .. import models as m
from ..tools import AT_WORK, to
from . import dispatch, merge

PAUSED_BY_HARD = ("dispatch", "handle", "review", "inspection")


def mark_hard(ctx: Any) -> None:
    """T31: proposed; another shift leader or a leader confirms."""
    ctx.then.append(lambda case: ctx.act(m.HardCase, "propose", {"case": case, "opinion": ctx.inputs["opinion"]}))


def hard_on(ctx: Any) -> None:
    """Recognised as hard: case and orders stand still."""
    case = ctx.record
    for name in PAUSED_BY_HARD:
        clocks.pause(ctx.session, case, name)
    for order in case.orders.filter(status__in=AT_WORK, held=False).exclude(status="suspended"):
        ctx.act(order, "hold")
    ctx.values["hard"] = True


def hard_over(ctx: Any) -> Any:
    """Out of the sub-flow: new orders by the minutes, or on as it stood."""
    case = ctx.record
    if not case.hard:
        raise Missing
    ctx.values["hard"] = False
    if ctx.inputs["unit"] is None and not ctx.inputs["steps"]:
        for name in PAUSED_BY_HARD:
            clocks.resume(ctx.session, case, name)
        for order in case.orders.filter(held=True):
            ctx.act(order, "release")
        return to(ctx, case.status)
    for name in PAUSED_BY_HARD:
        clocks.stop(ctx.session, case, name)
    dispatch.drop(ctx, case, _("按会商决定重新派遣"))
    for order in case.orders.filter(round=case.round, status="submitted"):
        ctx.act(order, "retire", {"opinion": _("按会商决定重新派遣")})
    dispatch.start_round(ctx, case, dispatch.as_limit(ctx.inputs.get("limit"), dispatch.default_limit(case)))
    return to(ctx, "pending_sign")


def instruct(ctx: Any) -> None:
    """T43: an instruction to each unit named, else to the unit at work, else to the centre."""
    case = ctx.record
    targets = ctx.inputs["targets"] or [case.unit or case.centre]
    if ctx.inputs["due"] is not None and ctx.inputs["due"] <= ctx.now:
        raise Invalid({"due": [_("回复期限须晚于现在")]})
    for unit in targets:
        ctx.session.create(m.Instruction, {
            "case": case, "kind": "instruct", "unit": unit, "area_code": case.area_code, "due": ctx.inputs["due"],
            "text": ctx.inputs["opinion"], "issued_by": ctx.actor.name[:40], "issued_at": ctx.now}, verb="issue",
            trusted=True, payload={"case": case.pk, "title": case.title})
    ctx.payload["units"] = [u.pk for u in targets if u is not None]


def replied(ctx: Any) -> None:
    """The unit answered."""
    ctx.values.update(answer=ctx.inputs["opinion"], answered_at=ctx.now)


def may_urge(case: Any, actor: Any) -> Any:
    """The public may urge once a day."""
    if actor.role == "public" and case.urged_at is not None and timezone.localdate(
            case.urged_at) == timezone.localdate(moment()):
        return _("每天只能催办一次，您的催办已转给办理单位")
    return ""


def urge(ctx: Any) -> None:
    """T44: a reminder to the units at work."""
    case = ctx.record
    if ctx.actor.role == "public":
        ctx.values["urged_at"] = ctx.now
    ctx.values["urges"] = case.urges + 1
    units = list(case.orders.filter(status__in=AT_WORK).values_list("unit_id", flat=True))
    ctx.payload.update(units=units or [case.centre_id], title=case.title, text=ctx.inputs["opinion"][:200])


def remark(ctx: Any) -> None:
    """A note among staff, kept in history."""
    ctx.payload["text"] = ctx.inputs["opinion"][:200]


def _mine(case: Any, actor: Any) -> Any:
    return m.Follow.objects.filter(case=case, staff_id=actor.user_id, until=None)


def not_following(case: Any, actor: Any) -> Any:
    """Only a person with an account can follow, once."""
    if actor.user_id is None:
        return _("登录后才能关注")
    return _("您已关注该案件") if _mine(case, actor).exists() else ""


def follow(ctx: Any) -> None:
    """Be told of this case from now on."""
    ctx.session.create(m.Follow, {"case": ctx.record, "staff_id": ctx.actor.user_id, "since": ctx.now}, verb="follow",
                       trusted=True)


def is_following(case: Any, actor: Any) -> Any:
    """There is something to stop."""
    return "" if actor.user_id is not None and _mine(case, actor).exists() else _("您没有关注该案件")


def unfollow(ctx: Any) -> None:
    """No longer be told."""
    for row in _mine(ctx.record, ctx.actor):
        ctx.session.change(row, {"until": ctx.now}, verb="unfollow", trusted=True)


def propose_force(ctx: Any) -> None:
    """T45, first half: a leader decides."""
    case = ctx.record
    if case.applications.filter(kind="force_close", decided_at=None).exists():
        raise Invalid(_("已有强制结案申请在等待领导批准"))
    ctx.then.append(lambda c: ctx.act(m.Application, "apply", {
        "case": c, "order": None, "kind": "force_close", "reason": ctx.inputs["reason"],
        "opinion": ctx.inputs["opinion"]}))


def force_close(ctx: Any) -> None:
    """T45, second half: everything ends; left out of the rates."""
    case = ctx.record
    dispatch.drop(ctx, case, _("强制结案"))
    for task in case.tasks.filter(status="pending"):
        ctx.act(task, "cancel")
    for hard in case.hard_cases.exclude(status__in=("resolved", "refused")):
        ctx.session.change(hard, {"status": "resolved", "resolved_at": ctx.now}, verb="force_close", trusted=True)
    for name in ctx.move.flow.clocks:
        clocks.stop(ctx.session, case, name)
    ctx.values.update(hard=False, excluded=True, closed_at=ctx.now, end_reason=ctx.inputs["reason"],
                      overtime=case.overtime)
    ctx.then.append(lambda c: merge.answer_followers(ctx, c))

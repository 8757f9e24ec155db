"""Decisions on applications (T21, T28, T29, T45): the unit or the unit above first, then the centre."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Conflict, Missing, Refused

from .. import models as m
from ..ledger import arbitration
from ..tools import to


def applied(ctx: Any) -> Any:
    """Where an application starts: a handler's at its unit, a child order's at the unit above, else the centre."""
    order, kind, case = ctx.inputs["order"], ctx.inputs["kind"], ctx.inputs["case"]
    unit_id = order.unit_id if order is not None else ctx.actor.unit_id
    ctx.values.pop("limit", None)
    ctx.values.update(unit_id=unit_id, area_code=case.area_code, text=ctx.inputs["opinion"],
                      limit=ctx.inputs["limit"], applied_by=ctx.actor.user_id, applied_at=ctx.now,
                      invented=case.invented)
    ctx.payload.update(case=case.pk, kind=kind, title=case.title)
    if kind == "force_close":
        return to(ctx, "leader_review")
    if ctx.actor.role == "handler":
        return to(ctx, "unit_review")
    return to(ctx, _next(order))


def _next(order: Any) -> str:
    if order is not None and order.parent_id is not None and order.role == "child":
        return "parent_review"
    return "centre_review"


def _order(application: Any) -> Any:
    """The order an application is about; only forced closing is about the case itself."""
    if application.order_id is None:
        raise Missing
    return application.order


def not_own(application: Any, actor: Any) -> Any:
    """Nobody decides on what they asked for."""
    own = actor.user_id is not None and application.applied_by == actor.user_id
    return _("不能审批自己提出的申请") if own else ""


def may_approve(application: Any, actor: Any) -> Any:
    """Nobody approves what they asked for, nor goes past the arbiter of a claim that is open."""
    return not_own(application, actor) or arbitration.past_arbiter(arbitration.of_application(application), actor)


def may_pass(application: Any, actor: Any) -> Any:
    """The step belongs to a unit: its own, or that of the order above."""
    why = not_own(application, actor)
    if why or actor.kind == "system":
        return why
    above = application.order.parent if application.order_id else None
    unit = application.unit if application.status == "unit_review" else above and above.unit
    if unit is None:
        return _("本步骤没有审核单位")
    return "" if unit.path.startswith(actor.unit_path or "?") else _("本步骤由“%s”审核") % unit


def may_refuse(application: Any, actor: Any) -> Any:
    """Who may pass it on may refuse it."""
    if actor.kind == "system":
        return ""
    if application.status in ("unit_review", "parent_review"):
        return may_pass(application, actor)
    wanted = ("leader",) if application.status == "leader_review" else ("reviewer", "shift_leader")
    if actor.role not in wanted:
        return not_own(application, actor) or _("本步骤由中心审批")
    return may_approve(application, actor)


def passed_on(ctx: Any) -> Any:
    """The unit agrees; a child order's return ends with the unit above, which gave the order."""
    application = ctx.record
    if application.status == "unit_review" and _next(application.order) == "parent_review":
        return to(ctx, "parent_review")
    if application.kind == "return" and _order(application).role == "child":
        approved(ctx)
        return to(ctx, "approved")
    return to(ctx, "centre_review")


def approved(ctx: Any) -> None:
    """Carry out what was asked for."""
    application = ctx.record
    if ctx.actor.role == "reviewer" and application.kind == "suspension":
        raise Refused(_("挂起由值班长批准"))
    ctx.values.update(decided_at=ctx.now, decision=ctx.inputs["opinion"])
    order = None if application.kind == "force_close" else _order(application)
    words = {"opinion": ctx.inputs["opinion"]}
    if application.kind == "return":
        ctx.then.append(lambda a: arbitration.follow(ctx, a, "granted"))
        ctx.then.append(lambda _a: ctx.act(order, "approve_return", words))
    elif application.kind == "extension":
        ctx.then.append(lambda a: ctx.act(order, "extended", {"limit": a.limit}))
    elif application.kind == "suspension":
        if application.until <= ctx.now:
            raise Conflict(_("挂起期限已过，请重新申请"))
        case = ctx.session.lock(application.case)
        ctx.session.change(case, {"suspensions": case.suspensions + 1}, verb="suspend_granted", trusted=True)
        ctx.then.append(lambda a: ctx.act(order, "suspend", {"until": a.until, **words}))
    else:
        ctx.then.append(lambda a: ctx.act(a.case, "force_close", {"reason": a.reason, "opinion": a.text}))


def refused(ctx: Any) -> None:
    """Refused, or taken back by who asked."""
    application = ctx.record
    ctx.values.update(decided_at=ctx.now, decision=ctx.inputs["opinion"])
    if application.kind == "return":
        _order(application)
        ctx.then.append(lambda a: arbitration.follow(ctx, a, "drop" if ctx.move.name == "take_back" else "denied"))
        ctx.then.append(lambda a: ctx.act(m.WorkOrder.objects.get(pk=a.order_id), "refuse_return", {
            "opinion": ctx.inputs["opinion"]}))

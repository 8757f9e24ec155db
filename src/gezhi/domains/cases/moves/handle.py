"""Disposal by the units: sign, assign, split, feed back, submit, accept (T19, T23 to T27)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.foundation.units.public import Unit
from gezhi.kernel.errors import Invalid

from .. import models as m
from ..tools import calendar, left_over
from . import dispatch, orders, outside, settle


def own(order: Any, actor: Any) -> Any:
    """Guard: the order moves, and it is handled here."""
    return orders.free(order, actor) or outside.elsewhere(order, actor)


def sign(ctx: Any) -> None:
    """T19."""
    clock = clocks.running(ctx.record, "sign")
    late = clock is not None and clock.paused_at is None and ctx.now > clock.due_at
    ctx.values.update(signed_at=ctx.now, unsigned_late=late)
    ctx.then.append(lambda order: settle.settle(ctx, order))


def assign(ctx: Any) -> None:
    """T23: to a person of the unit or below it."""
    post = ctx.inputs["handler"]
    if not post.active or not post.unit.path.startswith(ctx.record.unit.path):
        raise Invalid({"handler": [_("只能指派本单位在岗的处置人员")]})
    ctx.values["handler"] = post
    ctx.payload.update(post=post.pk, user=post.staff_id)


def has_handler(order: Any, actor: Any) -> Any:
    """There is somebody to take it back from."""
    return orders.free(order, actor) or ("" if order.handler_id else _("该工单尚未指派处置人员"))


def revoke(ctx: Any) -> None:
    """T23: taken back from the person."""
    ctx.values["handler"] = None


def split(ctx: Any) -> None:
    """T24: child orders for units below, none due after this one."""
    order = ctx.record
    mine = clocks.running(order, "handle")
    limit = (order.limit_value, order.limit_unit)
    existing = order.children.filter(role="child").count()
    case = order.case
    for n, row in enumerate(ctx.inputs["children"], 1):
        unit: Unit = row["unit"]
        if unit.pk == order.unit_id or not unit.path.startswith(order.unit.path):
            raise Invalid({"children": [_("第 %d 行：只能分派给本单位的下属单位") % n]})
        if not unit.active:
            raise Invalid({"children": [_("第 %(n)d 行：“%(unit)s”已停用") % {"n": n, "unit": unit}]})
        given = dispatch.as_limit(row["limit"], limit)
        if mine is not None and calendar(unit.pk, ctx.now).due(ctx.now, *given).at > mine.due_at:
            if row["limit"]:
                raise Invalid({"children": [_("第 %d 行：下级时限不能晚于本工单的截止时间") % n]})
            seconds = calendar(unit.pk, ctx.now).remaining(ctx.now, mine.due_at, "work_hour")
            given = (max(seconds / 3600, 0.1), "work_hour")
        child = dispatch.open_order(ctx, case, unit, given, role="child", seq=existing + n, parent=order,
                                    round=order.round, remark=row["remark"])
        _not_later(child, mine)
    ctx.payload["children"] = len(ctx.inputs["children"])


def _not_later(child: Any, parent_clock: Any) -> None:
    clock = clocks.running(child, "handle")
    if clock is not None and parent_clock is not None and clock.due_at > parent_clock.due_at:
        clock.due_at = parent_clock.due_at
        clock.warn_at = min(clock.warn_at, clock.due_at)
        clock.save(update_fields=["due_at", "warn_at"])


def feedback(ctx: Any) -> None:
    """T25."""
    ctx.values.update(result=ctx.inputs["result"], outcome=ctx.inputs["outcome"], handled_by=ctx.actor.user_id,
                      photos=[*ctx.record.photos, *ctx.inputs["photos"]])
    ctx.then.append(lambda order: settle.settle(ctx, order))


def may_submit(order: Any, actor: Any) -> Any:
    """Children must be accepted first."""
    why = own(order, actor)
    if why:
        return why
    if order.children.filter(role="child").exclude(status__in=("accepted", "returned", "cancelled")).exists():
        return _("下级工单尚未全部通过，不能报送结果")
    return ""


def submit(ctx: Any) -> None:
    """T27: the moment of submission ends the order's clock; a lead waits for its co units or says why not."""
    order, inputs = ctx.record, ctx.inputs
    waiting = order.children.filter(role="co").exclude(status__in=("submitted", "accepted", "returned", "cancelled"))
    if waiting and not inputs["override"]:
        names = "、".join(str(o.unit) for o in waiting.select_related("unit"))
        raise Invalid({"override": [_("协办单位尚未报送：%s。如需先行报送，请写明原因") % names]})
    if inputs["contact_method"] != "none" and inputs["contact_at"] is None:
        inputs["contact_at"] = ctx.now
    if inputs["contact_at"] is not None and inputs["contact_at"] > ctx.now:
        raise Invalid({"contact_at": [_("联系时间不能晚于现在")]})
    ctx.values.update(
        result=inputs["result"] or order.result, outcome=inputs["outcome"], reply=inputs["reply"],
        contact_method=inputs["contact_method"], contact_at=inputs["contact_at"], override=inputs["override"],
        photos=[*order.photos, *inputs["photos"]], submitted_at=ctx.now, submitted_by=ctx.actor.user_id)
    ctx.then.append(lambda done: settle.settle(ctx, done))
    if order.role == "co":
        ctx.payload["lead"] = order.parent_id


def may_accept(order: Any, actor: Any) -> Any:
    """Root orders are accepted with the case's review, except the steps of a sequence."""
    why = orders.free(order, actor)
    if why:
        return why
    if order.parent_id is None and order.role != "step" and order.case.status != "pending_review":
        return _("该工单随案件结果审核一并通过")
    if actor.user_id is not None and order.submitted_by == actor.user_id:
        return _("不能审核自己报送的结果")
    return ""


def accepted(ctx: Any) -> None:
    """The result holds; when it was submitted and whether it was late stays."""
    ctx.values.update(overtime=ctx.record.overtime, finished_at=ctx.record.finished_at)


def accept(ctx: Any) -> None:
    """A child or a step is good; the next step of a sequence begins."""
    order = ctx.record
    accepted(ctx)
    if order.role == "step":
        ctx.then.append(lambda done: _next_step(ctx, done))


def _next_step(ctx: Any, order: Any) -> None:
    case = ctx.session.lock(m.Case(pk=order.case_id))
    if case.round == order.round and case.steps and case.status in settle.FOLLOWS:
        step, rest = case.steps[0], case.steps[1:]
        unit = Unit.objects.get(pk=step["unit"])
        limit = dispatch.as_limit(step["limit"], dispatch.default_limit(case))
        dispatch.open_order(ctx, case, unit, limit, role="step", seq=order.seq + 1, remark=step.get("remark", ""))
        ctx.session.change(case, {"steps": rest, "unit": unit}, verb="next_step", trusted=True)
    settle.settle(ctx, order)


def rework(ctx: Any) -> None:
    """Sent back to the same unit with the time it had left, at least one working day."""
    order = ctx.record
    value, unit = left_over(order, "handle")
    ctx.limits["handle"] = (value, unit, order.unit_id)
    ctx.values.update(reworks=order.reworks + 1, submitted_at=None)
    ctx.payload["case"] = order.case_id

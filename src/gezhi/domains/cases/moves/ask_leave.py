"""Units ask for leave: give an order back, extend it, suspend it (T20, T28, T29)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Conflict, Invalid

from .. import models as m
from ..ledger.decision import final
from ..limits import stage_limit
from ..tools import CONTINUOUS, after, calendar
from . import orders, settle


def _open_application(order: Any, *kinds: str) -> bool:
    return order.applications.filter(decided_at=None, kind__in=kinds).exists()


def may_return(order: Any, actor: Any) -> Any:
    """A handler is revoked first; nothing of it may be under way below."""
    why = orders.free(order, actor)
    if why:
        return why
    if order.handler_id:
        return _("已指派处置人员，请先撤回指派再申请退回")
    if order.children.filter(finished_at=None).exists():
        return _("还有下级或协办工单在办理，不能退回")
    return ""


def return_order(ctx: Any) -> None:
    """T20: within the return window; the clock waits for the decision."""
    order = ctx.record
    if order.signed_at is not None:
        end = after(order.signed_at, stage_limit("return_window", order.urgency), order.unit_id)
        if ctx.now > end:
            raise Conflict(_("已超过签收后可退回的时限，不能退回"))
    if ctx.inputs["reason"] in ("01", "02") and not ctx.inputs["basis"] and len(ctx.inputs["opinion"]) < 4:
        raise Invalid({"basis": [_("请写明法律或“三定”依据")]})
    if final(order):
        raise Conflict(_("本单位由仲裁指定，不能再次退回"))
    proper = ctx.inputs.get("proper")
    if proper is not None and proper.pk == order.unit_id:
        raise Invalid({"proper": [_("主张的单位不能是本单位")]})
    ctx.values["before_return"] = order.status
    ctx.then.append(lambda done: _claim(ctx, done, proper))
    ctx.then.append(lambda done: settle.settle(ctx, done))


def _claim(ctx: Any, order: Any, proper: Any) -> None:
    """A refusal of the city's order is a claim against its row; what a unit's own parent gave is settled among them."""
    application = _apply(ctx, order, "return")
    if order.role != "child":
        ctx.act(m.Claim, "raised", {"application": application, "kind": ctx.inputs["reason"], "proper": proper,
                                    "opinion": ctx.inputs["opinion"]})


def _apply(ctx: Any, order: Any, kind: str, **more: Any) -> Any:
    """Put an application before whoever decides."""
    inputs = {"case": order.case, "order": order, "kind": kind, "reason": ctx.inputs["reason"],
              "opinion": ctx.inputs["opinion"], "basis": ctx.inputs.get("basis") or "",
              "photos": ctx.inputs.get("photos") or [], **more}
    application = ctx.act(m.Application, "apply", inputs)
    ctx.payload["application"] = application.pk
    return application


def may_extend(order: Any, actor: Any) -> Any:
    """At most so many granted ones; not when overdue, suspended or already asked."""
    why = orders.free(order, actor)
    if why:
        return why
    if order.extensions >= stage_limit("extensions")[0]:
        return _("该工单已延期 %d 次，不能再申请") % order.extensions
    clock = clocks.running(order, "handle")
    if actor.kind != "system" and clock is not None and moment() > clock.due_at:
        return _("工单已超期，不能申请延期")
    if _open_application(order, "extension"):
        return _("已有延期申请在审批中")
    return ""


def extension(ctx: Any) -> None:
    """T28: by no more than one original limit, from the present due time."""
    order, asked = ctx.record, ctx.inputs["limit"]
    clock = clocks.running(order, "handle")
    if clock is None or ctx.now > clock.due_at:
        raise Conflict(_("工单已超期，不能申请延期"))
    hours = calendar(order.unit_id, ctx.now)
    mixed = (asked["unit"] in CONTINUOUS) != (order.limit_unit in CONTINUOUS)
    if mixed:
        longer = hours.due(clock.due_at, asked["value"], asked["unit"]).at > hours.due(
            clock.due_at, order.limit_value, order.limit_unit).at
    else:
        longer = hours.limit(asked["value"], asked["unit"]) > hours.limit(order.limit_value, order.limit_unit) + 1
    if longer:
        raise Invalid({"limit": [_("每次延期不能超过工单原时限")]})
    ctx.then.append(lambda done: _apply(ctx, done, "extension", limit=asked))


def may_suspend(order: Any, actor: Any) -> Any:
    """Once a case; not when already asked."""
    why = orders.free(order, actor)
    if why:
        return why
    if order.case.suspensions >= stage_limit("suspensions")[0]:
        return _("每个案件只能挂起 %d 次") % stage_limit("suspensions")[0]
    if _open_application(order, "suspension"):
        return _("已有挂起申请在审批中")
    return ""


def suspension(ctx: Any) -> None:
    """T29: until a day within a year."""
    until = ctx.inputs["until"]
    if not ctx.now < until <= ctx.now + dt.timedelta(days=366):
        raise Invalid({"until": [_("挂起期限须晚于现在，且不超过一年")]})
    ctx.then.append(lambda done: _apply(ctx, done, "suspension", until=until))

"""What happens to a work order because of something else: opened, held, given back, extended, suspended."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks

from .. import models as m
from ..facts import sign_limit
from ..tools import to, unpause
from . import settle


def free(order: Any, _actor: Any) -> Any:
    """Guard: an order whose case stands still stands still too."""
    return _("案件正按疑难办理或已并案，工单暂停办理") if order.held else ""


def opened(ctx: Any) -> None:
    """A new order: number, limits, sign clock and handle clock, which already runs."""
    case, parent, limit = ctx.inputs["case"], ctx.inputs["parent"], ctx.values.pop("limit", ctx.inputs["limit"])
    above = parent.no if parent is not None else case.case_no
    first = parent is None and case.round == 1 and ctx.inputs["seq"] == 1  # nothing can stand beside it
    number = 1 if first else m.WorkOrder.objects.filter(case=case, parent=parent).count() + 1
    ctx.values.update(
        no=f"{above}-{number}", area_code=case.area_code, item_code=case.item_code, urgency=case.urgency,
        limit_value=limit["value"], limit_unit=limit["unit"], opened_at=ctx.now, invented=case.invented)
    unit = ctx.inputs["unit"]
    if unit.mode != "inside":
        ctx.values["via"] = unit.mode
    ctx.limits["handle"] = (limit["value"], limit["unit"], unit.pk)
    ctx.limits["sign"] = (*sign_limit(None, ctx.now, item=case.item_code, area=case.area_code, urgency=case.urgency,
                                    role=ctx.inputs["role"], unit_kind=unit.kind, unit_level=unit.level), unit.pk)
    ctx.payload.update(case=case.pk, title=case.title, urgency=case.urgency)


def given_back(ctx: Any) -> None:
    """T21: the return was granted: no overtime for this unit."""
    ctx.values.update(overtime=False, held=False)
    for child in ctx.record.children.filter(finished_at=None):
        ctx.act(child, "cancel", {"opinion": _("上级工单已退回")})
    ctx.then.append(lambda order: settle.settle(ctx, order))


def keep(ctx: Any) -> Any:
    """T21: the return was refused: the clock goes on, and the waiting counts."""
    for name in ("sign", "handle"):
        unpause(ctx.session, ctx.record, name)
    ctx.then.append(lambda order: settle.settle(ctx, order))
    return to(ctx, ctx.record.before_return or "handling")


def extended(ctx: Any) -> None:
    """An extension was granted: from the present due time."""
    limit = ctx.inputs["limit"]
    clocks.extend(ctx.session, ctx.record, "handle", limit["value"], limit["unit"])
    ctx.values["extensions"] = ctx.record.extensions + 1
    ctx.then.append(lambda order: settle.redate(ctx, order))


def suspended(ctx: Any) -> None:
    """A suspension was granted."""
    ctx.values.update(suspended_until=ctx.inputs["until"], suspension_reviewed_at=ctx.now)
    ctx.then.append(lambda order: settle.settle(ctx, order))


def suspension_reviewed(ctx: Any) -> None:
    """The shift leader looked at a suspended order again."""
    ctx.values["suspension_reviewed_at"] = ctx.now


def resumed(ctx: Any) -> None:
    """T30."""
    ctx.values.update(suspended_until=None)
    ctx.then.append(lambda order: settle.settle(ctx, order))


def hold(ctx: Any) -> None:
    """The case stands still (hard, merged)."""
    ctx.values["held"] = True


def release(ctx: Any) -> None:
    """The case goes on; an order that waits for leave to be given back keeps waiting."""
    ctx.values["held"] = False
    if ctx.record.status != "returning":
        for name in ("sign", "handle"):
            clocks.resume(ctx.session, ctx.record, name)


def cancelled(ctx: Any) -> None:
    """Taken from the unit by somebody else's decision: its lateness so far is kept on its clock only."""
    ctx.values.update(overtime=False, held=False, suspended_until=None)
    for child in ctx.record.children.exclude(status__in=("accepted", "returned", "cancelled", "submitted")):
        ctx.act(child, "cancel", {"opinion": ctx.inputs["opinion"]})
    if ctx.record.parent_id:
        ctx.then.append(lambda order: settle.settle(ctx, order))


def retired(ctx: Any) -> None:
    """A finished order of an earlier round no longer counts; whether it was late stays."""
    ctx.values.update(overtime=ctx.record.overtime, finished_at=ctx.record.finished_at)



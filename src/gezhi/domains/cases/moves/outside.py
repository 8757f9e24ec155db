"""Orders of departments that do not work inside Gezhi: states synced from their own system, or noted by the centre.

Three modes of a unit (一网统管): ``inside`` handles here; ``loose`` keeps its own system, which reports states through
the API; ``watched`` is only supervised and assessed: the centre notes what it reports.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid
from gezhi.kernel.events import Consumer

from .. import models as m
from ..tools import AT_WORK

STATES = [("received", gettext_lazy("已接收")), ("working", gettext_lazy("办理中")), ("done", gettext_lazy("已办结")),
          ("refused", gettext_lazy("不予接收"))]


def elsewhere(order: Any, actor: Any) -> Any:
    """Guard: who works in another system does not work the same order here too."""
    if actor.role not in ("unit_clerk", "handler") or order.via == "inside":
        return ""
    if order.via == "loose":
        return _("该单位在自有系统中办理，状态由系统同步")
    return _("该单位只监督考核，办理情况由指挥中心记录")


def not_inside(order: Any, _actor: Any) -> Any:
    """Guard: only of an order that is handled elsewhere."""
    return _("该工单在平台内办理") if order.via == "inside" else ""


def sync(ctx: Any) -> None:
    """Another system's word on an order, in whatever order words arrive.

    What is older than the newest word, or comes after the order ended here, is kept in history and changes nothing.
    """
    order, inputs = ctx.record, ctx.inputs
    at = inputs["at"] or ctx.now
    if at > ctx.now:
        raise Invalid({"at": [_("时间不能晚于现在")]})
    why = ""
    if order.synced_at is not None and at < order.synced_at:
        why = _("迟到的状态，只作记录")
    elif order.status not in AT_WORK:
        why = _("工单已结束，只作记录")
    elif order.outside_state == inputs["state"] and at == order.synced_at:
        why = _("重复的状态，只作记录")
    ctx.payload.update(case=order.case_id, state=inputs["state"], kept=why)
    if inputs["outside_no"]:
        ctx.values["outside_no"] = inputs["outside_no"]
    if why:
        return
    ctx.values.update(outside_state=inputs["state"], synced_at=at)
    ctx.then.append(lambda done: _carry_out(ctx, done, at))


def _carry_out(ctx: Any, order: Any, at: Any) -> None:
    """Make of the other system's state the moves that lead there."""
    inputs, state = ctx.inputs, ctx.inputs["state"]
    if state == "refused":
        ctx.act(order, "return_order", {"reason": inputs["reason"] or "99", "basis": inputs["basis"],
                                        "opinion": inputs["result"] or _("不予接收")})
        return
    if order.status == "pending_sign":
        order = ctx.act(order, "sign")
    if state == "done":
        ctx.act(order, "submit_result", {
            "result": inputs["result"], "outcome": inputs["outcome"] or "01", "reply": inputs["reply"],
            "contact_method": inputs["contact_method"] or "none", "contact_at": at if inputs["contact_method"] not in (
                "", "none") else None, "override": _("由其自有系统报送") if order.role == "lead" else ""})


def given(events: list[Any]) -> None:
    """Orders were opened: those of units that are only watched need nobody's signature here."""
    found = m.WorkOrder.objects.filter(pk__in=[e.record_id for e in events], via="watched", status="pending_sign")
    for order in found:
        with door(SYSTEM):
            act(SYSTEM, order, "sign")


GIVEN = Consumer("cases.watched", ("work_order.open",), given, many=True)

"""Review of results, closing, archive, reopening (T32, T33, T37 to T40)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Conflict, Invalid

from ..facts import limit_of
from ..limits import stage_limit
from ..tools import after, left_over, not_hard, to, worked_on
from . import merge, screen, verify


def may_review(case: Any, actor: Any) -> Any:
    """Nobody reviews their own work; a hard case waits."""
    return not_hard(case, actor) or (_("不能审核自己办理的案件") if worked_on(case, actor.user_id) else "")


def passed(ctx: Any) -> Any:
    """T32: the result is good; inspection, callback or closing follows by what the case needs."""
    case = ctx.record
    for order in case.orders.filter(round=case.round, status="submitted").order_by("-id"):
        ctx.act(order, "accept_with_case")
    ctx.values["reviewed_by"] = ctx.actor.user_id
    if ctx.inputs["reply"]:
        ctx.values["public_reply"] = ctx.inputs["reply"]
    want = {"yes": True, "no": False}.get(ctx.inputs["inspect"], case.inspect_wanted and case.inspected != "yes")
    if want:
        verify.send_inspector(ctx, case)
        return to(ctx, "inspecting")
    return onwards(ctx, case)


def onwards(ctx: Any, case: Any) -> Any:
    """From a good result to the citizen, or to closing when no citizen waits."""
    clocks.stop(ctx.session, case, "review")
    name = "callback" if case.callback_wanted else "archive"
    value, unit = limit_of(name, ctx.now, case)
    clocks.start(ctx.session, case, name, value, unit, unit_id=case.centre_id)
    if name == "callback":
        ctx.values["callback_from"] = ctx.now
    return to(ctx, "pending_callback" if name == "callback" else "pending_close")


def sent_back(ctx: Any) -> None:
    """T33: back to the same units with the time that was left, at least one working day."""
    case = ctx.record
    chosen = {o.pk for o in ctx.inputs["orders"]}
    roots = list(case.orders.filter(round=case.round, parent=None, status__in=("submitted", "accepted")))
    if case.mode == "sequential":
        roots = sorted(roots, key=lambda o: o.seq)[-1:]
    if chosen:
        roots = [o for o in roots if o.pk in chosen]
    if not roots:
        raise Invalid({"orders": [_("没有可以退回重办的工单")]})
    again = [ctx.act(order, "rework_with_case", {"opinion": ctx.inputs["opinion"]}) for order in roots]
    value, unit = left_over(case, "handle")
    ctx.limits["handle"] = (value, unit, case.unit_id, max((o.due_at for o in again if o.due_at), default=None))
    ctx.values.update(reworks=case.reworks + 1, handled_at=None, inspected="")


def is_self_handled(case: Any, _actor: Any) -> Any:
    """Only what a grid worker put right alone."""
    return "" if case.self_handled else _("该案件不是自行处置的")


def may_close(case: Any, actor: Any) -> Any:
    """T37: the conditions of closing."""
    if case.hard:
        return not_hard(case, actor)
    if not case.public_reply and not case.self_handled:
        return _("尚无办理结果或答复，不能结案")
    if case.inspected and case.inspected != "yes":
        return _("核查未通过，不能结案")
    return _("不能审核自己办理的案件") if worked_on(case, actor.user_id) else ""


def close(ctx: Any) -> None:
    """T37; the answer goes to all who asked the same."""
    ctx.values.update(closed_at=ctx.now, overtime=ctx.record.overtime)
    ctx.payload.update(outcome=ctx.record.outcome, satisfaction=ctx.record.final_satisfaction)
    ctx.then.append(lambda case: merge.answer_followers(ctx, case))


def complete(case: Any, _actor: Any) -> Any:
    """T38: what an archive needs."""
    if not case.case_no:
        return _("没有案件编号，不能归档")
    if not case.excluded and not (case.public_reply and case.outcome):
        return _("缺少办理结果或答复，不能归档")
    return ""


def archive(ctx: Any) -> None:
    """T38: frozen."""
    ctx.values.update(archived_at=ctx.now, overtime=ctx.record.overtime)


def was_handled(case: Any, _actor: Any) -> Any:
    """What never was disposed of cannot go back to review."""
    return "" if case.round and not case.self_handled else _("该案件未经处置，不能退回审核")


def archive_return(ctx: Any) -> Any:
    """T39: something is missing."""
    case = ctx.record
    clocks.stop(ctx.session, case, "archive")
    ctx.values["closed_at"] = None
    if case.status == "closed":
        _whole_again(ctx, case)
    if ctx.inputs["target"] == "inspection":
        ctx.values["inspected"] = ""
        verify.send_inspector(ctx, case)
        return to(ctx, "inspecting")
    value, unit = limit_of("review", ctx.now, case)
    clocks.start(ctx.session, case, "review", value, unit, unit_id=case.centre_id)
    return to(ctx, "pending_review")


def _whole_again(ctx: Any, case: Any) -> None:
    """The clock of the whole runs again, with what was left of it."""
    value, unit = left_over(case, "total")
    clocks.start(ctx.session, case, "total", value, unit, unit_id=case.centre_id)


def _too_late(case: Any, now: Any) -> bool:
    return case.closed_at is None or now > after(case.closed_at, stage_limit("reopen"), case.centre_id)


def may_reopen(case: Any, actor: Any) -> Any:
    """T40: within the time allowed after closing."""
    late = actor.kind != "system" and _too_late(case, moment())
    return _("结案已超过可重新办理的期限") if late else ""


def reopen(ctx: Any) -> None:
    """T40: dispatched anew, with new clocks."""
    case = ctx.record
    if _too_late(case, ctx.now):
        raise Conflict(_("结案已超过可重新办理的期限"))
    limit = (case.limit_value or stage_limit("handle")[0], case.limit_unit or stage_limit("handle")[1])
    for order in case.orders.filter(round=case.round, status="submitted"):
        ctx.act(order, "retire", {"opinion": _("重新办理")})
    ctx.values.update(closed_at=None, handled_at=None, inspected="", solved="", final_satisfaction=None, tries=[],
                      self_handled=False, excluded=False, unit=None)
    ctx.limits["dispatch"] = (*limit_of("dispatch", ctx.now, case), case.centre_id)
    ctx.limits["total"] = screen.total(case, limit, ctx.now)

"""The case follows its orders: what state they put it in (join rules of case_lifecycle.md 4)."""

from __future__ import annotations

from typing import Any

from gezhi.engines.workflow import clocks

from .. import models as m
from ..facts import limit_of
from ..tools import ALIVE, AT_WORK, align, to, unpause

FOLLOWS = ("pending_sign", "handling", "suspended", "pending_unit_review")
"""Statuses in which a case follows its orders."""


def outlook(case: Any) -> str:
    """The state the root orders of the present round put the case in; a wish to give one back stops no clock of it."""
    roots = list(m.WorkOrder.objects.filter(case_id=case.pk, round=case.round, parent=None).order_by("seq", "id"))
    alive = [o for o in roots if o.status in ALIVE]
    if not alive:
        return "pending_dispatch"
    done = [o for o in alive if o.status in ("submitted", "accepted")]
    if _joined(case, alive, done):
        return "pending_review"
    work = [o for o in alive if o.status in AT_WORK]
    if not work:  # a step waits to be accepted before the next one is opened
        return "handling"
    if all(o.status == "suspended" for o in work):
        return "suspended"
    if not done and all(o.status == "pending_sign" or (o.status == "returning" and o.before_return == "pending_sign")
                        for o in work):
        return "pending_sign"
    if all(o.status in ("unit_review", "suspended") for o in work):
        return "pending_unit_review"
    return "handling"


def _joined(case: Any, alive: list[Any], done: list[Any]) -> bool:
    """Whether enough orders answered: all of them, or ``enough`` of parallel ones; no step left."""
    if case.mode == "parallel" and case.enough:
        return len(done) >= case.enough
    return len(done) == len(alive) and not case.steps


def settle(ctx: Any, order: Any) -> None:
    """After an order changed: let its case follow, if it has to."""
    if order.parent_id is not None:
        return
    case = m.Case.objects.get(pk=order.case_id)
    if case.status not in FOLLOWS or order.round != case.round or case.hard:
        return
    seen = outlook(case)
    clock = clocks.running(case, "handle")
    paused = clock is not None and clock.paused_at is not None
    if seen != case.status or paused != (seen == "suspended"):
        ctx.act(case, "advance")


def redate(ctx: Any, order: Any) -> None:
    """After an order's due time moved: the case is due with the last of its root orders."""
    case = ctx.session.lock(m.Case(pk=order.case_id))
    align(case, ctx.session)
    values = clocks.shown(case, "handle")
    if case.status in FOLLOWS and (values["due_at"] != case.due_at or values["warn_at"] != case.warn_at):
        ctx.session.change(case, values, verb="redate", trusted=True)


def advance(ctx: Any) -> Any:
    """The case takes the state its orders put it in, and its clocks with it."""
    case, session = ctx.record, ctx.session
    seen = outlook(case)
    if seen == "pending_review":
        _finished(ctx, case)
    elif seen == "pending_dispatch":
        clocks.stop(session, case, "handle")
        value, unit = limit_of("dispatch", ctx.now, case)
        clocks.start(session, case, "dispatch", value, unit, unit_id=case.centre_id)
        ctx.values.update(returns=case.returns + 1, unit=None, returned_once="unit")
    elif seen == "suspended":
        clocks.pause(session, case, "handle")
    elif case.status == "suspended":
        clocks.resume(session, case, "handle")
        align(case, session)
    else:
        unpause(session, case, "handle")
        align(case, session)
    return to(ctx, seen)


def _finished(ctx: Any, case: Any) -> None:
    """Every order is in: the disposal ends at this moment; review begins."""
    session = ctx.session
    clock = clocks.stop(session, case, "handle")
    value, unit = limit_of("review", ctx.now, case)
    clocks.start(session, case, "review", value, unit, unit_id=case.centre_id)
    roots = case.orders.filter(round=case.round, parent=None).order_by("seq", "id")
    done = [o for o in roots if o.status in ("submitted", "accepted")]
    for order in roots:
        if order.status in AT_WORK:  # enough of the parallel answers are in
            ctx.act(order, "cancel", {"opinion": "k of n"})
    lead = done[-1] if case.mode == "sequential" else done[0]
    replies = list(dict.fromkeys(o.reply for o in done if o.reply)) if case.mode == "parallel" else [lead.reply]
    late = bool(clock is not None and clock.overtime and not clock.exempt)
    ctx.values.update(handled_at=ctx.now, outcome=lead.outcome, public_reply="\n\n".join(replies)[:8000],
                      overtime=case.overtime or late)
    contacts = [o for o in done if o.contact_method and o.contact_method != "none"]
    if contacts:
        ctx.values["contacted"] = True

"""Duplicates: void, merge, undo, and the answer of the master to those who asked the same (T10 to T12)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.errors import Conflict, Invalid

from .. import models as m
from ..tools import AT_WORK, to


def _check_master(case: Any, master: Any) -> None:
    if master.pk == case.pk:
        raise Invalid({"master": [_("主案件不能是案件自己")]})
    if master.status in ("merged", "voided", "draft"):
        raise Invalid({"master": [_("“%s”本身已并入其他案件或已废止，不能作为主案件") % master]})


def _follow(ctx: Any, master: Any) -> None:
    """The reporter of a duplicate becomes a follower of the master."""
    case = ctx.record
    if not m.Follow.objects.filter(case=master, duplicate=case, until=None).exists():
        ctx.session.create(m.Follow, {"case": master, "duplicate": case, "staff": case.reported_by,
                                      "since": ctx.now} if not _followed(master, case.reported_by_id) else
                           {"case": master, "duplicate": case, "since": ctx.now}, verb="follow", trusted=True)


def _followed(master: Any, staff_id: int | None) -> bool:
    return staff_id is not None and m.Follow.objects.filter(case=master, staff_id=staff_id, until=None).exists()


def void(ctx: Any) -> None:
    """T10: ended as a duplicate (or a test, an error), confirmed by a person."""
    if not ctx.inputs["confirmed"]:
        raise Invalid({"confirmed": [_("废止前须人工核对")]})
    master = ctx.inputs["master"]
    if ctx.inputs["reason"] == "01":
        if master is None:
            raise Invalid({"master": [_("按重复废止时须指明主案件")]})
        _check_master(ctx.record, master)
        _follow(ctx, master)
    ctx.values.update(end_reason=ctx.inputs["reason"], master=master if ctx.inputs["reason"] == "01" else None,
                      closed_at=ctx.now, excluded=True, overtime=ctx.record.overtime)
    ctx.then.append(lambda case: _move_followers(ctx, case, master) if case.master_id else None)
    ctx.then.append(lambda case: _late_answer(ctx, case))


def merge(ctx: Any) -> None:
    """T11: what runs for the case is paused; the reporter gets the answer of the master."""
    case, master = ctx.record, ctx.inputs["master"]
    _check_master(case, master)
    if case.status == "draft":
        raise Conflict(_("草稿不能并案"))
    if master.status in ("rejected", "withdrawn", "returned_external"):
        raise Invalid({"master": [_("主案件已终止，不能并入")]})
    _follow(ctx, master)
    clock = ctx.move.flow.states()[case.status].clock
    if clock:
        clocks.ensure(ctx.session, case, clock)
    _lend(ctx, case, master)
    for name in ctx.move.flow.clocks:
        clocks.pause(ctx.session, case, name)
    for order in case.orders.filter(status__in=AT_WORK, held=False).exclude(status="suspended"):
        ctx.act(order, "hold")
    for task in case.tasks.filter(status="pending"):
        ctx.act(task, "cancel")
    ctx.values.update(master=master, merged_from=case.status, overtime=case.overtime)
    ctx.then.append(lambda merged: _move_followers(ctx, merged, master))
    ctx.then.append(lambda merged: _late_answer(ctx, merged))


def _show(ctx: Any, master: Any) -> None:
    """The master's row shows its clock as it now runs."""
    name = ctx.move.flow.states()[master.status].clock
    ctx.session.change(master, clocks.shown(master, name), verb="merge_deadline", trusted=True, emit=False)


def _lend(ctx: Any, case: Any, master: Any) -> None:
    """The earliest deadline holds: where the duplicate is due sooner, so is its master. What was before is kept."""
    stage = ctx.move.flow.states()[master.status].clock
    if stage:
        clocks.ensure(ctx.session, master, stage)
    lent: dict[str, list[str]] = {}
    for name in ctx.move.flow.clocks:
        mine, theirs = clocks.running(case, name), clocks.running(master, name)
        if mine is None or theirs is None or mine.paused_at or theirs.paused_at or mine.due_at >= theirs.due_at:
            continue
        lent[name] = [theirs.due_at.isoformat(), mine.due_at.isoformat()]
        clocks.shift(master, name, mine.due_at)
    if lent:
        follow = m.Follow.objects.get(case=master, duplicate=case, until=None)
        ctx.session.change(follow, {"lent": lent}, verb="lend", trusted=True, emit=False)
        _show(ctx, master)


def _take_back(ctx: Any, follow: Any) -> None:
    """A deadline lent to the master is undone: another duplicate that shortened it further keeps what it lent."""
    master = follow.case
    others = [f for f in m.Follow.objects.filter(case=master, until=None).exclude(pk=follow.pk) if f.lent]
    for name, (before, lent) in follow.lent.items():
        later = next((f for f in others if f.lent.get(name, [""])[0] == lent), None)
        if later is not None:
            kept = {**later.lent, name: [before, later.lent[name][1]]}
            ctx.session.change(later, {"lent": kept}, verb="lend", trusted=True, emit=False)
        elif (clock := clocks.running(master, name)) is not None and clock.paused_at is None:
            won = dt.datetime.fromisoformat(before) - dt.datetime.fromisoformat(lent)
            clocks.shift(master, name, clock.due_at + won)
    if follow.lent:
        _show(ctx, master)


def unmerge(ctx: Any) -> Any:
    """T12: back to where it was; the paused time is added to its deadlines, the master's are as they were before."""
    case = ctx.record
    for name in ctx.move.flow.clocks:
        if name != "verification":
            clocks.resume(ctx.session, case, name)
    for order in case.orders.filter(held=True):
        ctx.act(order, "release")
    for follow in m.Follow.objects.filter(duplicate=case, until=None):
        _take_back(ctx, follow)
        ctx.session.change(follow, {"until": ctx.now}, verb="unfollow", trusted=True)
    back = {"verifying": "registered", "inspecting": "pending_review"}.get(case.merged_from, case.merged_from)
    ctx.values.update(master=None, merged_from="", closed_at=None, public_reply="", outcome="")
    if case.merged_from in ("verifying", "inspecting"):  # the task of the spot was taken back when it was merged
        clocks.stop(ctx.session, case, "verification" if case.merged_from == "verifying" else "inspection")
    return to(ctx, back)


def _move_followers(ctx: Any, case: Any, master: Any) -> None:
    """Who was merged into this case now belongs to its master."""
    for dup in m.Case.objects.filter(master=case):
        ctx.session.change(dup, {"master": master}, verb="follow_master", trusted=True)
    for follow in m.Follow.objects.filter(case=case, until=None):
        have = m.Follow.objects.filter(case=master, until=None)
        have = have.filter(duplicate=follow.duplicate) if follow.duplicate_id else have.filter(staff=follow.staff)
        values = {"until": ctx.now} if have.exists() else {"case": master}
        ctx.session.change(follow, values, verb="follow_master", trusted=True)


def _late_answer(ctx: Any, case: Any) -> None:
    """The master is already answered: the duplicate gets its answer at once."""
    if case.master_id and case.master.public_reply and case.master.closed_at:
        ctx.act(case, "answer_follower", {"reply": case.master.public_reply, "outcome": case.master.outcome})


def answer_followers(ctx: Any, case: Any) -> None:
    """Give the answer of a master to the duplicates that follow it."""
    if case.status in ("merged", "voided") or not case.public_reply:
        return
    for dup in m.Case.objects.filter(master=case, status__in=("merged", "voided")):
        ctx.act(dup, "answer_follower", {"reply": case.public_reply, "outcome": case.outcome})


def answered(ctx: Any) -> None:
    """A duplicate got the answer of its master."""
    ctx.values.update(public_reply=ctx.inputs["reply"], outcome=ctx.inputs["outcome"],
                      closed_at=ctx.record.closed_at or ctx.now, overtime=ctx.record.overtime)
    ctx.payload.update(reply=ctx.inputs["reply"], master=ctx.record.master_id)

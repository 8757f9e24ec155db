"""Dispatch: plans of disposal (case_lifecycle.md 4), transfer between centres, coordination, reassign, redo."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.errors import Invalid

from .. import models as m
from ..facts import limit_of
from ..ledger import arbitration
from ..ledger.decision import keep
from ..limits import stage_limit
from ..tools import ALIVE, AT_WORK, CONTINUOUS, align, not_hard, to

CO_SHARE = 0.8
"""A co order is due after this share of the lead's limit (case_lifecycle.md 4)."""
REDO_SHARE = 0.5


def as_limit(given: Any, default: tuple[float, str]) -> tuple[float, str]:
    """An asked amount as ``(value, unit)``."""
    return (given["value"], given["unit"]) if given else default


def amount(limit: tuple[float, str]) -> dict[str, Any]:
    """``(value, unit)`` as an amount."""
    return {"value": limit[0], "unit": limit[1]}


def open_order(ctx: Any, case: Any, unit: Any, limit: tuple[float, str], **more: Any) -> Any:
    """One more order of a case."""
    inputs = {"case": case, "unit": unit, "limit": amount(limit), "seq": 1, "role": "lead", "round": case.round, **more}
    return ctx.act(m.WorkOrder, "open", inputs)


def units_of(inputs: Any) -> list[Any]:
    """All units a plan names, the first one leading.

    Raises:
        Invalid: too few or the same unit twice.
    """
    mode = inputs.get("mode") or "single"
    if mode == "sequential":
        units = [row["unit"] for row in inputs["steps"]]
        if len(units) < 2:
            raise Invalid({"steps": [_("顺序办至少需要两个步骤")]})
        return units
    if inputs.get("unit") is None:
        raise Invalid({"unit": [_("请选择承办单位")]})
    units = [inputs["unit"], *inputs.get("others", ())]
    if mode in ("lead_co", "parallel") and len(units) < 2:
        raise Invalid({"others": [_("“主协办”“并联办”还需要至少一个其他单位")]})
    if mode in ("single", "multi_level") and len(units) > 1:
        raise Invalid({"others": [_("该处置方式只能有一个承办单位")]})
    if len({u.pk for u in units}) < len(units):
        raise Invalid({"others": [_("同一单位不能重复派遣")]})
    return units


def give(ctx: Any, case: Any, inputs: Any, limit: tuple[float, str], reason: str = "") -> tuple[float, str]:
    """Open the orders of a plan and set what the case keeps of it. Returns the limit of the case's own clock.

    ``case.round`` is raised first: orders of earlier rounds no longer count.
    """
    mode = inputs.get("mode") or "single"
    units = units_of(inputs)
    enough = inputs.get("enough")
    if enough is not None and (mode != "parallel" or not 1 <= enough <= len(units)):
        raise Invalid({"enough": [_("并联办所需份数应在 1 与单位数之间")]})
    inactive = [u for u in units if not u.active]
    if inactive:
        raise Invalid({"unit": [_("“%s”已停用，不能派遣") % inactive[0]]})
    case.round += 1
    common = {"remark": inputs.get("opinion", ""), "reason": reason}
    steps: list[dict[str, Any]] = []
    lead: Any = None
    if mode == "sequential":
        share = (limit[0] / len(units), limit[1])
        steps = [{"unit": row["unit"].pk, "limit": amount(as_limit(row.get("limit"), share)),
                  "remark": row.get("remark") or ""} for row in inputs["steps"]]
        if ctx is not None and _longer(steps, limit):
            ctx.payload["warning"] = _("各步骤时限之和超过案件时限")
        first = steps.pop(0)
        lead = open_order(ctx, case, units[0], as_limit(first["limit"], limit), role="step", **{
            **common, "remark": first["remark"] or common["remark"]})
    elif mode == "parallel":
        other = as_limit(inputs.get("other_limit"), limit)
        for n, unit in enumerate(units, 1):
            order = open_order(ctx, case, unit, limit if n == 1 else other, role="equal", seq=n, **common)
            lead = lead or order
    else:
        lead = open_order(ctx, case, units[0], limit, **common)
        default = (round(limit[0] * CO_SHARE, 2), limit[1])
        for n, unit in enumerate(units[1:], 1):
            open_order(ctx, case, unit, as_limit(inputs.get("other_limit"), default), role="co", seq=n, parent=lead,
                       **common)
    keep(ctx, case, lead, units, inputs.get("opinion", ""))
    ctx.values.update(mode=mode, unit=units[0], round=case.round, enough=enough, steps=steps, dispatched_at=ctx.now,
                      handled_at=None)
    return limit


def _longer(steps: list[dict[str, Any]], limit: tuple[float, str]) -> bool:
    same = all(s["limit"]["unit"] == limit[1] for s in steps)
    return same and sum(s["limit"]["value"] for s in steps) > limit[0] + 1e-9


def case_clock(ctx: Any, case: Any, limit: tuple[float, str]) -> None:
    """The case's handle clock: due with the last of its root orders; of the whole limit for steps in order."""
    dues: list[dt.datetime] = []
    if ctx.values.get("mode") not in ("sequential", "single"):  # one order has this very limit and unit
        for order in case.orders.filter(round=case.round, parent=None, status__in=AT_WORK):
            clock = clocks.running(order, "handle")
            if clock is not None:
                dues.append(clock.due_at)
    ctx.limits["handle"] = (*limit, ctx.values["unit"].pk, max(dues, default=None))


def default_limit(case: Any) -> tuple[float, str]:
    """The limit fixed at filing."""
    return (case.limit_value, case.limit_unit) if case.limit_value else stage_limit("handle", case.urgency)


def dispatch(ctx: Any) -> None:
    """T14."""
    case = ctx.record
    limit = as_limit(ctx.inputs.get("limit"), default_limit(case))
    give(ctx, case, ctx.inputs, limit)
    case_clock(ctx, case, limit)
    ctx.values.update(limit_value=limit[0], limit_unit=limit[1])


def auto(ctx: Any) -> None:
    """T13: one row of the responsibility matrix names the unit; the row is kept with the order."""
    case = ctx.record
    row = " ".join(x for x in (ctx.inputs["rule"], ctx.inputs["rule_version"]) if x)
    limit = default_limit(case)
    give(ctx, case, {"mode": "single", "unit": ctx.inputs["unit"]}, limit,
         reason=f"{ctx.inputs['opinion']} {row}".strip()[:200])
    case_clock(ctx, case, limit)
    ctx.values["auto_dispatched"] = True


def can_add(case: Any, _actor: Any) -> Any:
    """Only where several units answer in parallel can a returned part be given to another unit."""
    if case.hard:
        return _("案件正按疑难办理")
    return "" if case.mode == "parallel" else _("只有并联办的案件可以补充派遣")


def more(ctx: Any) -> None:
    """A part of a parallel disposal that came back goes to another unit."""
    case = ctx.record
    unit = ctx.inputs["unit"]
    if case.orders.filter(round=case.round, unit=unit, status__in=ALIVE).exists():
        raise Invalid({"unit": [_("该单位已在办理本案件")]})
    seq = case.orders.filter(round=case.round, parent=None).count() + 1
    limit = as_limit(ctx.inputs.get("limit"), default_limit(case))
    order = open_order(ctx, case, unit, limit, role="equal", seq=seq, remark=ctx.inputs["opinion"])
    keep(ctx, case, order, [unit], ctx.inputs["opinion"])
    align(case, ctx.session)


def transfer(ctx: Any) -> None:
    """T15: to a centre above or below."""
    case, target = ctx.record, ctx.inputs["centre"]
    if target.kind != "centre" or not target.active:
        raise Invalid({"centre": [_("只能转给启用中的指挥中心")]})
    here = case.centre
    if here is not None and target.pk == here.pk:
        raise Invalid({"centre": [_("案件已在该中心")]})
    related = here is None or target.path.startswith(here.path) or here.path.startswith(target.path) or (
        target.area_code.startswith(here.area_code) or here.area_code.startswith(target.area_code))
    if not related:
        raise Invalid({"centre": [_("只能转给上级或下级中心")]})
    ctx.values["centre"] = target
    ctx.limits["dispatch"] = (*limit_of("dispatch", ctx.now, case), target.pk)
    ctx.payload.update(target=target.pk)


def back(ctx: Any) -> None:
    """T18: the dispatcher gives it back; the acceptor may file, reject or verify."""
    ctx.limits["accept"] = (*limit_of("accept", ctx.now, ctx.record), ctx.record.centre_id)
    clocks.stop(ctx.session, ctx.record, "total")
    ctx.values.update(item_code="", item_name="")


def coordinate(ctx: Any) -> Any:
    """T17: the shift leader names units, makes it a hard case, or hands it back for dispatch."""
    case, decision = ctx.record, ctx.inputs["decision"]
    if decision == "hard":
        if not ctx.inputs["opinion"]:
            raise Invalid({"opinion": [_("请说明疑难原因")]})
        ctx.then.append(lambda c: ctx.act(m.HardCase, "propose", {"case": c, "opinion": ctx.inputs["opinion"]}))
        return to(ctx, "pending_coordination")
    if decision == "back":
        return to(ctx, "pending_dispatch")
    clocks.stop(ctx.session, case, "dispatch")
    limit = as_limit(ctx.inputs.get("limit"), default_limit(case))
    start_round(ctx, case, limit)
    ctx.values.update(limit_value=limit[0], limit_unit=limit[1])
    return to(ctx, "pending_sign")


def start_round(ctx: Any, case: Any, limit: tuple[float, str]) -> None:
    """Open the orders of a plan and start the case's handle clock at once (moves whose state ``run`` decides)."""
    give(ctx, case, ctx.inputs, limit)
    case_clock(ctx, case, limit)
    value, unit, unit_id, due = ctx.limits.pop("handle")
    clocks.start(ctx.session, case, "handle", value, unit, unit_id=unit_id, due_at=due)


def drop(ctx: Any, case: Any, why: str) -> None:
    """End the orders of this round: those at work are cancelled, finished ones keep their result."""
    for order in case.orders.filter(status__in=AT_WORK).order_by("-id"):
        ctx.act(order, "cancel", {"opinion": why})
    for application in case.applications.filter(decided_at=None, order__isnull=False):
        ctx.session.change(application, {"status": "taken_back", "decided_at": ctx.now, "decision": why},
                           verb="take_back", trusted=True)
    for claim in case.claims.filter(finished_at=None):
        ctx.act(claim, "drop", {"opinion": why})


def may_reassign(case: Any, actor: Any) -> Any:
    """A hard case waits; one whose unit's refusal lies with a higher arbiter is not taken from it meanwhile."""
    return not_hard(case, actor) or arbitration.handed_up(case, actor)


def reassign(ctx: Any) -> None:
    """T22: another unit with the full limit; the clock of the whole goes on."""
    case = ctx.record
    drop(ctx, case, ctx.inputs["opinion"])
    limit = as_limit(ctx.inputs.get("limit"), default_limit(case))
    give(ctx, case, ctx.inputs, limit)
    case_clock(ctx, case, limit)
    ctx.values["reassigns"] = case.reassigns + 1


def can_redo(case: Any, _actor: Any) -> Any:
    """Only what was disposed of before can be done again."""
    if case.hard:
        return _("案件正按疑难办理")
    return "" if case.round and not case.self_handled else _("案件尚未处置过，请直接派遣")


def redo(ctx: Any) -> None:
    """T36: again, with half of the limit (at least one working day); twice in vain suggests a hard case."""
    case = ctx.record
    full = default_limit(case)
    least = 2.0 if full[1] in CONTINUOUS else (8.0 if full[1] == "work_hour" else 1.0)
    if full[1] == "urgent_minute":
        least = 120.0
    elif full[1] == "natural_day":
        least = 1.0
    limit = as_limit(ctx.inputs.get("limit"), (max(round(full[0] * REDO_SHARE, 2), least), full[1]))
    drop(ctx, case, _("重派"))
    for order in case.orders.filter(round=case.round, status="submitted"):
        ctx.act(order, "retire", {"opinion": _("重派")})
    if not ctx.inputs.get("unit") and case.unit_id and (ctx.inputs.get("mode") or "single") == "single":
        ctx.inputs["unit"] = case.unit
    give(ctx, case, ctx.inputs, limit)
    case_clock(ctx, case, limit)
    ctx.values.update(redos=case.redos + 1, final_satisfaction=None, solved="", tries=[])
    if case.redos + 1 >= 2:
        ctx.payload["suggest"] = "hard"
        ctx.then.append(lambda c: ctx.session.emit("case.suggest_hard", c, {"redos": c.redos}))

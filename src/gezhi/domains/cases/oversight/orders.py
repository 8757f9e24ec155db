"""What the moves of supervision orders do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.access import permits
from gezhi.kernel.door import next_number
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.registry import registry

from .. import models as m
from .scale import scale


def number(head: str, area_code: str, at: Any) -> str:
    """``DB`` (orders) or ``KP`` (cards) + 6 digits of area + day + 5 digits, counted daily."""
    series = f"{head}{(area_code or '').ljust(6, '0')[:6]}{timezone.localtime(at):%Y%m%d}"
    return f"{series}{next_number(series):05d}"


def seen(ctx: Any, case: Any) -> None:
    """Whoever names a case must see it.

    Raises:
        Missing: they do not.
    """
    if ctx.actor.kind != "system" and not permits(registry.register("case"), ctx.actor, "view", case):
        raise Missing


def on_case(model: str, move: str) -> Any:
    """The effect of a button on the page of a case: make an order, a card or a remark about it."""
    def run(ctx: Any) -> None:
        ctx.then.append(lambda case: ctx.act(getattr(m, model), move, {"case": case, **ctx.inputs}))

    return run


def was_filed(case: Any, _actor: Any) -> Any:
    """What was never filed is nobody's work yet."""
    return "" if case.case_no else _("案件尚未立案")


def target(case: Any, unit: Any) -> Any:
    """The unit named, else the one at work, else the centre.

    Raises:
        Invalid: the case has none of these.
    """
    found = unit or case.unit or case.centre
    if found is None:
        raise Invalid({"unit": [_("案件还没有承办单位，请选择单位")]})
    return found


def head(ctx: Any, case: Any, unit: Any, measure: str) -> dict[str, Any]:
    """What every order and card begins with."""
    return {"case": case, "unit": target(case, unit), "area_code": case.area_code, "issued_by": ctx.actor.name[:80],
            "issued_at": ctx.now, "points": scale(measure)[0]}


def origin(actor: Any) -> str:
    """Who is behind an order: a leader, a rule, or a supervisor."""
    if actor.role == "leader":
        return "leader"
    return "rule" if actor.kind == "system" else "manual"


def issued(ctx: Any) -> None:
    """A new order: its number, its price, the time to reply."""
    case, level = ctx.inputs["case"], ctx.inputs["level"]
    seen(ctx, case)
    if level == "listed" and ctx.actor.role != "leader" and ctx.actor.kind != "system":
        raise Invalid({"level": [_("挂牌督办由领导签发")]})
    ctx.values.update(
        head(ctx, case, ctx.inputs["unit"], level), no=number("DB", case.area_code, ctx.now),
        text=ctx.inputs["opinion"], source=origin(ctx.actor))
    _let_reply(ctx, level, ctx.inputs["reply"], ctx.values["unit"].pk)
    ctx.payload.update(case=case.pk, title=f"{ctx.values['no']} {case.title}")


def _let_reply(ctx: Any, level: str, given: Any, unit_id: int) -> None:
    _points, value, unit = scale(level)
    if given:
        value, unit = given["value"], given["unit"]
    ctx.limits["reply"] = (value, unit, unit_id)


def may_adopt(record: Any, actor: Any) -> Any:
    """What is listed publicly bears a leader's name."""
    return _("挂牌督办由领导签发") if record.level == "listed" and actor.role != "leader" else ""


def adopted(ctx: Any) -> None:
    """What a rule proposed becomes an order; the time to reply begins now."""
    record = ctx.record
    if record.case.finished_at is not None:
        raise Invalid(_("案件已经办结，无须督办"))
    ctx.values.update(issued_by=ctx.actor.name[:80], issued_at=ctx.now, points=scale(record.level)[0])
    if ctx.inputs["opinion"]:
        ctx.values["text"] = f"{record.text}\n{ctx.inputs['opinion']}"[:4000]
    _let_reply(ctx, record.level, None, record.unit_id)
    ctx.payload.update(case=record.case_id, title=f"{record.no} {record.case.title}")


def signed(ctx: Any) -> None:
    """The unit has seen it."""
    ctx.values["signed_at"] = ctx.now


def replied(ctx: Any) -> None:
    """The unit's answer; earlier ones stand in history."""
    ctx.values.update(answer=ctx.inputs["opinion"], answered_at=ctx.now,
                      signed_at=ctx.record.signed_at or ctx.now)


def sent_back(ctx: Any) -> None:
    """Not enough: a new time to reply."""
    ctx.values["sent_back"] = ctx.record.sent_back + 1
    _let_reply(ctx, ctx.record.level, ctx.inputs["reply"], ctx.record.unit_id)


def may_close(record: Any, actor: Any) -> Any:
    """Nobody judges an answer of their own unit."""
    return _("不能核验本单位的回复") if actor.unit_id is not None and actor.unit_id == record.unit_id else ""


def closed(ctx: Any) -> None:
    """The verdict; an order that was answered in full and in time still costs what its level costs."""
    ctx.values["verdict"] = ctx.inputs["verdict"]
    ctx.payload.update(case=ctx.record.case_id, verdict=ctx.inputs["verdict"])


def revoked(ctx: Any) -> None:
    """As if it had not been: it costs nothing."""
    ctx.values["points"] = 0


def missed(ctx: Any) -> None:
    """No answer in time costs more, and earns the unit a red card (case_lifecycle.md 5.8)."""
    ctx.values.update(missed=True, points=ctx.record.points + scale("missed")[0])
    ctx.then.append(lambda order: ctx.act(m.Card, "issue", {
        "case": order.case, "unit": order.unit, "colour": "red", "reason": "no_reply",
        "opinion": _("督办单 %s 逾期未回复") % order.no}))

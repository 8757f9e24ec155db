"""What the moves of cards do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.door import moment

from .. import models as m
from . import orders
from .scale import scale

YELLOWS = 3
"""Yellow cards to a unit on one case that make a red one (case_lifecycle.md 5.8)."""


def issued(ctx: Any) -> None:
    """A new card; the unit may appeal until its time is over."""
    case, colour = ctx.inputs["case"], ctx.inputs["colour"]
    orders.seen(ctx, case)
    _points, value, unit_of = scale(colour)
    ctx.values.update(orders.head(ctx, case, ctx.inputs["unit"], colour), text=ctx.inputs["opinion"],
                      no=orders.number("KP", case.area_code, ctx.now), issued_by_id=ctx.actor.user_id)
    ctx.limits["appeal"] = (value, unit_of, ctx.values["unit"].pk)
    ctx.payload.update(case=case.pk, title=f"{ctx.values['no']} {case.title}", colour=colour)
    if colour == "yellow":
        ctx.then.append(lambda card: _third(ctx, card))


def _third(ctx: Any, card: Any) -> None:
    mine = m.Card.objects.filter(case=card.case_id, unit=card.unit_id).exclude(status="cancelled")
    if mine.filter(colour="yellow").count() >= YELLOWS and not mine.filter(reason="three_yellow").exists():
        ctx.act(m.Card, "issue", {"case": card.case, "unit": card.unit, "colour": "red", "reason": "three_yellow",
                                  "opinion": _("同一案件累计三张黄牌")})


def in_time(card: Any, _actor: Any) -> Any:
    """Appeals end with their time."""
    return _("申诉期限已过") if card.due_at is not None and moment() > card.due_at else ""


def appealed(ctx: Any) -> None:
    """The unit's grounds."""
    ctx.values.update(appeal_text=ctx.inputs["opinion"], appealed_at=ctx.now)
    ctx.payload.update(case=ctx.record.case_id, title=str(ctx.record))


def not_issuer(card: Any, actor: Any) -> Any:
    """Nobody judges an appeal against their own card, nor their own unit's."""
    if actor.user_id is not None and card.issued_by_id == actor.user_id:
        return _("不能审查对自己所发牌的申诉")
    return _("不能审查本单位的申诉") if actor.unit_id is not None and card.unit_id == actor.unit_id else ""


def advised(ctx: Any) -> None:
    """The first step: advice."""
    ctx.values.update(advice=ctx.inputs["advice"], advised_by_id=ctx.actor.user_id)


def not_reviewer(card: Any, actor: Any) -> Any:
    """The second step is another person's."""
    if actor.user_id is not None and card.advised_by_id == actor.user_id:
        return _("初审和终审不能是同一人")
    return not_issuer(card, actor)


def decided(ctx: Any) -> Any:
    """The second step; a card that falls may take the overtime with it, the fact stays on the clock."""
    states = ctx.move.flow.states()
    ctx.values.update(decision=ctx.inputs["decision"], decided_at=ctx.now)
    if ctx.inputs["decision"] == "uphold":
        return states["upheld"]
    ctx.values["points"] = 0
    if ctx.inputs["exempt"]:
        ctx.values["exempted"] = _exempted(ctx)
    return states["cancelled"]


def _exempted(ctx: Any) -> bool:
    """Free the unit's late orders of the case from their overtime; false when none was late."""
    from ..public import exempt

    late = list(ctx.record.case.orders.filter(unit=ctx.record.unit_id, overtime=True, finished_at__isnull=False))
    for order in late:
        exempt(ctx.actor, order, ctx.inputs["opinion"])
    return bool(late)


def stands(ctx: Any) -> None:
    """Nobody appealed."""
    ctx.values.update(decided_at=ctx.now, overtime=False)


def withdrawn(ctx: Any) -> None:
    """Taken back by those who issue: it costs nothing."""
    ctx.values.update(decided_at=ctx.now, points=0)

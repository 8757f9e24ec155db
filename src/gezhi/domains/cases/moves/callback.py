"""Callback and satisfaction (T35; case_lifecycle.md 8)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid

from ..facts import limit_of
from ..limits import stage_limit
from ..tools import after, to, worked_on
from . import review

ATTEMPTS = 3


def may_call(case: Any, actor: Any) -> Any:
    """Handler, reviewer and callback agent of a case are three people."""
    if actor.user_id is not None and case.reviewed_by == actor.user_id:
        return _("不能回访自己审核的案件")
    return _("不能回访自己办理的案件") if worked_on(case, actor.user_id) else ""


def half_day(at: dt.datetime) -> str:
    """Local date and half of the day: attempts count once a half-day."""
    local = timezone.localtime(at)
    return f"{local:%Y-%m-%d}{'a' if local.hour < 12 else 'p'}"


def call(ctx: Any) -> Any:
    """T35: reached with four answers, or not reached (three attempts on different half-days)."""
    return _reached(ctx) if ctx.inputs["reached"] else _not_reached(ctx)


def _not_reached(ctx: Any) -> Any:
    case, now = ctx.record, half_day(ctx.now)
    if now in case.tries:
        raise Invalid(_("本半天内已经联系过一次，请换个时间再联系"))
    tries = [*case.tries, now]
    ctx.values["tries"] = tries
    if len(tries) < ATTEMPTS:
        return to(ctx, "pending_callback")
    ctx.values["final_satisfaction"] = 0
    if case.first_satisfaction is None:
        ctx.values["first_satisfaction"] = 0
    return _to_close(ctx)


def _reached(ctx: Any) -> Any:
    case, inputs = ctx.record, ctx.inputs
    missing = {n: [_("请填写")] for n in ("contacted", "solved") if not inputs[n]}
    missing.update({n: [_("请选择")] for n in ("satisfaction", "attitude") if inputs[n] is None})
    if missing:
        raise Invalid(missing)
    ctx.values.update(contacted=inputs["contacted"] == "yes", solved=inputs["solved"], attitude=inputs["attitude"],
                      final_satisfaction=inputs["satisfaction"], rated_by_public=False)
    if case.first_satisfaction is None:
        ctx.values["first_satisfaction"] = inputs["satisfaction"]
    ctx.payload.update(satisfaction=inputs["satisfaction"], solved=inputs["solved"])
    return _again(ctx) if inputs["again"] else _to_close(ctx)


def _to_close(ctx: Any) -> Any:
    clocks.stop(ctx.session, ctx.record, "callback")
    value, unit = limit_of("archive", ctx.now, ctx.record)
    clocks.start(ctx.session, ctx.record, "archive", value, unit, unit_id=ctx.record.centre_id)
    return to(ctx, "pending_close")


def _again(ctx: Any) -> Any:
    clocks.stop(ctx.session, ctx.record, "callback")
    value, unit = limit_of("dispatch", ctx.now, ctx.record)
    clocks.start(ctx.session, ctx.record, "dispatch", value, unit, unit_id=ctx.record.centre_id)
    return to(ctx, "pending_dispatch")


def may_rate(case: Any, _actor: Any) -> Any:
    """Once a case, and while it is fresh: as long after its end as an unrated case waits for a rating."""
    if case.rated_by_public:
        return _("您已评价过")
    limit = stage_limit("unrated")
    late = case.closed_at is not None and moment() > after(case.closed_at, limit, case.centre_id)
    return _("结案后 %d 天内可以评价，现在已超过") % limit[0] if late else ""


def rate(ctx: Any) -> None:
    """The citizen rates by themselves."""
    case, inputs = ctx.record, ctx.inputs
    ctx.values.update(rated_by_public=True, solved=inputs["solved"], final_satisfaction=inputs["satisfaction"])
    if inputs["attitude"] is not None:
        ctx.values["attitude"] = inputs["attitude"]
    if case.first_satisfaction is None:
        ctx.values["first_satisfaction"] = inputs["satisfaction"]
    ctx.payload.update(satisfaction=inputs["satisfaction"], solved=inputs["solved"])


def may_ask_redo(case: Any, _actor: Any) -> Any:
    """Once a case, and only of what was disposed of."""
    if case.self_handled or not case.round:
        return _("该案件未经派遣处置")
    return _("每个案件只能要求重新办理一次") if case.asked_redo else ""


def ask_redo(ctx: Any) -> None:
    """The citizen asks once to have it done again."""
    ctx.values.update(asked_redo=True)
    ctx.limits["dispatch"] = (*limit_of("dispatch", ctx.now, ctx.record), ctx.record.centre_id)


def auto_close(ctx: Any) -> None:
    """Nobody rated it in time: closed, and left out of the denominators (score 0)."""
    case = ctx.record
    if case.final_satisfaction is None:
        ctx.values["final_satisfaction"] = 0
    if case.first_satisfaction is None:
        ctx.values["first_satisfaction"] = 0
    review.close(ctx)

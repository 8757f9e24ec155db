"""The sub-flow of a hard case (T31, 会办)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid


def proposed(ctx: Any) -> None:
    """Somebody of the centre holds a case for hard."""
    case = ctx.inputs["case"]
    if case.hard_cases.filter(status__in=("proposed", "confirmed", "instructed", "met")).exists():
        raise Invalid({"case": [_("该案件已在疑难流程中")]})
    ctx.values.update(area_code=case.area_code, reason=ctx.inputs["opinion"], proposed_by=ctx.actor.user_id,
                      proposed_at=ctx.now)
    ctx.payload.update(case=case.pk, title=case.title)


def not_own(hard: Any, actor: Any) -> Any:
    """Somebody else confirms it."""
    own = actor.user_id is not None and hard.proposed_by == actor.user_id
    return _("不能认定自己提出的疑难案件") if own else ""


def confirmed(ctx: Any) -> None:
    """Recognised: the clocks of the case stand still."""
    ctx.values["confirmed_at"] = ctx.now
    ctx.then.append(lambda hard: ctx.act(hard.case, "hard_confirmed"))


def instructed(ctx: Any) -> None:
    """A leader's word."""
    ctx.values["instruction"] = ctx.inputs["opinion"]


def meeting(ctx: Any) -> None:
    """The joint meeting: who took part, what was said, what was decided."""
    if ctx.inputs["held_at"] > ctx.now:
        raise Invalid({"held_at": [_("会商时间不能晚于现在")]})
    if len(ctx.inputs["participants"]) < 2:
        raise Invalid({"participants": [_("联席会商至少有两个单位参加")]})
    ctx.values.update(held_at=ctx.inputs["held_at"], minutes=ctx.inputs["minutes"], decision=ctx.inputs["opinion"],
                      participants=[{"id": u.pk, "name": u.name} for u in ctx.inputs["participants"]])


def resolved(ctx: Any) -> None:
    """The minutes give the case to units, with a new deadline."""
    ctx.values["resolved_at"] = ctx.now
    inputs = {k: v for k, v in ctx.inputs.items() if k != "opinion"}
    if not inputs["unit"] and not inputs["steps"]:
        raise Invalid({"unit": [_("请按会商决定选择承办单位")]})
    inputs["opinion"] = ctx.inputs["opinion"] or ctx.record.decision
    ctx.then.append(lambda hard: ctx.act(hard.case, "hard_over", inputs))


def resumed(ctx: Any) -> None:
    """The case goes on as it stood."""
    ctx.values["resolved_at"] = ctx.now
    ctx.then.append(lambda hard: ctx.act(hard.case, "hard_over"))

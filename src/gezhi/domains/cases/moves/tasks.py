"""Tasks: given, done on the spot, handed over."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.rounds.near import metres
from gezhi.engines.workflow import clocks
from gezhi.kernel.errors import Conflict, Invalid

from .. import codes
from ..limits import stage_limit
from ..tools import task_number


def given(ctx: Any) -> None:
    """A new task with its deadline."""
    case, post, kind = ctx.inputs["case"], ctx.inputs["post"], ctx.inputs["kind"]
    ctx.values.update(no=task_number(case.area_code, ctx.now), unit=post.unit, area_code=case.area_code,
                      demand=ctx.inputs["opinion"], given_at=ctx.now, invented=case.invented)
    ctx.limits["task"] = (*stage_limit(kind, case.urgency), post.unit_id)
    ctx.payload.update(case=case.pk, post=post.pk, user=post.staff_id, title=case.title)


def fitting(task: Any, name: str) -> dict[str, Any] | None:
    """The conclusions that a task of this kind may come to."""
    if name != "result":
        return None
    return dict(codes.TRUENESS if task.kind == "verification" else codes.SOLVED)


def radius(_task: Any) -> float:
    """Metres around the place of the case within which a task is done."""
    return stage_limit("gps_radius")[0]


def submitted(ctx: Any) -> None:
    """T4, T34: on the spot, within the radius or with the reason why not, with a picture; the case follows."""
    task, inputs = ctx.record, ctx.inputs
    case, found = task.case, inputs["opinion"]
    if inputs["result"] not in (fitting(task, "result") or {}):
        raise Invalid({"result": [_("“%s”任务没有这个结论") % task.get_kind_display()]})
    distance = None
    if case.place is not None:
        distance = round(metres(inputs["position"], case.place), 1)
        most = radius(task)
        if distance > most:
            if not inputs["away"].strip():
                words = _("您距事发地点 %(d)d 米，超过 %(r)d 米；请走近后提交，或说明不在现场附近的原因")
                raise Invalid({"position": [words % {"d": distance, "r": most}]})
            found = _("%(words)s（提交时距事发地点 %(d)d 米：%(why)s）") % {
                "words": found, "d": distance, "why": inputs["away"].strip()}
    wanted = "verifying" if task.kind == "verification" else "inspecting"
    if case.status != wanted:
        raise Conflict(_("案件已不在“%s”环节") % task.get_kind_display())
    ctx.values.update(result=inputs["result"], report=found[:2000], position=inputs["position"],
                      distance=distance, photos=inputs["photos"], done_at=ctx.now)
    if task.kind == "verification":
        ctx.then.append(lambda _t: ctx.act(case, "submit_verification", {
            "trueness": inputs["result"], "opinion": found[:2000]}))
    else:
        ctx.then.append(lambda _t: ctx.act(case, "submit_inspection", {
            "solved": inputs["result"], "opinion": found[:2000]}))


def handed_over(ctx: Any) -> None:
    """To another grid worker, with a fresh deadline."""
    post = ctx.inputs["post"]
    if post.role.code not in ("grid_member", "grid_leader") or not post.active:
        raise Invalid({"post": [_("只能派给在岗的网格员或网格长")]})
    value, unit = stage_limit(ctx.record.kind, ctx.record.case.urgency)
    clocks.start(ctx.session, ctx.record, "task", value, unit, unit_id=post.unit_id)
    ctx.values.update(post=post, unit=post.unit)
    ctx.payload.update(post=post.pk, user=post.staff_id)

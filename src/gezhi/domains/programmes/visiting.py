"""What happens to a visit task: given by hand, made, missed, handed over; and what a visit changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _n

from gezhi.engines.rounds import metres
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.registry import registry

from .names import SELF_CARE, WAYS
from .visit_plan import CARE

RADIUS = 300.0
"""Metres around the home within which a visit at the door is expected."""
FINDINGS = ("life", "health", "need", "measures")
OWN = ("living_alone", SELF_CARE)
"""Inputs that belong to the record of a person in care."""


def fitting(task: Any, name: str) -> dict[str, Any] | None:
    """The answers that fit a task: no online look where the plan does not allow one, nothing of other programmes."""
    if name == "way":
        return {code: label for code, label in WAYS if code != "online" or task.online}
    if name in OWN and task.programme != "care_person":
        return {}
    return None


def radius(_task: Any) -> float:
    """See :data:`RADIUS`."""
    return RADIUS


def _end(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))


def given(ctx: Any) -> None:
    """By hand: a visit beside the plan, of somebody in a programme of the clerk's own unit."""
    inputs, unit = ctx.inputs, ctx.actor.unit_id
    model: Any = registry.register(inputs["programme"]).model
    record = model.objects.filter(person=inputs["person"], unit_id=unit, left_on=None).select_related("person").first()
    if record is None:
        raise Invalid({"person": [_("本单位在该项目中没有此人")]})
    if inputs["planned_on"] < timezone.localdate(ctx.now):
        raise Invalid({"planned_on": [_("应完成日期不能早于今天")]})
    if inputs["post"] is not None:
        _may_go(record, inputs["programme"], inputs["post"])
    person = record.person
    ctx.values.update(subject_id=record.pk, unit_id=unit, level=record.level, area_code=person.area_code,
                      home=person.home, place=person.home.place if person.home else None, given_at=ctx.now)
    due = _end(inputs["planned_on"])
    ctx.limits["visit"] = ((inputs["planned_on"] - timezone.localdate(ctx.now)).days + 1, "natural_day", unit, due)
    if inputs["post"] is not None:
        _tell(ctx, inputs["post"])


def _tell(ctx: Any, post: Any) -> None:
    ctx.payload.update(post=post.pk, user=post.staff_id, title=str(ctx.record.no if ctx.record else ""), tell={
        "who": "assignee", "channels": "inbox", "kind": "todo", "title": _n("走访任务派给您 {title}")})


def _may_go(record: Any, programme: str, post: Any) -> None:
    """Who is sent may act now, and for a legal programme is one whom its record names."""
    if not post.valid():
        raise Invalid({"post": [_("该岗位已停用")]})
    if programme not in CARE and post.staff_id not in (record.keeper_id, record.helper_id):
        raise Invalid({"post": [_("该项目只能派给记录中的责任人或协助人")]})


def _running(task: Any) -> Any:
    record = task.subject()
    if record is None:
        raise Conflict(_("此人已退出该项目，无须走访"))
    return record


def visited(ctx: Any) -> None:
    """The visit is checked and written down; person and programme follow it; a need may go to the case line."""
    task, inputs = ctx.record, ctx.inputs
    record = _running(task)
    _checked(task, inputs, ctx.now)
    distance = None
    if inputs["position"] is not None and task.place is not None:
        distance = round(metres(inputs["position"], task.place), 1)
        if inputs["way"] == "door" and distance > RADIUS and not inputs["away"].strip():
            words = _("您距住处 %(d)d 米，超过 %(r)d 米；请走近后提交，或说明不在现场附近的原因")
            raise Invalid({"position": [words % {"d": distance, "r": RADIUS}]})
    ctx.values.update(way=inputs["way"], position=inputs["position"], distance=distance, done_at=ctx.now)
    ctx.payload.update(programme=task.programme)
    ctx.then.append(lambda done: _keep(ctx, done, record))


def _checked(task: Any, inputs: dict[str, Any], now: dt.datetime) -> None:
    wrong: dict[str, list[Any]] = {}
    if inputs["way"] == "online" and not task.online:
        wrong["way"] = [_("走访计划不允许线上查看")]
    if inputs["way"] == "door" and inputs["position"] is None:
        wrong["position"] = [_("上门走访请提供定位")]
    if inputs["visited_at"] is not None and not task.given_at <= inputs["visited_at"] <= now:
        wrong["visited_at"] = [_("走访时间应在派发之后、现在之前")]
    if task.programme != "care_person":
        wrong |= {name: [_("只有关爱人群登记此项")] for name in OWN if inputs[name]}
    if inputs["refer"] and not inputs["request"].strip():
        wrong["request"] = [_("转介请写明需要什么帮助")]
    if inputs["refer"] and not inputs["consent"]:
        wrong["consent"] = [_("转介须经本人或监护人同意")]
    if wrong:
        raise Invalid(wrong)


def _keep(ctx: Any, task: Any, record: Any) -> None:
    """The visit record, what it tells of the person, and the referral."""
    from .referral import Referral
    from .visit import VisitRecord

    inputs, session, me = ctx.inputs, ctx.session, ctx.actor.user_id
    visit = session.create(VisitRecord, {
        "person": task.person, "visitor_id": me, "unit_id": task.unit_id, "task": task, "programme": task.programme,
        "kind": "01" if task.programme in CARE else "02", "planned_on": task.planned_on, "way": inputs["way"],
        "visited_at": inputs["visited_at"] or ctx.now, "place": inputs["position"], "needs": inputs["needs"],
        "away": inputs["away"], **{n: inputs[n] for n in FINDINGS}}, trusted=True)
    if inputs["refer"]:
        session.create(Referral, {
            "person": task.person, "unit_id": task.unit_id, "keeper_id": me, "to": inputs["refer"], "visit": visit,
            "need": inputs["need"] or inputs["request"], "request": inputs["request"], "consent": True,
            "referred_on": timezone.localdate(ctx.now)}, trusted=True)
    own = {name: inputs[name] == "yes" if name == "living_alone" else inputs[name] for name in OWN if inputs[name]}
    if own:
        session.change(record, own, verb="visit", trusted=True)
    if task.programme in CARE:
        _person(session, task.person, inputs, timezone.localdate(ctx.now))
        return
    with door(SYSTEM) as session:  # who came would tell the readers of the person's history why
        _person(session, task.person, inputs, timezone.localdate(ctx.now))


def _person(session: Any, person: Any, inputs: dict[str, Any], today: dt.date) -> None:
    """What was found is the newest knowledge of the person; a death ends the programmes (``closing``).

    In the person's history it stands as any change, and not as a visit: that would tell of the programme.
    """
    values: dict[str, Any] = {n: inputs[n] for n in ("phone", "life_state") if inputs[n]}
    if inputs["way"] == "door":
        values["verified_on"] = today
    if values:
        session.change(person, values, trusted=True)


def absent(ctx: Any) -> None:
    """Nobody was there: it is kept, the task stays and its clock runs on."""
    _running(ctx.record)
    ctx.values.update(tries=ctx.record.tries + 1)
    if ctx.inputs["position"] is not None and ctx.record.place is not None:
        ctx.payload.update(distance=round(metres(ctx.inputs["position"], ctx.record.place)))


def handed_over(ctx: Any) -> None:
    """To somebody else, by the same day."""
    _may_go(_running(ctx.record), ctx.record.programme, ctx.inputs["post"])
    ctx.values.update(post=ctx.inputs["post"])
    _tell(ctx, ctx.inputs["post"])

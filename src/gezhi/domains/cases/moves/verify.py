"""Verification before filing and inspection after disposal: tasks on the spot (T3, T4, T34)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.foundation.units.public import Post
from gezhi.kernel.errors import Invalid

from .. import models as m
from ..limits import stage_limit
from ..tools import to
from . import review

FIELD_ROLES = ("grid_member", "grid_leader")


def nearest_member(area_code: str) -> Any:
    """The grid worker of the cell with the fewest open tasks; else one of the community; ``None``: nobody."""
    for length in (15, 12):
        if len(area_code) < length:
            continue
        cell = area_code[:length]
        posts = Post.objects.filter(role__code="grid_member", active=True, staff__is_active=True,
                                    area_code__gte=cell, area_code__lt=cell + ":")
        ids = list(posts.values_list("pk", flat=True)[:200])
        if ids:
            load = dict(m.Task.objects.filter(post__in=ids, finished_at=None).values_list("post").annotate(
                n=Count("pk")))
            best = min(ids, key=lambda pk: (load.get(pk, 0), pk))
            return Post.objects.select_related("staff", "unit", "role").get(pk=best)
    return None


def _member(ctx: Any, case: Any) -> Any:
    post = ctx.inputs.get("post") or nearest_member(case.area_code)
    if post is None:
        raise Invalid({"post": [_("该区域没有在岗的网格员，请指定执行人")]})
    if post.role.code not in FIELD_ROLES or not post.active:
        raise Invalid({"post": [_("只能派给在岗的网格员或网格长")]})
    return post


def request(ctx: Any) -> None:
    """T3."""
    case = ctx.record
    post = _member(ctx, case)
    ctx.act(m.Task, "give", {"case": case, "post": post, "kind": "verification", "opinion": ctx.inputs["opinion"]})
    ctx.limits["verification"] = (*stage_limit("verification", case.urgency), post.unit_id)
    ctx.payload["post"] = post.pk


def verified(ctx: Any) -> None:
    """T4: what the grid worker found."""
    ctx.values["trueness"] = ctx.inputs["trueness"]


def lapsed(ctx: Any) -> None:
    """The task ran out of time and comes back to the desk."""
    for task in ctx.record.tasks.filter(status="pending"):
        ctx.act(task, "lapse")


def send_inspector(ctx: Any, case: Any) -> None:
    """Give the inspection to a grid worker and start its clock."""
    post = _member(ctx, case)
    if review.worked_on(case, post.staff_id):
        raise Invalid({"post": [_("处置人员不能核查自己办理的案件")]})
    ctx.act(m.Task, "give", {"case": case, "post": post, "kind": "inspection",
                             "opinion": ctx.inputs.get("opinion") or ""})
    value, unit = stage_limit("inspection", case.urgency)
    clocks.pause(ctx.session, case, "review")
    clocks.start(ctx.session, case, "inspection", value, unit, unit_id=post.unit_id)
    ctx.payload["post"] = post.pk


def inspected(ctx: Any) -> Any:
    """T34: fixed, or back to the reviewer."""
    clocks.stop(ctx.session, ctx.record, "inspection")
    ctx.values["inspected"] = ctx.inputs["solved"]
    if ctx.inputs["solved"] != "yes":
        clocks.resume(ctx.session, ctx.record, "review")
        return to(ctx, "pending_review")
    return review.onwards(ctx, ctx.record)

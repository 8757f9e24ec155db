"""Who works in a piece of territory: names, posts, and how much of their work stands open."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Count

from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .post import Post

MOST = 60
"""People of a team that are named."""
GRID, COMMUNITY = 15, 12
"""Digits of the codes; a grid is also looked after by those who have its whole community."""


def team(area: str, actor: Actor) -> list[dict[str, Any]]:
    """The workers on the beat whose area is this one, those of the grid before those of its community.

    Args:
        area: code of a grid or a region.

    Returns:
        ``[{"name", "role", "title", "unit", "open", "wider"}]`` as far as the actor may see posts: ``open`` is how
        many of the pieces of work given to the post the actor sees, ``wider`` whether the post has the whole community.
    """
    if not actor.may("post.view") or not area:
        return []
    areas = [area, area[:COMMUNITY]] if len(area) == GRID else [area]
    rows = Query("post", actor, {"active": "1", "face": "worker"}).rows().filter(
        area_code__in=areas, staff__is_active=True).select_related("staff", "role", "unit")
    found = [post for post in rows.order_by("-area_code", "role_id", "-primary", "pk")[:MOST] if post.valid()]
    open_ = _open([post.pk for post in found], actor)
    return [{"name": post.staff.name, "role": post.role.name, "title": post.title, "unit": post.unit.name,
             "open": open_.get(post.pk, 0), "wider": post.area_code != area} for post in found]


def _given() -> list[Register]:
    """Registers of work with a deadline that is given to a post."""
    out = []
    for register in registry.registers.values():
        link = next((f for f in register.model._meta.concrete_fields if f.name == "post"), None)
        if isinstance(link, models.ForeignKey) and link.remote_field.model is Post and issubclass(
                register.model, Timed):
            out.append(register)
    return out


def _open(posts: list[int], actor: Actor) -> dict[int, int]:
    """Open pieces of work by post, of what the actor sees: one query a register."""
    out: dict[int, int] = {}
    for register in _given() if posts else ():
        if actor.may(f"{register.name}.view"):
            model: Any = register.model
            rows = model.objects.filter(sight(register, actor), post_id__in=posts, finished_at=None)
            for post, number in rows.order_by().values_list("post_id").annotate(n=Count("pk")):
                out[post] = out.get(post, 0) + number
    return out

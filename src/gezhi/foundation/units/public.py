"""What other rooms may ask of units."""

from __future__ import annotations

from .actors import actor_of, actor_of_request, choose_post, posts_of, public_actor
from .post import Post
from .unit import Unit
from .workers import WORKERS, post_of


def centre_of(area_code: str) -> Unit | None:
    """The command centre nearest above an area: the longest of its prefixes that has one; one query."""
    prefixes = [area_code[:n] for n in (15, 12, 9, 6, 4) if len(area_code) >= n]
    found = Unit.objects.filter(kind="centre", active=True, area_code__in=prefixes)
    return max(found, key=lambda u: len(u.area_code), default=None) or city_centre()


def city_centre() -> Unit | None:
    """The centre of the whole city."""
    return Unit.objects.filter(kind="centre", level="city", active=True).order_by("id").first()


def holders(role: str, *, unit_id: int | None = None, area_code: str = "") -> list[Post]:
    """Active posts of a role in a unit, or whose area covers ``area_code``; one query, people loaded."""
    found = Post.objects.filter(role__code=role, active=True, staff__is_active=True)
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if area_code:
        found = found.filter(area_code__in=[area_code[:n] for n in (15, 12, 9, 6, 4) if len(area_code) >= n])
    return list(found.select_related("staff", "unit", "role").order_by("id"))


__all__ = ["WORKERS", "Post", "Unit", "actor_of", "actor_of_request", "centre_of", "choose_post", "city_centre",
           "holders", "post_of", "posts_of", "public_actor"]

"""From a post to an actor, and from a request to the post that acts in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import timezone

from gezhi.engines.access import grants_of
from gezhi.kernel.actors import Actor, public

from .post import Post

SESSION_KEY = "gezhi_post"
METHODS_KEY = "account_authentication_methods"  # kept by allauth: how this session signed in


def actor_of(post: Post, *, via: str = "", strong: bool = False) -> Actor:
    """The actor of a post (its staff, unit and role already loaded)."""
    return Actor(kind="staff", name=post.staff.name, user_id=post.staff_id, post_id=post.pk, role=post.role.code,
                 unit_id=post.unit_id, unit_path=post.unit.path, area=post.area_code,
                 grants=grants_of(post.role.code, post.role.overlay), via=via, strong=strong)


def public_actor(via: str = "public") -> Actor:
    """A citizen who has not signed in."""
    return public(grants_of("public"), via)


def _held(**of: Any) -> QuerySet[Post]:
    """Posts that can be acted in today, of one person or by key."""
    today = timezone.localdate()
    return Post.objects.select_related("staff", "unit", "role").filter(
        Q(valid_from=None) | Q(valid_from__lte=today), Q(valid_to=None) | Q(valid_to__gte=today),
        active=True, unit__active=True, **of)


def posts_of(user_id: int) -> list[Post]:
    """Posts a person can act in today, the primary one first; one query."""
    return list(_held(staff_id=user_id).order_by("-primary", "id"))


@dataclass(frozen=True)
class Pass:
    """Leave to look as a post, carried by an address: for screens and streams that no session's cookie reaches.

    Args: salt: keeps one sort of pass from serving as another. seconds: how long it holds. via: the surface.
    """

    salt: str
    seconds: int
    via: str

    def given(self, actor: Actor) -> str:
        """A pass of the actor's post."""
        return signing.dumps(actor.post_id, salt=self.salt)

    def actor(self, text: str) -> Actor | None:
        """Whose pass it is; ``None`` when the post or the account has ended.

        Raises: django.core.signing.BadSignature: it is wrong or too old.
        """
        post_id = signing.loads(text, salt=self.salt, max_age=self.seconds)
        post = _held(pk=post_id, staff__is_active=True).first()
        return actor_of(post, via=self.via) if post else None


WALL = Pass("gezhi.wall", 31 * 24 * 3600, "wall")
LIVE = Pass("gezhi.live", 12 * 3600, "live")
"""Given by a wall at each reading, so that its stream outlives any session."""


def actor_of_post(post_id: int | None, user_id: int, via: str = "desk") -> Actor | None:
    """The actor of work done later for a person in one of their posts; ``None`` when it is no longer theirs."""
    post = next((p for p in posts_of(user_id) if p.pk == post_id), None)
    return actor_of(post, via=via) if post is not None else None


def actor_of_request(request: Any, via: str = "") -> Actor:
    """The actor of a request: the post chosen in this session, or the person's first; else a citizen.

    Kept on the request, so that it costs one query however often it is asked.
    """
    kept = getattr(request, "gezhi_actor", None)
    if kept is not None:
        return kept
    user = getattr(request, "user", None)
    actor = public_actor(via or "public")
    request.gezhi_posts = []
    if user is not None and user.is_authenticated:
        posts = request.gezhi_posts = posts_of(user.pk)
        chosen = request.session.get(SESSION_KEY)
        post = next((p for p in posts if p.pk == chosen), posts[0] if posts else None)
        if post is not None:
            actor = actor_of(post, via=via, strong=strong(request.session))
        else:
            actor = Actor(kind="staff", name=user.name, user_id=user.pk, via=via)
    request.gezhi_actor = actor
    return actor


def strong(session: Any) -> bool:
    """Whether a second factor was given in this session."""
    return any(m.get("method") == "mfa" for m in session.get(METHODS_KEY, ()))


def choose_post(request: Any, post_id: int) -> bool:
    """Act in another of one's posts from now on; says whether the post is one's own."""
    if not any(p.pk == post_id for p in posts_of(request.user.pk)):
        return False
    request.session[SESSION_KEY] = post_id
    request.gezhi_actor = None
    return True

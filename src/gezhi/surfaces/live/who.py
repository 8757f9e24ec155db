"""Whose stream it is: the session's cookie, or a signed token where cookies do not reach."""

from __future__ import annotations

from http.cookies import SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.core import signing
from django.http import HttpRequest

from gezhi.foundation.units.actors import actor_of, actor_of_request
from gezhi.foundation.units.models import Post
from gezhi.kernel.actors import Actor

SALT = "gezhi.live"
NEEDS_FACTOR = "gezhi_needs_factor"
"""The mark of a session that still owes its second factor (set at sign-in); such a session hears nothing."""
TOKEN_SECONDS = 12 * 3600


def token_of(actor: Actor) -> str:
    """A token by which a stream acts as this post for :data:`TOKEN_SECONDS` (a wall without a keyboard)."""
    return signing.dumps(actor.post_id, salt=SALT)


def actor_by_token(token: str) -> Actor | None:
    """The actor of a token, or ``None`` when it is wrong, too old, or its post has ended."""
    try:
        post_id = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return None
    post = Post.objects.select_related("staff", "unit", "role").filter(
        pk=post_id, active=True, staff__is_active=True).first()
    return actor_of(post, via="live") if post else None


def actor_by_cookie(cookie: str) -> Actor | None:
    """The actor signed in by this cookie header, or ``None``."""
    request = HttpRequest()
    request.COOKIES = {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)  # type: ignore[assignment]
    if not request.user.is_authenticated or request.user.must_change_password or request.session.get(NEEDS_FACTOR):
        return None
    return actor_of_request(request, "live")

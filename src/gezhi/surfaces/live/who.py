"""Whose stream it is: the session's cookie, or a signed token where cookies do not reach."""

from __future__ import annotations

from http.cookies import SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.core import signing
from django.http import HttpRequest

from gezhi.foundation.units.actors import LIVE, actor_of_request
from gezhi.kernel.actors import Actor

NEEDS_FACTOR = "gezhi_needs_factor"
"""The mark of a session that still owes its second factor (set at sign-in); such a session hears nothing."""


def actor_by_token(token: str) -> Actor | None:
    """The actor of a wall's token, or ``None`` when it is wrong, too old, or its post has ended."""
    try:
        return LIVE.actor(token)
    except signing.BadSignature:
        return None


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

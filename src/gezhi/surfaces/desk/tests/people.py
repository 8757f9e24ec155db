"""People who sign in, for tests of pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from gezhi.foundation.units.actors import METHODS_KEY
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def unit(code: str = "C1", area: str = "3205", **more: Any) -> Unit:
    """A command centre."""
    return Unit.objects.filter(code=code).first() or write(SYSTEM, "create", Unit, {
        "code": code, "name": f"第{code}指挥中心", "kind": "centre", "level": "city", "area_code": area, **more})


def person(role: str, *, area: str = "3205", name: str = "沈静怡", username: str = "") -> Post:
    """A member of staff in a post of that role (made when it is not in the catalogue)."""
    found = Role.objects.filter(code=role).first() or write(SYSTEM, "create", Role, {
        "code": role, "name": {"gardener": "园丁"}.get(role, role), "face": "worker"})
    staff = write(SYSTEM, "create", Staff, {"username": username or f"{role}{Staff.objects.count()}", "name": name})
    return write(SYSTEM, "create", Post, {"staff": staff, "unit": unit(area=area[:4]), "role": found,
                                          "area_code": area, "primary": True})


def session_of(post: Post) -> SessionStore:
    """A session in which that person has signed in with a second factor."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(post.staff_id), BACKEND
    session[HASH_SESSION_KEY] = post.staff.get_session_auth_hash()
    session[METHODS_KEY] = [{"method": "password"}, {"method": "mfa"}]
    session.save()
    return session


def client(post: Post, **more: Any) -> Client:
    """A browser without script in which that person has signed in."""
    out = Client(**more)
    out.cookies["sessionid"] = session_of(post).session_key
    return out

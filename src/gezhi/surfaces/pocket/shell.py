"""The frame of the phone: who is signed in, which face, which tabs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gezhi.engines.notify.message import unread
from gezhi.foundation.units.actors import actor_of_request
from gezhi.kernel.actors import Actor

from . import work
from .ground import site_map

FACES = {
    "worker": ("home", "tasks", "map", "messages", "mine"),
    "unit": ("tasks", "home", "map", "messages", "mine"),
    "centre": ("tasks", "home", "map", "messages", "mine"),
    "leader": ("home", "map", "tasks", "messages", "mine"),
    "admin": ("home", "tasks", "map", "messages", "mine"),
}
"""Tabs of each face in order; a unit or a centre begins with its queue, a street worker with the day."""


def tab_facts() -> dict[str, tuple[str, str]]:
    """Label and icon of every tab."""
    return {"home": (_("首页"), "home"), "tasks": (_("任务"), "clipboard-list"), "map": (_("地图"), "map-2"),
            "messages": (_("消息"), "bell"),
            "mine": (_("我的"), "user")}


def actor(request: HttpRequest) -> Actor:
    """Who acts in this request, through the phone."""
    return actor_of_request(request, via="pocket")


def face_of(request: HttpRequest) -> str:
    """The face of the post this request acts in."""
    me = actor(request)
    post = next((p for p in request.gezhi_posts if p.pk == me.post_id), None)  # type: ignore[attr-defined]
    return post.role.face if post is not None and post.role.face in FACES else "worker"


def due(me: Actor) -> int:
    """How many records wait for this actor, over all registers (each counted up to its cap)."""
    queries = [work.tasks(register, me) for register in work.flows()]
    return sum(query.count().number for query in queries if query is not None)


def shell(request: HttpRequest, current: str, keep: Iterable[str] = ()) -> dict[str, Any]:
    """The ``shell`` of ``pocket/base.html``.

    Args:
        current: the tab this page belongs to. keep: more addresses that must open without a network.
    """
    me = actor(request)
    facts = tab_facts()
    new = unread(me)
    tabs = [{"label": facts[name][0], "icon": facts[name][1], "url": reverse(f"pocket:{name}"),
             "current": name == current, "count": min(new, 99) if name == "messages" else 0}
            for name in FACES[face_of(request)]]
    posts = [{"id": p.pk, "label": f"{p.unit} · {p.title or p.role.name}", "current": p.pk == me.post_id}
             for p in request.gezhi_posts]  # type: ignore[attr-defined]
    kept = [reverse("pocket:offline"), *(str(tab["url"]) for tab in tabs), reverse("pocket:outbox"), *keep]
    kept += [reverse("pocket:new", args=[r.name, m.name]) for r, m in work.starts(me)]
    return {"home": reverse("pocket:home"), "tabs": tabs, "posts": posts, "post_url": reverse("pocket:post"),
            "site_map": site_map("pocket", me.area),
            "person": {"id": me.user_id, "name": me.name, "unit": posts[0]["label"] if posts else ""},
            "signout_url": reverse("account_logout"), "preferences_url": reverse("account_me"),
            "outbox_url": reverse("pocket:outbox"), "manifest_url": reverse("pocket:manifest"),
            "worker_url": reverse("pocket:worker"), "scope": reverse("pocket:home"), "keep": " ".join(kept)}


def page(request: HttpRequest, current: str, *, keep: Iterable[str] = (), **context: Any) -> dict[str, Any]:
    """Context of a page: the shell and what the page adds; ``keep`` as for `shell`."""
    return {"shell": shell(request, current, keep), **context}

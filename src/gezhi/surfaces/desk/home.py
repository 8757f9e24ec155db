"""The work queue, global search, posts, areas: what stands beside the registers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gezhi.engines.notify.message import Message, mark_read
from gezhi.engines.search.find import everywhere
from gezhi.engines.tables.query import flat
from gezhi.engines.workflow.clocks import LIGHTS
from gezhi.engines.workflow.queue import Work, waiting
from gezhi.foundation.territory.public import Region
from gezhi.foundation.units.actors import choose_post
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Refused
from gezhi.kernel.groups import order

from . import cells
from .frame import DeskRequest, desk, fragment, record_seen
from .lists import pager
from .page import record_context
from .rail import menu, optional_url

ROWS = 30


@desk
@require_GET
def home(request: DeskRequest) -> HttpResponse:
    """What waits for my post, by urgency: one tab a register, split view, filters by light."""
    actor = request.actor
    params = flat(request.GET)
    works = waiting(actor)
    work = next((w for w in works if w.register.name == params.get("tab")), works[0] if works else None)
    context: dict[str, Any] = {"title": _("我的待办"), "works": works, "work": work, "params": params, "crumbs": []}
    if work is not None:
        request.live_topic = work.register.name
        part = fragment(request)
        opened = params.get("beside", "")
        if opened.isdecimal():
            found = record_seen(work.register, actor, int(opened))
            context |= record_context(request, work.register, found)
        if part == "record" and opened.isdecimal():
            return render(request, "desk/parts/record.html", context)
        context |= _queue(request, work, params)
        if part == "queue":
            return render(request, "desk/parts/queue.html", context)
    context["tabs"] = _tabs(works, work)
    looking = params.get("light") or params.get("beside")
    if work is not None and not looking and not any(w.count.number for w in works):
        context |= {"nothing": True, "starts": _starts(actor)}
    return render(request, "desk/home.html", context)


def _queue(request: DeskRequest, work: Work, params: dict[str, str]) -> dict[str, Any]:
    own = {k: v for k, v in params.items() if k not in ("tab", "beside", "cursor")}
    query = work.query(request.actor, {**own, "cursor": params.get("cursor", "")})
    page = query.page(ROWS)
    opened = params.get("beside", "")
    kept = {**params, "tab": work.register.name}

    def to(record: Any) -> str:
        return "?" + urlencode({**kept, "beside": record.pk})

    ids = [r.pk for r in page.rows]
    at = ids.index(int(opened)) if opened.isdecimal() and int(opened) in ids else None
    around = {"previous": to(page.rows[at - 1]) if at else "",
              "next": to(page.rows[at + 1]) if at is not None and at + 1 < len(ids) else "",
              "back": "?" + urlencode({k: v for k, v in kept.items() if k != "beside"})}
    return {"items": [cells.item(work.register, r, to(r), str(r.pk) == opened) for r in page.rows],
            "pager": pager(query, page), "around": around, "lights": _lights(work, params), "query": query,
            "list_url": reverse("desk:list", args=[work.register.name])}


def _starts(actor: Actor) -> list[dict[str, Any]]:
    """Where somebody without work may look: the first register of each of the first groups, and the wall."""
    found = [{"icon": group["icon"], **group["entries"][0]} for group in menu(actor)[1:5]]
    wall = optional_url("wall:situation")
    return [*found, {"icon": "device-tv", "label": _("大屏"), "url": wall}] if wall else found


def _lights(work: Work, params: dict[str, str]) -> list[dict[str, Any]]:
    if not work.timed:
        return []
    base = {"tab": work.register.name}
    out = [{"label": _("全部"), "light": "", "url": "?" + urlencode(base), "current": not params.get("light")}]
    for colour in ("red", "yellow", "green", "grey"):
        out.append({"label": str(LIGHTS[colour]), "light": colour, "url": "?" + urlencode({**base, "light": colour}),
                    "current": params.get("light") == colour})
    return out


def _tabs(works: list[Work], work: Work | None) -> list[dict[str, Any]]:
    return [{"label": str(w.register.label), "url": "?" + urlencode({"tab": w.register.name}),
             "count": w.count, "current": w is work} for w in works if w.count.number or w is work]


@desk
@require_GET
def search(request: DeskRequest) -> HttpResponse:
    """Search in every register the post may view."""
    actor = request.actor
    text = request.GET.get("q", "").strip()[:200]
    hits = sorted(everywhere(actor, text), key=lambda f: order(f.register.group)[0])
    found = [{"label": str(f.register.label), "more": f.more,
              "url": reverse("desk:list", args=[f.register.name]) + "?" + urlencode({"q": text}),
              "items": [cells.item(f.register, r, reverse("desk:record", args=[f.register.name, r.pk]))
                        for r in f.rows]} for f in hits]
    return render(request, "desk/search.html", {"title": _("搜索"), "text": text, "found": found, "crumbs": []})


@desk
@require_http_methods(["GET", "POST"])
def alerts(request: DeskRequest) -> HttpResponse:
    """My messages in the app, newest first; a POST marks them as read."""
    actor = request.actor
    if request.method == "POST":
        done = mark_read(actor)
        messages.success(request, _("已将 %d 条提醒标为已读") % done)
        return redirect("desk:alerts")
    mine = Message.objects.filter(staff_id=actor.user_id or -1, channel="inbox").order_by("-id")[:100]
    rows = []
    for message in mine:
        there = message.link_id and actor.may(f"{message.link_register}.view")
        rows.append({"title": message.title, "text": message.text, "kind": message.get_kind_display(),
                     "at": message.created_at, "new": message.read_at is None,
                     "url": reverse("desk:record", args=[message.link_register, message.link_id]) if there else ""})
    return render(request, "desk/alerts.html", {"title": _("提醒"), "rows": rows, "crumbs": [],
                                                "new": sum(r["new"] for r in rows)})


@desk
@require_POST
def post(request: DeskRequest) -> HttpResponse:
    """Act in another of one's posts."""
    wanted = request.POST.get("post", "")
    if not wanted.isdecimal() or len(wanted) > 18 or not choose_post(request, int(wanted)):
        raise Refused(_("这不是您的岗位"))
    messages.success(request, _("已切换岗位"))
    return redirect("desk:home")


@desk
@require_GET
def areas(request: DeskRequest) -> HttpResponse:
    """Territory below a region as JSON, for the tree: ``{"items": [{"id", "label", "children"}]}``."""
    parent = request.GET.get("parent", "")
    rows = Region.objects.filter(status="active").order_by("area_code")
    rows = rows.filter(parent__area_code=parent) if parent else rows.filter(parent=None)
    return JsonResponse({"items": [{"id": r.area_code, "label": r.name, "children": r.level != "community"}
                                   for r in rows.only("area_code", "name", "level")[:500]]})



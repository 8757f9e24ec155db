"""What people were told: their messages in the app, unread first to the eye, each leading to its record."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gezhi.engines.notify.message import KINDS, Message, mark_read, unread
from gezhi.engines.tables.query import Query
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.registry import registry

from .guard import signed_in
from .shell import actor, page

PAGE = 20


def _mine(me: Actor) -> Any:
    return Message.objects.filter(staff_id=me.user_id, channel="inbox")


@require_GET
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """My messages, newest first; ``?kind=`` one sort of them, ``?unread=1`` those I have not opened."""
    me = actor(request)
    kind = request.GET.get("kind", "")
    only_new = request.GET.get("unread") == "1"
    params = {"kind": kind} if kind in dict(KINDS) else {}
    cursor = {"cursor": request.GET["cursor"]} if "cursor" in request.GET else {}
    register = registry.register("message")
    within = Q(staff_id=me.user_id, channel="inbox") & (Q(read_at=None) if only_new else Q())
    found = Query(register, me, {**params, **cursor}, within=within, strict=False).page(PAGE)
    labels = dict(KINDS)
    items = [{"id": m.pk, "title": m.title, "text": m.text, "kind": labels.get(m.kind, ""), "at": m.created_at,
              "unread": m.read_at is None} for m in found.rows]
    new = unread(me)
    views = [{"label": _("全部"), "url": "?", "current": not params and not only_new},
             {"label": _("未读"), "url": "?unread=1", "count": new, "current": only_new}]
    views += [{"label": label, "url": f"?kind={code}", "current": kind == code} for code, label in KINDS]
    pager = {"previous": found.previous, "next": found.next, "count": None}
    return render(request, "pocket/messages.html", page(
        request, "messages", items=items, views=views, pager=pager, new=new))


@require_POST
@signed_in
def open_(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a message of mine as read and go to its record; where I may not see that (any more), show the words."""
    me = actor(request)
    message = _mine(me).filter(pk=pk).first()
    if message is None:
        raise Missing
    mark_read(me, [message.pk])
    register = registry.registers.get(message.link_register)
    record = register.model.objects.filter(pk=message.link_id).first() if register and message.link_id else None
    if register is not None and record is not None and permits(register, me, "view", record):
        return redirect(reverse("pocket:record", args=[register.name, record.pk]))
    return render(request, "pocket/message.html", page(
        request, "messages", back=reverse("pocket:messages"), message=message, gone=bool(message.link_id)))


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of my messages as read."""
    me = actor(request)
    while mark_read(me):
        pass
    return redirect(reverse("pocket:messages"))

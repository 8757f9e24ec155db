"""How two things are connected, and what lies in a piece of territory, on the phone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gezhi.engines.relations.asking import context
from gezhi.engines.relations.paths import things
from gezhi.engines.relations.territory import tellings
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from .guard import signed_in
from .shell import actor, page


def _address(register: Register, pk: Any) -> str:
    return reverse("pocket:record", args=[register.name, pk])


def connect_url(register: Register, record: Any, me: Actor) -> str:
    """Where the question is put from a record; empty where it cannot be."""
    return f"{reverse('pocket:connections')}?from={register.name}:{record.pk}" if register in things(me) else ""


@require_safe
@signed_in
def connections(request: HttpRequest) -> HttpResponse:
    """How are these two connected?"""
    found = context(actor(request), request.GET.dict(), _address, lambda _register: True)
    for one in found["found"]:
        one["pick_url"] = "?" + urlencode(one["pick"])
    for end in found["ends"]:
        end["drop_url"] = "?" + urlencode(end["drop"])
    return render(request, "pocket/connections.html", page(
        request, "home", back=reverse("pocket:registers"), title=_("关联查询"), **found))


def territory(register: Register, record: Any, me: Actor) -> list[dict[str, Any]]:
    """What lies in a piece of territory, with the way to its lists."""
    tiles = [{"label": str(one.register.label), "note": {"red": _("超期"), "": ""}.get(one.light, _("在办")),
              "icon": one.register.icon, "count": one.count.number, "about": not one.count.exact,
              "red": one.light == "red", "url": reverse("pocket:entries", args=[one.register.name])
              + f"?{urlencode(one.filters)}"}
             for one in tellings(register, record, me)]
    return [{"label": "", "tiles": tiles}] if tiles else []

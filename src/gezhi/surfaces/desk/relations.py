"""How two things are connected, and what lies in a piece of territory."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gezhi.engines.relations.asking import context
from gezhi.engines.relations.paths import things
from gezhi.engines.relations.territory import tellings
from gezhi.kernel.actors import Actor
from gezhi.kernel.groups import GROUPS
from gezhi.kernel.registers import Register

from .frame import DeskRequest, desk


def _address(register: Register, pk: Any) -> str:
    return reverse("desk:record", args=[register.name, pk])


def connect_url(register: Register, record: Any, actor: Actor) -> str:
    """Where the question is put from a record; empty where it cannot be."""
    return f"{reverse('desk:connections')}?from={register.name}:{record.pk}" if register in things(actor) else ""


@desk
@require_GET
def connections(request: DeskRequest) -> HttpResponse:
    """How are these two connected?"""
    found = context(request.actor, request.GET.dict(), _address, lambda _register: True)
    for one in found["found"]:
        one["pick_url"] = "?" + urlencode(one["pick"])
    for end in found["ends"]:
        end["drop_url"] = "?" + urlencode(end["drop"])
    return render(request, "desk/connections.html", {**found, "title": _("关联查询"), "crumbs": []})


def territory(register: Register, record: Any, actor: Actor) -> list[dict[str, Any]]:
    """What lies in a piece of territory, by group of the menu, as tiles that lead to the lists."""
    words = {"red": _("超期"), "": ""}
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in tellings(register, record, actor):
        groups.setdefault(one.register.group, []).append({
            "label": str(one.register.label), "note": words.get(one.light, _("在办")), "icon": one.register.icon,
            "count": one.count.number, "about": not one.count.exact, "red": one.light == "red",
            "url": f"{reverse('desk:list', args=[one.register.name])}?{urlencode(one.filters)}"})
    order = list(GROUPS)
    return [{"label": str(GROUPS[name][0]) if name in GROUPS else name, "tiles": groups[name]}
            for name in sorted(groups, key=lambda n: order.index(n) if n in order else len(order))]

"""Pages of the phone for staff."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import allowed
from gezhi.foundation.documents.attach import of_record
from gezhi.foundation.documents.serve import gallery
from gezhi.foundation.units.actors import choose_post
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.records import History
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import connections, entries, work
from .asks import asks_of
from .choices import choices
from .figures import figures
from .guard import signed_in
from .shell import actor, page
from .spot import spot_context

PAGE, NEAREST = 20, 100
"""Rows of a list; and of one that the phone puts in order of nearness by itself, telling nobody where it stands."""
RECENT, FIRST = 30, 5
"""Most of my own reports that are listed, and how many of them at first."""
SHOWN = 3
"""Buttons under the thumb at once; the other moves stand behind “more”."""


def link(register: Register, record: Any) -> str:
    """Address of a record on the phone."""
    return reverse("pocket:record", args=[register.name, record.pk])


def find(name: str, pk: int, me: Actor) -> tuple[Register, Any]:
    """A register and one of its records that the actor may view.

    Raises:
        Missing: there is none, or the actor may not know it.
    """
    register = registry.registers.get(name)
    record = register.model.objects.filter(pk=pk).first() if register else None
    if register is None or record is None or not permits(register, me, "view", record):
        raise Missing
    return register, record


def _lists(me: Actor, params: Any = None) -> list[tuple[Register, Query]]:
    found = [(register, work.tasks(register, me, params)) for register in work.flows()]
    return [(register, query) for register, query in found if query is not None]


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Today: what can be reported, what waits and how urgent it is, and the first few."""
    me = actor(request)
    lists, queues, first = _lists(me), [], []
    for register, query in lists:
        number = query.count().number
        url = f"{reverse('pocket:tasks')}?in={register.name}"
        if number:
            queues.append({"label": register.label, "count": number, "url": url, "icon": register.icon})
            first += [work.row(register, r, me, link(register, r)) for r in query.page(5).rows]
    starts = [{"label": move.label, "of": register.label, "icon": register.icon,
               "url": reverse("pocket:new", args=[register.name, move.name])} for register, move in work.starts(me)]
    first.sort(key=lambda row: (row["due"] is None, row["due"] or row["at"]))
    return render(request, "pocket/home.html", page(
        request, "home", keep=[row["url"] for row in first[:8]], starts=starts, queues=queues, items=first[:8],
        registers=reverse("pocket:registers") if any(one["new"] for one in entries.index_of(me)) else ""))


@require_GET
@signed_in
def tasks(request: HttpRequest) -> HttpResponse:
    """Everything that waits for me in one register, most urgent first."""
    me = actor(request)
    only = {k: v for k, v in request.GET.items() if k == "light"}
    lists = {r.name: (r, q) for r, q in _lists(me, only)}
    chosen = request.GET.get("in", "")
    if chosen not in lists:
        chosen = next((name for name, (_r, q) in lists.items() if q.count().number), next(iter(lists), ""))
    views = [{"label": r.label, "url": f"?in={name}", "count": q.count().number, "current": name == chosen}
             for name, (r, q) in lists.items()]
    near = request.GET.get("sort") == "near"
    items, pager = [], None
    if chosen:
        register, query = lists[chosen]
        params = {k: v for k, v in request.GET.items() if k != "sort"}
        found = (work.tasks(register, me, params) or query).page(NEAREST if near else PAGE)
        items = [work.row(register, r, me, link(register, r)) for r in found.rows]
        pager = {"previous": found.previous, "next": found.next, "count": None}
    sorts = [{"label": _("按时限"), "url": f"?in={chosen}", "current": not near},
             {"label": _("由近到远"), "url": f"?in={chosen}&sort=near", "current": near}]
    return render(request, "pocket/tasks.html", page(
        request, "tasks", keep=[row["url"] for row in items[:PAGE]], views=views, items=items,
        pager=pager, near=near, sorts=sorts if any(row["near"] for row in items) else []))


@require_GET
@signed_in
def record(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """One record: where it stands, what may be done now, what was done."""
    me = actor(request)
    return shown(request, record_context(request, me, *find(register, pk, me)))


def shown(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page of a record: its own when there is work on the spot, else the general one."""
    return render(request, "pocket/spot.html" if "spot" in context else "pocket/record.html", context, status=status)


def record_context(request: HttpRequest, me: Actor, declared: Register, found: Any, *, opened: str = "",
                   posted: dict[str, Any] | None = None, errors: Any = None) -> dict[str, Any]:
    """What the record page shows; ``opened`` names the move whose form stays open after an error."""
    whole, by_name = errors or ([], {})
    moves = []
    for move in allowed(me, found):
        mine = move.name == opened
        moves.append({
            "name": move.name, "label": move.label, "main": move.tone == "primary", "danger": move.tone == "danger",
            "hint": move.help, "version": found.version, "outbox": True,
            "url": reverse("pocket:act", args=[declared.name, found.pk, move.name]), "errors": whole if mine else [],
            "asks": asks_of(move, found, me, posted=posted if mine else None, errors=by_name if mine else None)})
    moves.sort(key=lambda m: not m["main"])
    for at, one in enumerate(moves):
        one["more"] = at >= SHOWN and len(moves) > SHOWN + 1
    parts = panels_of(request, declared, found, me)
    documents = [] if parts else of_record(found)
    point = work.place_of(declared, found)
    related = entries.related(declared, found, me)
    context = page(
        request, "tasks", back=reverse("pocket:tasks"), head=work.row(declared, found, me, link(declared, found)),
        fields=work.fields_of(declared, found), steps=work.steps_of(declared, found), moves=moves,
        acts=work.acts_of(declared, found),
        problems=[] if any(m["name"] == opened for m in moves) else whole,
        open=opened or request.GET.get("move", ""),
        parts=parts, edit_url=entries.edit_url(declared, found, me), related=related,
        beginnings=[one for one in related if one["new"] and not one["rows"]],
        tellings=connections.territory(declared, found, me), connect_url=connections.connect_url(declared, found, me),
        files=gallery(documents) if documents else [])
    if point is not None:
        context["map"] = {"center": [point.x, point.y], "zoom": 15.5, "legend": False,
                          "layers": [_pin("me", "#1668dc"), _pin("here", "#8a1f6b", point)]}
    return {**context, **spot_context(declared, found, me, moves)}


def panels_of(request: HttpRequest, register: Register, found: Any, me: Actor) -> list[dict[str, Any]]:
    """The panels of a record that a phone shows, rendered."""
    return [{"name": p.name, "label": p.label, "html": render_to_string(p.template, p.context(found, me), request)}
            for p in register.panels if p.phone and (p.when is None or p.when(found, me))]


def _pin(name: str, colour: str, point: Any = None) -> dict[str, Any]:
    features = [{"type": "Feature", "properties": {},
                 "geometry": {"type": "Point", "coordinates": [point.x, point.y]}}] if point is not None else []
    return {"id": name, "geometry": "point", "cluster": False, "radius": 9, "inert": True, "colour": colour,
            "data": {"type": "FeatureCollection", "features": features}}


@require_GET
@signed_in
def new(request: HttpRequest, register: str, move: str) -> HttpResponse:
    """The form of something new."""
    me = actor(request)
    declared, wanted = starting(register, move, me)
    return render(request, "pocket/new.html", new_context(request, me, declared, wanted))


def starting(register: str, move: str, me: Actor) -> tuple[Register, Any]:
    """A move the actor may begin something with.

    Raises:
        Missing: there is none of that name.
    """
    for declared, wanted in work.starts(me):
        if declared.name == register and wanted.name == move:
            return declared, wanted
    raise Missing


def new_context(request: HttpRequest, me: Actor, declared: Register, move: Any, *,
                posted: dict[str, Any] | None = None, errors: Any = None) -> dict[str, Any]:
    """What the page of a new record shows."""
    whole, by_name = errors or ([], {})
    asks = asks_of(move, None, me, posted=posted, errors=by_name)
    return page(request, "home", back=reverse("pocket:home"), register=declared, move=move, asks=asks, errors=whole,
                action=reverse("pocket:create", args=[declared.name, move.name]), next=reverse("pocket:mine"))


@require_GET
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """Who I am here, my figures, what I have begun (newest first), and my settings."""
    me = actor(request)
    verbs = {move.name for _register, move in work.starts(me)}
    names = {register.name for register, _move in work.starts(me)}
    rows = History.objects.filter(user_id=me.user_id, verb__in=verbs, register__in=names).order_by("-id")[:RECENT]
    wanted: dict[str, list[int]] = {}
    for row in rows:
        wanted.setdefault(row.register, []).append(row.record_id)
    items = []
    for name, ids in wanted.items():
        register = registry.register(name)
        items += [work.row(register, r, me, link(register, r)) for r in register.model.objects.filter(pk__in=ids)]
    items.sort(key=lambda item: item["at"], reverse=True)
    shown = items if request.GET.get("all") == "1" else items[:FIRST]
    return render(request, "pocket/mine.html", page(
        request, "mine", items=shown, more=len(items) > len(shown), figures=figures(me)))


@require_GET
@signed_in
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits on this phone."""
    return render(request, "pocket/outbox.html", page(request, "mine", back=reverse("pocket:mine")))


@require_GET
@signed_in
def offline(request: HttpRequest) -> HttpResponse:
    """What the phone shows without a network in place of a page it has not kept."""
    return render(request, "pocket/offline.html", page(request, "", back=reverse("pocket:home")))


@require_GET
@signed_in
def options(request: HttpRequest, register: str) -> HttpResponse:
    """Records to choose from."""
    return choices(request, actor(request), register)


@require_POST
@signed_in
def post(request: HttpRequest) -> HttpResponse:
    """Act in another of my posts."""
    chosen = request.POST.get("post", "")
    if not chosen.isdecimal() or not choose_post(request, int(chosen)):
        raise Missing
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if safe else reverse("pocket:home"))

"""The citizen's web: report without signing in, follow the progress by a query code.

What a citizen may report are the creating moves granted to ``public``; what a citizen sees of a record are the
stages of its flow and the moves declared public, never names, remarks or telephone numbers. A record can be
followed when its register has the unique field ``query_code``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gezhi.engines.history import timeline
from gezhi.engines.workflow.act import allowed
from gezhi.foundation.units.actors import public_actor
from gezhi.kernel.access import parse_grants
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid, Missing
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Move

from . import work
from .asks import asks_of, messages
from .choices import choices
from .ground import site_map
from .guard import by_outbox, guarded
from .refusals import outbox_refusal
from .submit import perform

CODE = "query_code"
"""Field by which a citizen follows a record."""


def citizen() -> Actor:
    """Somebody who has not signed in, on the web."""
    return public_actor("web")


def holder(register: Register) -> Actor:
    """Somebody who showed a record's query code: with it they may do what is granted to its own public."""
    me = citizen()
    own = {name: ("all",) for name, reaches in me.grants.items()
           if name.startswith(f"{register.name}.") and "own" in reaches}
    return replace(me, grants={**me.grants, **own})


def shell() -> dict[str, Any]:
    """The ``shell`` of ``public/base.html``."""
    keep = [reverse("public:home"), reverse("public:offline")]
    keep += [reverse("public:new", args=[r.name, m.name]) for r, m in work.starts(citizen())]
    return {"home": reverse("public:home"), "city": getattr(settings, "GEZHI_CITY", ""), "hotline": "12345",
            "notice": _("您提交的信息只用于办理本次诉求，不会公开您的姓名和电话。"), "keep": " ".join(keep),
            "worker_url": reverse("public:worker"), "site_map": site_map("public"), "scope": reverse("public:home")}


def followed() -> list[Register]:
    """Registers whose records can be followed by a code."""
    return [r for r in work.flows() if CODE in r.kinds]


@require_GET
@guarded
def home(request: HttpRequest) -> HttpResponse:
    """What can be reported, and the box for the query code."""
    starts = [{"label": move.label, "url": reverse("public:new", args=[register.name, move.name])}
              for register, move in work.starts(citizen())]
    return render(request, "public/home.html", {"shell": shell(), "starts": starts, "codes": bool(followed())})


@require_GET
@guarded
def offline(request: HttpRequest) -> HttpResponse:
    """What a citizen's phone shows without a network in place of a page it has not kept."""
    return render(request, "public/offline.html", {"shell": shell()})


def _starting(register: str, move: str, me: Actor) -> tuple[Register, Move]:
    for declared, wanted in work.starts(me):
        if (declared.name, wanted.name) == (register, move):
            return declared, wanted
    raise Missing


@require_GET
@guarded
def new(request: HttpRequest, register: str, move: str) -> HttpResponse:
    """The form of a report."""
    return render(request, "public/new.html", _form(*_starting(register, move, citizen())))


def _form(register: Register, move: Move, *, posted: dict[str, Any] | None = None,
          errors: Any = None) -> dict[str, Any]:
    whole, by_name = errors or ([], {})
    asks = asks_of(move, None, citizen(), posted=posted, errors=by_name, prefix="public")
    return {"shell": shell(), "register": register, "move": move, "asks": asks, "errors": whole,
            "action": reverse("public:create", args=[register.name, move.name]), "next": reverse("public:home")}


@require_POST
@guarded
def create(request: HttpRequest, register: str, move: str) -> HttpResponse:
    """Take in a report; the answer is the page that shows its query code."""
    me = citizen()
    declared, wanted = _starting(register, move, me)
    try:
        done = perform(request, me, declared, wanted, declared.model, visitor=request.META.get("REMOTE_ADDR") or "")
    except Invalid as error:
        if by_outbox(request):
            return outbox_refusal(error, declared, wanted, None)
        context = _form(declared, wanted, posted=dict(request.POST.items()), errors=messages(error))
        return render(request, "public/new.html", context, status=422)
    code = getattr(done.record, CODE, "") if done.record is not None else ""
    url = f"{reverse('public:track')}?code={code}&sent=1" if code else f"{reverse('public:home')}?sent=1"
    if by_outbox(request):
        return JsonResponse({"state": "duplicate" if done.repeated else "applied", "url": url, "code": str(code)})
    return redirect(url)


@require_GET
@guarded
def track(request: HttpRequest) -> HttpResponse:
    """Where a report stands."""
    code = request.GET.get("code", "").strip().upper()[:20]
    context: dict[str, Any] = {"shell": shell(), "code": code, "sent": "sent" in request.GET}
    found = _by_code(code) if code else None
    if found is not None:
        context.update(_progress(*found))
        context.update(_asked(_moves(*found, code), code, request.GET.get("move", "")))
    return render(request, "public/track.html", context, status=404 if code and found is None else 200)


def _asked(moves: list[dict[str, Any]], code: str, opened: str = "") -> dict[str, Any]:
    """Of what a citizen may do, the thing the house asks them for (to rate) as an open form; the rest as buttons."""
    first = next((move for move in moves if move["main"]), None)
    return {"asked": first, "moves": [move for move in moves if move is not first], "open": opened,
            "keep": f"code={code}&"}


def _moves(register: Register, record: Any, code: str, *, opened: str = "", posted: dict[str, Any] | None = None,
           errors: Any = None) -> list[dict[str, Any]]:
    whole, by_name = errors or ([], {})
    me, out = holder(register), []
    for move in allowed(me, record):
        mine = move.name == opened
        out.append({
            "name": move.name, "label": move.label, "main": move.tone == "primary", "danger": move.tone == "danger",
            "hint": move.help, "version": None, "outbox": True, "url": reverse("public:act", args=[code, move.name]),
            "errors": whole if mine else [],
            "asks": asks_of(move, record, me, posted=posted if mine else None, errors=by_name if mine else None,
                            prefix="public")})
    return out


@require_POST
@guarded
def act(request: HttpRequest, code: str, move: str) -> HttpResponse:
    """What a citizen may still do about a report: add, urge, rate, withdraw, as the flow grants it."""
    found = _by_code(code.strip().upper()[:20])
    wanted = found[0].flow.moves().get(move) if found and found[0].flow else None
    if found is None or wanted is None or wanted.creates:
        raise Missing
    register, record = found
    back = f"{reverse('public:track')}?code={code}&done={wanted.name}"
    visitor = request.META.get("REMOTE_ADDR") or ""
    try:
        done = perform(request, holder(register), register, wanted, record, visitor=visitor)
    except (Invalid, Conflict) as error:
        if by_outbox(request):
            return outbox_refusal(error, register, wanted, None)
        record.refresh_from_db()
        moves = _moves(register, record, code, opened=move, posted=dict(request.POST.items()), errors=messages(error))
        context = {"shell": shell(), "code": code, **_asked(moves, code, move), **_progress(register, record)}
        if not any(m["name"] == move for m in moves):
            context["problems"] = messages(error)[0]
        return render(request, "public/track.html", context, status=error.status)
    if by_outbox(request):
        return JsonResponse({"state": "duplicate" if done.repeated else "applied", "url": back})
    return redirect(back)


def _by_code(code: str) -> tuple[Register, Any] | None:
    for register in followed():
        record = register.model.objects.filter(**{CODE: code}).first()
        if record is not None:
            return register, record
    return None


def _told(flow: Any, row: Any) -> dict[str, Any] | None:
    """A line of the public timeline. What the machinery did is told as where the matter went, or not at all."""
    move = flow.moves().get(row.verb)
    if move is None or not move.public:
        return None
    label = move.label
    stays = isinstance(move.source, tuple) and any(state in move.source for state in move.targets())
    if stays and set(parse_grants(move.who)) == {"system"}:
        if row.source == row.target or row.target not in flow.states():
            return None
        label = flow.states()[row.target].label
    return {"label": label, "at": row.at, "who": ""}


def _progress(register: Register, record: Any) -> dict[str, Any]:
    flow = register.flow
    assert flow is not None
    state = flow.states()[getattr(record, flow.field)]
    acts = [act_ for row in timeline(record, newest_first=True) if (act_ := _told(flow, row)) is not None]
    open_ = [k for k in register.kinds.values() if k.sensitivity == "public" and k.name != CODE]
    told = [{"label": k.label, "value": k.html(k.value(record)), "span": True} for k in open_
            if k.show(k.value(record))]
    return {"head": {"number": getattr(record, CODE), "title": str(state.stage or state.label), "final": state.final,
                     "state": state.label if not str(state.stage) else ""},
            "steps": work.steps_of(register, record), "acts": acts, "fields": told, "at": record.created_at}


@require_GET
@guarded
def options(request: HttpRequest, register: str) -> HttpResponse:
    """Records to choose from, of registers that are open to the public."""
    return choices(request, citizen(), register)

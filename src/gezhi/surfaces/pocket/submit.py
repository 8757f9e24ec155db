"""What the phone sends: a move on a record, or one that begins something. Plain form or outbox, the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gezhi.engines.workflow.act import act as carry_out
from gezhi.foundation.documents.attach import claiming
from gezhi.foundation.documents.claims import claimed
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Move

from . import views
from .asks import answers, messages
from .guard import by_outbox, signed_in
from .once import Done, key_of, made_at, once
from .refusals import outbox_refusal
from .shell import actor

WAITED = dt.timedelta(minutes=2)
"""Older than this, a form has waited on the phone; younger, its clock is only a little off."""


def perform(request: HttpRequest, me: Actor, register: Register, move: Move, target: Any, visitor: str = "") -> Done:
    """Carry out a move from a form, once for its key.

    Raises:
        GezhiError: as ``act`` and the intake of files raise.
    """
    key = key_of(request.headers.get("Idempotency-Key") or request.POST.get("idempotency_key", ""))
    version = request.POST.get("version", "")

    def work_() -> Any:
        inputs = answers(move, request, me, key, visitor)
        _dated(register, move, inputs, request.POST.get("made_at", ""))
        posted = {p for ask in move.ask for p in request.POST.get(ask.name, "").split(",")}
        given = [i for ask in move.ask if ask.kind.widget_type == "files" for i in inputs.get(ask.name) or ()]
        # A visitor may attach what came with this request or this browser's session, never an id merely posted.
        brought = [int(i) for i in given if str(i) not in posted]
        with claiming([*brought, *claimed(request)] if me.kind == "public" else ()):
            return carry_out(me, target, move.name, inputs, version=int(version) if version.isdecimal() else None)

    return once(me, key, f"{register.name}.{move.name}", request.POST.get("made_at", ""), work_)


def _dated(register: Register, move: Move, inputs: dict[str, Any], said: str) -> None:
    """Work on the spot that a phone kept for want of a network was done when its form was filled in."""
    spot = register.spot
    if spot is None or not spot.at or spot.move != move.name or inputs.get(spot.at):
        return
    at = made_at(said)
    if at is not None and at < timezone.now() - WAITED:
        inputs[spot.at] = at.isoformat()


@require_POST
@signed_in
def create(request: HttpRequest, register: str, move: str) -> HttpResponse:
    """Begin something."""
    me = actor(request)
    declared, wanted = views.starting(register, move, me)
    try:
        done = perform(request, me, declared, wanted, declared.model)
    except Invalid as error:
        if by_outbox(request):
            return outbox_refusal(error, declared, wanted, None)
        context = views.new_context(request, me, declared, wanted, posted=_posted(request), errors=messages(error))
        return render(request, "pocket/new.html", context, status=422)
    return _after(request, declared, done)


@require_POST
@signed_in
def act(request: HttpRequest, register: str, pk: int, move: str) -> HttpResponse:
    """Move a record on."""
    me = actor(request)
    declared, found = views.find(register, pk, me)
    wanted = declared.flow.moves().get(move) if declared.flow else None
    if wanted is None or wanted.creates:
        raise Conflict(_("没有“%s”这个操作") % move)
    try:
        done = perform(request, me, declared, wanted, found)
    except (Invalid, Conflict) as error:
        if by_outbox(request):
            return outbox_refusal(error, declared, wanted, found)
        found.refresh_from_db()
        context = views.record_context(request, me, declared, found, opened=move, posted=_posted(request),
                                       errors=messages(error))
        return views.shown(request, context, error.status)
    return _after(request, declared, done)


def _after(request: HttpRequest, register: Register, done: Done) -> HttpResponse:
    url = views.link(register, done.record) if done.record is not None else "/pocket/"
    if not by_outbox(request):
        return redirect(url)
    state = "duplicate" if done.repeated else "applied"
    return JsonResponse({"state": state, "url": url, "id": done.record.pk if done.record is not None else None})


def _posted(request: HttpRequest) -> dict[str, Any]:
    return {k: request.POST.get(k) for k in request.POST}

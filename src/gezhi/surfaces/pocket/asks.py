"""What a move asks, as the form partial draws it, and what was answered, as the move reads it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gezhi.foundation.documents.receive import receive
from gezhi.foundation.territory.public import grid_at
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError, Invalid, Refused
from gezhi.kernel.workflow import Ask, Move

from .work import SILENT

DOORS = {"pocket": "grid_app", "web": "snapshot"}
"""What the surfaces are called among the channels a report may come by, where a move asks for one."""


MEDIA = {"image", "audio", "video"}
FEW = 5
"""Answers that stand side by side as buttons; more are a list to open."""


def asks_of(move: Move, record: Any, actor: Actor, *, posted: Mapping[str, Any] | None = None,
            errors: Mapping[str, Any] | None = None, prefix: str = "pocket") -> list[dict[str, Any]]:
    """Questions of a move for ``partials/ask.html``.

    Args:
        record: the record, or ``None`` for a move that creates.
        posted: what was answered before (after an error). errors: messages by question.
        prefix: namespace of the URLs that give options.
    """
    return [_question(ask, move, record, actor, posted, errors or {}, prefix) for ask in move.ask
            if ask.name not in SILENT and not (record is None and _found_by_place(ask, move))]


def _found_by_place(ask: Ask, move: Move) -> bool:
    """Whether an area need not be asked, because a place is: the map knows in which grid a point lies."""
    return ask.kind.widget_type == "area" and any(a.kind.widget_type == "point" for a in move.ask)


def _question(ask: Ask, move: Move, record: Any, actor: Actor, posted: Mapping[str, Any] | None,
              errors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    kind = ask.kind
    question: dict[str, Any] = {**kind.widget(), "id": f"{move.name}-{ask.name}",
                                "errors": [str(m) for m in errors.get(ask.name, ())],
                                "personal": kind.sensitivity in ("sensitive", "high")}
    if posted is not None and (ask.name in posted or f"{ask.name}__value" in posted):
        question.update(_typed(kind, ask.name, posted))
    elif ask.default is not None:
        question["value"] = kind.initial(ask.default(record, actor))
    if question["type"] == "select" and len(question.get("options", ())) <= FEW:
        question["radio"] = True
    if question["type"] == "link" and question.get("register"):
        question["src"] = reverse(f"{prefix}:options", args=[question["register"]])
        if question.get("where"):
            question["src"] += "?" + "&".join(f"{k}={v}" for k, v in dict(question["where"]).items())
    if question["type"] == "rows":
        question["of"] = [_inner(one, prefix) for one in question["of"]]
    if question["type"] == "files":
        kinds = set(question.get("kinds") or ())
        question["voice"] = not kinds or "audio" in kinds
        question["accept"] = ",".join(sorted(f"{k}/*" for k in kinds)) if kinds and kinds <= MEDIA else ""
    return question


def _typed(kind: Any, name: str, posted: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed before, as the control takes it; what cannot be read stays as text."""
    raw = posted.get(name)
    if f"{name}__value" in posted:
        return {"value": {"value": posted[f"{name}__value"], "unit": posted.get(f"{name}__unit", "")}}
    try:
        value = kind.parse(raw)
        return {"value": kind.initial(value), "text": raw} if value is not None else {"value": None}
    except Invalid:
        return {"value": raw if kind.widget_type in ("text", "textarea", "number", "date", "select") else None,
                "text": raw}


def _inner(one: dict[str, Any], prefix: str) -> dict[str, Any]:
    if one["type"] == "link" and one.get("register"):
        return {**one, "src": reverse(f"{prefix}:options", args=[one["register"]])}
    return one


def answers(move: Move, request: HttpRequest, actor: Actor, key: uuid.UUID | None,
            visitor: str = "") -> dict[str, Any]:
    """What the form answered, ready for ``act``; files are taken in and stand as their ids.

    A file's own id is derived from the submission's key, so that a repeated submission uploads nothing twice.

    Raises:
        Invalid, DocumentError: a file is not acceptable.
    """
    out: dict[str, Any] = {}
    for ask in move.ask:
        kind = ask.kind
        name, widget = ask.name, kind.widget()
        if name in SILENT:
            out[name] = _silent(name, actor, key)
            continue
        if widget["type"] == "files":
            ids: list[Any] = [p for p in request.POST.get(name, "").split(",") if p]
            for at, file in enumerate(request.FILES.getlist(name)):
                own = uuid.uuid5(key, f"{name}-{at}") if key else None
                ids.append(_taken(actor, file, name, own, visitor))
            out[name] = ids
        elif widget["type"] == "amount":
            number = request.POST.get(f"{name}__value", "")
            out[name] = {"value": number, "unit": request.POST.get(f"{name}__unit", "")} if number else None
        elif widget["type"] == "multiselect" or widget.get("many"):
            out[name] = request.POST.getlist(name)
        else:
            out[name] = request.POST.get(name)
    for ask in move.ask:
        if _found_by_place(ask, move) and not out.get(ask.name):
            out[ask.name] = _area(move, out, actor)
    return out


def _taken(actor: Actor, file: Any, name: str, own: uuid.UUID | None, visitor: str) -> int:
    """The id of a file that was taken in; what is wrong with it stands beside its question, with its name."""
    try:
        return receive(actor, cast("BinaryIO", file), file.name or "", upload_id=own, visitor=visitor).pk
    except Refused:
        raise
    except GezhiError as error:
        if error.status >= 500:
            raise
        raise Invalid({name: [_("“%(file)s”：%(why)s") % {"file": file.name, "why": error}]}) from None


def _area(move: Move, out: Mapping[str, Any], actor: Actor) -> str:
    """The grid the answered place lies in, else the area the actor's post covers."""
    for ask in move.ask:
        if ask.kind.widget_type == "point" and out.get(ask.name):
            point = ask.kind.parse(out[ask.name])
            found = grid_at(point.x, point.y)
            if found:
                return found
            if actor.kind == "public":
                raise Invalid({ask.name: [_("这个位置不在本市范围内，请重新选点")]})
    return actor.area


def _silent(name: str, actor: Actor, key: uuid.UUID | None) -> str:
    if name == "channel":
        return DOORS.get(actor.via, "")
    if key is None:
        return ""
    return actor.via if name == "source" else str(key)


def messages(error: Exception) -> tuple[list[str], dict[str, list[str]]]:
    """Messages of the whole and by question."""
    if isinstance(error, Invalid):
        by_name = {k: [str(m) for m in v] for k, v in error.errors.items()}
        return by_name.pop("", []), by_name
    return [str(error)], {}

"""Documents over HTTP: for pages and phones with a session, and for visitors who send a report.

Answers of uploads are JSON, errors as ``{"code", "message", "hint", …}`` with their status.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, BinaryIO, cast

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gezhi.foundation.documents import uploads
from gezhi.foundation.documents.claims import claim
from gezhi.foundation.documents.document import Document
from gezhi.foundation.documents.errors import NotStored
from gezhi.foundation.documents.receive import receive
from gezhi.foundation.documents.serve import gallery, respond
from gezhi.foundation.units.actors import actor_of_request
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError, Invalid, Missing


def _answers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Errors of the contract as JSON."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kw)
        except GezhiError as error:
            return JsonResponse(error.as_dict(), status=error.status)

    return wrapped


@require_safe
def show(request: HttpRequest, pk: int, variant: str = "") -> HttpResponseBase:
    """A document or its small copy (``small``, ``large``), for whoever may see its record."""
    try:
        return respond(request, actor_of_request(request, "web"), pk, variant)
    except (Missing, NotStored) as error:
        raise Http404(str(error)) from error


@require_http_methods(["POST"])
@_answers
def send(request: HttpRequest) -> HttpResponseBase:
    """A whole file in one multipart request: ``file``, ``caption``, ``sha256``, ``upload_id``, ``lon lat at``."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid({"file": [_("请选择文件")]})
    actor, visitor = _sender(request)
    document = receive(
        actor,
        cast(BinaryIO, file),
        file.name or "",
        sha256=request.POST.get("sha256", ""),
        visitor=visitor,
        upload_id=_number(request.POST.get("upload_id")),
        **_facts(request.POST),
    )
    return _made(request, actor, document)


@require_http_methods(["GET", "PUT", "PATCH"])
@_answers
def upload(request: HttpRequest, number: Any) -> HttpResponseBase:
    """An upload in pieces: PUT announces ``{name, size, sha256}``, PATCH adds a piece, GET says how far it is.

    A piece is the body of the request, at most one megabyte; the header ``Upload-Offset`` says where it belongs.
    """
    actor, visitor = _sender(request)
    if request.method == "PUT":
        told = _json(request)
        made = uploads.begin(
            actor,
            number,
            str(told.get("name", "")),
            _whole(told.get("size")),
            str(told.get("sha256", "")),
            visitor=visitor,
        )
        return JsonResponse({"offset": made.offset, "piece": uploads.PIECE})
    if request.method == "PATCH":
        if int(request.headers.get("Content-Length") or 0) > uploads.PIECE:
            raise Invalid(_("分片大小或位置有误"))
        at = _whole(request.headers.get("Upload-Offset"))
        return JsonResponse({"offset": uploads.append(actor, number, at, request.body, visitor=visitor)})
    return JsonResponse({"offset": uploads.progress(actor, number, visitor=visitor), "piece": uploads.PIECE})


@require_http_methods(["POST"])
@_answers
def finish(request: HttpRequest, number: Any) -> HttpResponseBase:
    """Make the document of an upload whose pieces are all here; ``{caption, lon, lat, at}``."""
    actor, visitor = _sender(request)
    document = uploads.finish(actor, number, visitor=visitor, **_facts(_json(request)))
    return _made(request, actor, document)


def _sender(request: HttpRequest) -> tuple[Actor, str]:
    """Who sends; a visitor is told apart by address, which is kept as a keyed hash only."""
    actor = actor_of_request(request, "web")
    return actor, "" if actor.user_id is not None else request.META.get("REMOTE_ADDR") or "?"


def _made(request: HttpRequest, actor: Actor, document: Document) -> HttpResponseBase:
    if actor.user_id is None:
        claim(request, document)
    shown = gallery([document], tickets=actor.user_id is None)[0]
    shown["at"] = document.taken_at
    return JsonResponse({"id": document.pk, "kind": document.kind, "sha256": document.sha256, **shown}, status=201)


def _facts(told: Any) -> dict[str, Any]:
    """Caption, and time and place as the device knows them; a value that cannot be read is left out."""
    taken: dict[str, Any] = {}
    with suppress(KeyError, TypeError, ValueError):
        taken["point"] = (float(told["lon"]), float(told["lat"]))
    try:
        at = parse_datetime(str(told.get("at") or ""))
    except ValueError:
        at = None
    if isinstance(at, dt.datetime) and at.tzinfo is not None:
        taken["at"] = at
    return {"caption": str(told.get("caption") or ""), "taken": taken}


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        told = json.loads(request.body or b"{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Invalid(_("请求内容应为 JSON 对象"))
    return told


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Invalid({"size": [_("应为整数")]}) from None


def _number(text: str | None) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        raise Invalid({"upload_id": [_("上传编号应为 UUID")]}) from None

"""Answers in the format the address asks for, errors as GeoReport wants them, and who is calling."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from gezhi.exchange.places import city_code
from gezhi.foundation.units.public import public_actor
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError
from gezhi.surfaces.api import app_key
from gezhi.surfaces.api.rate import take

MIME = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


class Fault(Exception):
    """An error of GeoReport: HTTP status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def xml(root: str, item: str, rows: list[dict[str, Any]]) -> bytes:
    """Rows as GeoReport's XML: ``<root><item><name>…</name></item></root>``; lists nest by their singular."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>', f"<{root}>"]
    for row in rows:
        parts.append(f"<{item}>{_inside(row)}</{item}>")
    parts.append(f"</{root}>")
    return "".join(parts).encode()


def _inside(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "".join(f"<{k}>{_inside(v) if not isinstance(v, list) else _many(k, v)}</{k}>" for k, v in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape("".join(c for c in str(value) if c >= " " or c in "\n\t"))


def _many(name: str, rows: list[Any]) -> str:
    one = name[:-1] if name.endswith("s") else "value"
    return "".join(f"<{one}>{_inside(r)}</{one}>" for r in rows)


def answer(ext: str, root: str, item: str, rows: list[dict[str, Any]], status: int = 200) -> HttpResponse:
    """Rows in JSON or XML."""
    body = xml(root, item, rows) if ext == "xml" else orjson.dumps(rows, default=str)
    response = HttpResponse(body, status=status, content_type=MIME[ext])
    response["Access-Control-Allow-Origin"] = "*"  # public data, no cookies are read here
    return response


def single(ext: str, root: str, row: dict[str, Any]) -> HttpResponse:
    """One object in JSON or XML."""
    head = '<?xml version="1.0" encoding="utf-8"?>'
    body = f"{head}<{root}>{_inside(row)}</{root}>".encode() if ext == "xml" else orjson.dumps(row, default=str)
    response = HttpResponse(body, content_type=MIME[ext])
    response["Access-Control-Allow-Origin"] = "*"
    return response


def faulty(ext: str, status: int, words: list[str]) -> HttpResponse:
    """Errors as GeoReport has them."""
    rows = [{"code": status, "description": w} for w in words]
    return answer(ext if ext in MIME else "json", "errors", "error", rows, status)


def caller(params: QueryDict, *, needed: bool) -> Actor:
    """The program behind ``api_key``, or a citizen. Raises :class:`Fault`."""
    secret = params.get("api_key", "")
    if not secret:
        if needed:
            raise Fault(400, _("缺少 api_key"))
        return public_actor("open311")
    found = app_key.find(secret)
    if found is None:
        raise Fault(403, _("api_key 无效、已停用或已过期"))
    key, actor = found
    if key.per_minute and not take(f"key {key.pk}", key.per_minute):
        raise Fault(429, _("请求过于频繁"))
    return actor.through("open311")


def speaks(method: str = "GET", **more: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """Wrap a view ``view(request, ext, …)``: format, jurisdiction, methods and errors.

    Args:
        method: the view's own method; ``more`` gives views of other methods by name (``post=…``).
    """
    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        methods = {method: view, **{k.upper(): v for k, v in more.items()}}

        @functools.wraps(view)
        def answerer(request: HttpRequest, ext: str = "json", **parts: Any) -> HttpResponse:
            try:
                if ext not in MIME:
                    raise Fault(404, _("只有 json 和 xml 两种格式"))
                call = methods.get("GET" if request.method == "HEAD" else request.method or "")
                if call is None:
                    raise Fault(405, _("这个地址不支持 %s") % request.method)
                params = request.POST if request.method == "POST" else request.GET
                if "\x00" in params.urlencode() or "%00" in params.urlencode():
                    raise Fault(400, _("参数中有不能存储的字符"))
                _jurisdiction(params.get("jurisdiction_id", "") or request.GET.get("jurisdiction_id", ""))
                return call(request, ext, **parts)
            except Fault as fault:
                return faulty(ext, fault.status, [fault.words])
            except GezhiError as error:
                errors = getattr(error, "errors", None) or {"": [error]}
                words = [f"{k}: {m}" if k else str(m) for k, ms in errors.items() for m in ms]
                return faulty(ext, 400 if error.status == 422 else error.status, words)

        answerer.csrf_exempt = True  # type: ignore[attr-defined]  # cookies mean nothing here: keys do
        return answerer

    return wrap


def _jurisdiction(wanted: str) -> None:
    if wanted and wanted != city_code():
        raise Fault(404, _("jurisdiction_id 不存在：本平台为 %s") % city_code())

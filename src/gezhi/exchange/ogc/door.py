"""Who calls, what may be asked, and answers as OGC API wants them: JSON, links, errors with a code, CORS."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import structlog
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from gezhi.foundation.units.public import public_actor
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError, Invalid, Refused, Unavailable
from gezhi.surfaces.api import http
from gezhi.surfaces.api.http import BadRequest, NotAllowed, TooMany, Unauthenticated, address_of, answer, refuse
from gezhi.surfaces.api.rate import take

log = structlog.get_logger(__name__)
ROOT = "/ogc/v1"
PUBLIC_PER_MINUTE = 600
"""Requests a minute of an address that brings neither key nor session."""
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
MVT = "application/vnd.mapbox-vector-tile"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link, ETag, X-Request-Id"}
"""Pages of other sites may read, with a key of their own: a browser sends no cookie where ``*`` is allowed."""
PREFLIGHT = {**CORS, "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS", "Access-Control-Max-Age": "86400",
             "Access-Control-Allow-Headers": "Authorization, Accept, If-None-Match"}
FORMS = frozenset({"", "json", "application/json", "application/geo+json"})
Json = dict[str, Any]


def caller(request: HttpRequest) -> Actor:
    """Who asks; a program sees at least what everybody sees.

    Raises:
        Unauthenticated: the key is not valid. TooMany.
    """
    actor = http.actor_of(request)
    if actor.kind == "public" and not take(f"ogc {address_of(request)}", PUBLIC_PER_MINUTE):
        raise TooMany(_("请求过于频繁，每分钟最多 %d 次") % PUBLIC_PER_MINUTE)
    if actor.kind == "app":
        open_to_all = {n: r for n, r in public_actor().grants.items() if n.endswith(".view") and "all" in r}
        actor = replace(actor, grants={**open_to_all, **actor.grants})
    return actor.through("ogc")


def lacking(actor: Actor) -> GezhiError:
    """What somebody is told who may not see this: to sign in, or that it is not for them."""
    return Unauthenticated(_("请先登录，或使用应用密钥")) if actor.kind == "public" else Refused()


def sees(actor: Actor, name: str) -> bool:
    """Whether records of a register may be in sight: what is somebody's own is nobody's who has not signed in."""
    reaches = actor.reaches(f"{name}.view")
    return "all" in reaches if actor.kind == "public" else bool(reaches)


def url(request: HttpRequest, path: str, params: Mapping[str, str] | None = None) -> str:
    """Absolute address of a path below :data:`ROOT`."""
    return request.build_absolute_uri(f"{ROOT}{path}") + (f"?{urlencode(params)}" if params else "")


def link(request: HttpRequest, rel: str, path: str, mime: str = "application/json", title: str = "",
         params: Mapping[str, str] | None = None) -> Json:
    """A link as OGC API has it."""
    found = {"rel": rel, "type": mime, "href": url(request, path, params)}
    return {**found, "title": title} if title else found


def only(request: HttpRequest, *allowed: str) -> dict[str, str]:
    """The arguments of the address, each once.

    Raises:
        BadRequest: one that is not known here (the standard wants that said), or one twice.
    """
    out: dict[str, str] = {}
    for name, values in request.GET.lists():
        if name not in (*allowed, "f"):
            raise BadRequest(_("没有“%s”这个参数") % name[:40])
        if len(values) > 1:
            raise BadRequest(_("参数“%s”只能出现一次") % name[:40])
        out[name] = str(values[0])
    if out.pop("f", "") not in FORMS:
        raise BadRequest(_("这个地址只有 JSON 格式"))
    return out


def told(data: Json, mime: str = "application/json") -> HttpResponse:
    """An answer of that media type."""
    response = answer(data)
    response["Content-Type"] = mime
    return response


def _fault(error: GezhiError) -> HttpResponse:
    """An error with ``code`` and ``description``; what is wrong with an argument is a bad request here."""
    said = error.as_dict()
    words = [str(m) for messages in getattr(error, "errors", {}).values() for m in messages]
    response = refuse(error)
    status = 400 if error.status == 422 else error.status
    body = {"code": said["code"], "description": "；".join(words) or said["message"], "hint": said.get("hint") or ""}
    plain = answer(body, status)
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in response:
            plain[name] = response[name]
    return plain


def door(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Wrap ``view(request, actor, …)``: reading only, errors by code, CORS; other results become JSON."""
    @functools.wraps(view)
    def inner(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT)
        response = _asked(view, request, parts)
        for name, value in CORS.items():
            response[name] = value
        response.setdefault("Vary", "Authorization, Cookie")
        response.setdefault("Cache-Control", "private, max-age=0")
        return response

    inner.csrf_exempt = True  # type: ignore[attr-defined]  # nothing is written here
    return inner


def _asked(view: Callable[..., Any], request: HttpRequest, parts: Mapping[str, Any]) -> Any:
    try:
        if request.method not in ("GET", "HEAD"):
            return _fault(NotAllowed(_("这个地址不支持 %s") % request.method))
        if "\x00" in request.GET.urlencode() or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest(_("地址中有不能存储的字符"))
        result = view(request, caller(request), **parts)
        return result if isinstance(result, HttpResponseBase) else told(result)
    except GezhiError as error:
        return _fault(error)
    except DataError as error:
        return _fault(Invalid(_("数据超出可存储的范围：%s") % str(error).splitlines()[0]))
    except (OperationalError, InterfaceError) as error:
        log.warning("ogc_database", error=str(error).splitlines()[0])
        return _fault(Unavailable(_("数据库暂时不可用，请稍后重试")))

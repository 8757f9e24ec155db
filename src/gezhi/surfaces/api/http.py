"""From a request to an actor and data, and from a result or an error to an answer. Every endpoint goes through it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _

from gezhi.foundation.units.actors import actor_of_request
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError, Invalid, Refused

from . import app_key
from .rate import take

log = structlog.get_logger(__name__)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
"""Data is no page: a browser that is led to it must run and frame nothing."""
BODY_BYTES = 2 * 1024 * 1024


class Unauthenticated(GezhiError):
    """Nobody is signed in, or the key is not valid."""

    code = "unauthenticated"
    status = 401


class BadRequest(GezhiError):
    """The request cannot be read at all."""

    code = "bad_request"
    status = 400


class NotAllowed(GezhiError):
    """The method does not exist at this address."""

    code = "method_not_allowed"
    status = 405


class TooMany(GezhiError):
    """More requests than the sender may make."""

    code = "too_many"
    status = 429


View = Callable[..., Any]


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """JSON data as an answer."""
    body = orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)
    return HttpResponse(body, status=status, content_type="application/json", headers={**POLICY, **(headers or {})})


def refuse(error: GezhiError) -> HttpResponse:
    """An error as an answer."""
    headers = {"Retry-After": "30"} if error.status in (429, 503) else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(error.as_dict(), error.status, headers)


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


_csrf = _Csrf(lambda _request: HttpResponse())


def actor_of(request: HttpRequest) -> Actor:
    """Who asks: the program behind a key, the person signed in, or a citizen.

    A browser's session also needs the CSRF token for everything that writes.

    Raises:
        Unauthenticated: the key is not valid. Refused: no CSRF token. TooMany.
    """
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _blank, secret = header.partition(" ")
        found = app_key.find(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthenticated(_("密钥无效、已停用或已过期"))
        key, actor = found
        if key.per_minute and not take(f"key {key.pk}", key.per_minute):
            raise TooMany(_("请求过于频繁，每分钟最多 %d 次") % key.per_minute)
        return actor
    actor = actor_of_request(request, "api")
    if actor.kind == "staff" and request.method not in SAFE:
        _csrf.process_request(request)
        if _csrf.process_view(request, lambda _r: HttpResponse(), (), {}):
            raise Refused(_("页面已过期，请刷新后重试"))
    return actor


def signed_in(actor: Actor) -> Actor:
    """The actor, unless it is a citizen without a sign-in. Raises :class:`Unauthenticated`."""
    if actor.kind == "public":
        raise Unauthenticated(_("请先登录，或使用应用密钥"))
    return actor


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        BadRequest: not JSON. Invalid: JSON, but no object.
    """
    raw = raw_of(request)
    if not raw.strip():
        return {}
    if b"\\u0000" in raw:
        raise BadRequest(_("正文中有不能存储的字符"))
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(_("正文不是正确的 JSON：%s") % error) from None
    if not isinstance(data, dict):
        raise Invalid(_("正文应为 JSON 对象"))
    return data


def raw_of(request: HttpRequest) -> bytes:
    """The body's bytes. Raises :class:`BadRequest` when there are too many of them."""
    try:
        raw = request.body
    except (RequestDataTooBig, UnreadablePostError, OSError) as error:
        raise BadRequest(_("正文过大或没有收全：%s") % error) from None
    if len(raw) > BODY_BYTES:
        raise BadRequest(_("正文过大"))
    return raw


def endpoint(open_to_all: bool = False, **views: View) -> View:
    """One view of several methods: ``endpoint(get=…, post=…)``; each is called with request, actor, the path's parts.

    Args:
        open_to_all: citizens without a sign-in may call it.
    """
    methods = {name.upper(): view for name, view in views.items()}

    @functools.wraps(next(iter(views.values())))
    def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            call = methods.get("GET" if request.method == "HEAD" else request.method or "")
            if call is None:
                response = refuse(NotAllowed(_("这个地址不支持 %s") % request.method))
                response["Allow"] = ", ".join(sorted(methods))
                return response
            if "\x00" in request.GET.urlencode() or "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest(_("地址中有不能存储的字符"))
            actor = actor_of(request)
            result = call(request, actor if open_to_all else signed_in(actor), **parts)
            return result if isinstance(result, HttpResponseBase) else answer(result)
        except GezhiError as error:
            return refuse(error)
        except DataError as error:
            return refuse(Invalid(_("数据超出可存储的范围：%s") % str(error).splitlines()[0]))
        except (SuspiciousOperation, RequestDataTooBig) as error:
            return refuse(BadRequest(str(error)))
        except (OperationalError, InterfaceError) as error:
            log.warning("api_database", error=str(error).splitlines()[0])
            from gezhi.kernel.errors import Unavailable

            return refuse(Unavailable(_("数据库暂时不可用，请稍后重试")))

    view.csrf_exempt = True  # type: ignore[attr-defined]  # checked in actor_of for those who come with a session
    return view


def address_of(request: HttpRequest) -> str:
    """The sender's address, as the proxy says it when one is trusted."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
        if forwarded:
            return forwarded
    return request.META.get("REMOTE_ADDR", "")

"""The generic webhook: another system posts JSON, signed; its fields become a report by the adapter's mapping."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gezhi.domains.cases import public as cases
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.errors import GezhiError

from . import mapping, push
from .adapter import Adapter, log
from .signing import signature

SKEW = 300
"""Seconds a request's time may differ from ours (integration.md 1)."""
BODY_BYTES = 1024 * 1024
OK, SIGN, EXPIRED, PARAM, REPEATED = 0, 1001, 1002, 1201, 1301


def receive(request: HttpRequest, code: str) -> HttpResponse:
    """``POST /exchange/webhook/<code>`` with ``X-Timestamp`` (seconds) and ``X-Signature``."""
    known = Adapter.objects.filter(code=code, mode__in=("webhook", "push"), enabled=True)
    adapter = known.select_related("unit").first()
    if adapter is None or request.method != "POST":
        return _say(request, PARAM, _("没有这个接入点"), status=404 if adapter is None else 405)
    body = request.body
    stamp = request.headers.get("X-Timestamp", "")
    given = request.headers.get("X-Signature", "")
    if not hmac.compare_digest(signature(adapter.secret, stamp, body).encode(), given.lower().encode()):
        return _say(request, SIGN, _("签名不正确"), status=401)
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12 or abs(time.time() - int(stamp)) > SKEW:
        return _say(request, EXPIRED, _("请求已过期"), status=401)
    if len(body) > BODY_BYTES or b"\\u0000" in body:
        return _say(request, PARAM, _("正文过大或有不能存储的字符"), status=400)
    return _take(request, adapter, body)


receive.csrf_exempt = True  # type: ignore[attr-defined]  # signed requests of programs, no cookies


def _take(request: HttpRequest, adapter: Adapter, body: bytes) -> HttpResponse:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        log(adapter, "", body, "refused", error=str(error))
        return _say(request, PARAM, _("正文不是正确的 JSON：%s") % error, status=400)
    if adapter.mode == "push":
        return _state(request, adapter, body, data)
    values = mapping.apply(adapter.mapping, data)
    key = str(values.pop(mapping.KEY, "") or hashlib.sha256(body).hexdigest())[:80]
    if adapter.area_code and "area_code" not in values:
        values["area_code"] = adapter.area_code
    try:
        case, made = cases.report(SYSTEM.through(f"webhook {adapter.code}"), values, source=adapter.code,
                                  source_key=key)
    except GezhiError as error:
        log(adapter, key, body, "refused", error=str(error))
        return _say(request, PARAM, str(error), errors=error.as_dict().get("errors"), status=error.status)
    log(adapter, key, body, "acked" if made else "repeated", biz_no=case.query_code)
    return _say(request, OK if made else REPEATED, "", data={"query_code": case.query_code, "key": key})


def _state(request: HttpRequest, adapter: Adapter, body: bytes, data: Any) -> HttpResponse:
    """A department's system says how an order stands that was pushed to it."""
    given = data if isinstance(data, dict) else {}
    key = f"{given.get('no', '')} {given.get('state', '')}".strip()[:80]
    try:
        order = push.report(adapter, given)
    except GezhiError as error:
        log(adapter, key, body, "refused", error=str(error))
        return _say(request, PARAM, str(error), errors=error.as_dict().get("errors"), status=error.status)
    log(adapter, key, body, "acked", biz_no=order.no[:24])
    return _say(request, OK, "", data={"no": order.no, "status": order.status, "state": order.outside_state})


def _say(request: HttpRequest, code: int, message: str, *, status: int = 200, **data: Any) -> HttpResponse:
    """The common answer: ``{code, message, data, request_id}``."""
    answer = {"code": code, "message": message, "data": data.get("data"),
              "request_id": getattr(request, "gezhi_id", "")}
    if data.get("errors"):
        answer["errors"] = data["errors"]
    return HttpResponse(orjson.dumps(answer), status=status, content_type="application/json")

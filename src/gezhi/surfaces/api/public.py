"""What citizens and other systems use without knowing the platform: send a report in, ask how far it is.

The cases live in a domain that a surface may not name; they are reached through two ports:
``intake(actor, values, source, source_key) -> (record, made)`` and ``progress(query_code) -> dict``.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import DeclarationError, Invalid, Unavailable
from gezhi.kernel.registry import registry

from .http import TooMany, address_of, answer, body_of
from .rate import take

PER_MINUTE = 20
"""Reports a minute from one address without a key (a whole village may share one)."""
KEY_LENGTH = 16
"""Shortest key a citizen's program may use: a short one could be guessed, and the answer shows the query code."""


def port(name: str) -> Any:
    """The port, or :class:`Unavailable` when this installation has no cases."""
    try:
        return registry.port(name)
    except DeclarationError:
        raise Unavailable(_("本平台没有开通诉求受理")) from None


def report(request: HttpRequest, actor: Actor) -> HttpResponse:
    """``POST /public/reports``: a report; with an ``Idempotency-Key`` a repeated one makes no second case."""
    intake = port("intake")
    if actor.kind == "public" and not take(f"report {address_of(request)}", PER_MINUTE):
        raise TooMany(_("提交过于频繁，请稍后再试"))
    key = request.headers.get("Idempotency-Key", "").strip()
    if key and not (KEY_LENGTH if actor.kind == "public" else 1) <= len(key) <= 80:
        raise Invalid({"Idempotency-Key": [_("长度应为 %(low)d 至 %(high)d") % {"low": KEY_LENGTH, "high": 80}]})
    source = actor.name[:40] if actor.kind == "app" else "web"
    case, made = intake(actor, body_of(request), source if key else "", key)
    return answer({"id": case.pk if actor.kind == "app" else None, "query_code": case.query_code, "made": made},
                  201 if made else 200)


def progress(request: HttpRequest, actor: Actor, code: str) -> dict[str, Any]:
    """``GET /public/reports/<query_code>``: how far it is, in the citizen's words; no internal remark."""
    if actor.kind == "public" and not take(f"ask {address_of(request)}", PER_MINUTE * 3):
        raise TooMany(_("查询过于频繁，请稍后再试"))
    return port("progress")(code)

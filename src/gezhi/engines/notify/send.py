"""Sending what is queued: retries with growing pauses, limits of one phone, and quiet nights."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import transaction
from django.utils import timezone

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door

from .gateway import Later, Never, gateway_of
from .message import Message

log = structlog.get_logger(__name__)

PAUSES = (5, 30, 120, 600, 3600)
"""Seconds before each further try (integration.md 1)."""
BATCH = 50
PER_MINUTE, PER_DAY = 1, 10
"""Messages one phone is sent (integration.md 10)."""
NIGHT_FROM, NIGHT_TO = 22, 7
"""Hours in which only urgent messages go to phones."""


def send_due(now: dt.datetime | None = None) -> int:
    """Send the messages whose time has come. Returns how many were handed over."""
    now = now or timezone.now()
    ids = list(Message.objects.filter(state="queued", next_at__lte=now).order_by("next_at").values_list(
        "pk", flat=True)[:BATCH])
    return sum(_send_one(pk, now) for pk in ids)


def _send_one(pk: int, now: dt.datetime) -> bool:
    """One message, locked while it is handed over: two workers never send the same one."""
    with transaction.atomic():
        message = Message.objects.select_for_update(skip_locked=True).filter(pk=pk, state="queued").first()
        if message is None:
            return False
        wait = _wait(message, now)
        values: dict[str, object] = {"next_at": wait} if wait is not None else _hand_over(message, now)
        with door(SYSTEM) as session:
            session.change(message, values, verb=str(values.get("state", "put_off")), trusted=True, emit=False)
        return values.get("state") in ("sent", "delivered")


def _wait(message: Message, now: dt.datetime) -> dt.datetime | None:
    """When to try instead: after the night, or when the phone may be sent another message."""
    if message.channel not in ("sms", "wechat"):
        return None
    local = timezone.localtime(now)
    if not message.urgent and (local.hour >= NIGHT_FROM or local.hour < NIGHT_TO):
        morning = local.replace(hour=NIGHT_TO, minute=0, second=0, microsecond=0)
        return morning + dt.timedelta(days=1) if local.hour >= NIGHT_FROM else morning
    rows = Message.objects.filter(address_key=message.address_key, channel=message.channel)
    minute = rows.filter(sent_at__gt=now - dt.timedelta(minutes=1)).order_by("-sent_at")
    recent = [at for at in minute.values_list("sent_at", flat=True) if at is not None]
    if len(recent) >= PER_MINUTE:
        return recent[0] + dt.timedelta(minutes=1)
    if rows.filter(sent_at__gt=now - dt.timedelta(days=1)).count() >= PER_DAY and not message.urgent:
        return now + dt.timedelta(hours=2)
    return None


def _hand_over(message: Message, now: dt.datetime) -> dict[str, object]:
    tries = message.tries + 1
    try:
        receipt, state = gateway_of(message.channel).send(message)
    except Never as error:
        return {"state": "failed", "tries": tries, "error": str(error)[:200], "next_at": None}
    except Later as error:
        log.warning("message_waits", message=message.pk, channel=message.channel, error=str(error)[:200])
        if tries > len(PAUSES):
            return {"state": "failed", "tries": tries, "error": str(error)[:200], "next_at": None}
        return {"tries": tries, "error": str(error)[:200], "next_at": now + dt.timedelta(seconds=PAUSES[tries - 1])}
    return {"state": state, "tries": tries, "receipt": receipt[:80], "sent_at": now, "error": "", "next_at": None}

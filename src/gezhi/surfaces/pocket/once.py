"""Do what a phone asks exactly once, however often a bad network makes it ask."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.registry import registry

from .models import Sent

_MOST_SKEW = dt.timedelta(days=31)


@dataclass(frozen=True)
class Done:
    """The record a submission led to, and whether it had been done before."""

    record: Any
    repeated: bool


def key_of(text: str) -> uuid.UUID | None:
    """The sender's key, or ``None`` when it gave none.

    Raises:
        Invalid: it is not a UUID.
    """
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(_("提交编号有误，请刷新页面后重试")) from None


def made_at(text: str) -> dt.datetime | None:
    """When the device says it was made; ``None`` when it does not say, or cannot be believed."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    if at is None or timezone.is_naive(at):
        return None
    return at if abs(timezone.now() - at) < _MOST_SKEW else None


def once(actor: Actor, key: uuid.UUID | None, move: str, device_time: str, work: Callable[[], Any]) -> Done:
    """Run ``work`` unless a submission with this key has been done; one transaction with what it writes.

    A second submission that arrives while the first still runs waits for it: the unique key decides.

    Args:
        work: returns the record.

    Raises:
        Refused: the key belongs to another person's submission. Whatever ``work`` raises; then nothing is kept.
    """
    if key is None:
        return Done(work(), False)
    with transaction.atomic():
        row = _claim(actor, key, move, device_time)
        if row is None:
            return Done(_before(actor, key), True)
        record = work()
        register = registry.register_of(type(record))
        row.register, row.record_id = (register.name if register else ""), record.pk
        row.save(update_fields=["register", "record_id"])
    return Done(record, False)


def _claim(actor: Actor, key: uuid.UUID, move: str, device_time: str) -> Sent | None:
    """The fresh row of this key, or ``None`` when there is one already."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pocket_sent (key, user_id, register, move, made_at, at) VALUES (%s, %s, '', %s, %s, %s) "
            "ON CONFLICT (key) DO NOTHING", [key, actor.user_id, move[:40], made_at(device_time), now])
        return Sent(key=key, user_id=actor.user_id, move=move[:40], at=now) if cursor.rowcount else None


def _before(actor: Actor, key: uuid.UUID) -> Any:
    row = Sent.objects.get(pk=key)
    if row.user_id != actor.user_id:
        raise Refused(_("该提交编号已被使用"))
    if not row.register or row.record_id is None:
        return None
    return registry.register(row.register).model.objects.filter(pk=row.record_id).first()

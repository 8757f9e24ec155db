"""Requests with an ``Idempotency-Key``: the first one is carried out, a repeated one is given its answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid


class Once(models.Model):
    """The answer kept for a key of a sender. Bookkeeping of the API, not a record."""

    sender = models.CharField(max_length=80)
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    status = models.IntegerField(default=0)
    body = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="api_once_key")]


def sender_of(actor: Actor) -> str:
    """Whose keys these are; two senders may use the same key."""
    return f"{actor.kind}:{actor.user_id or actor.name}"[:80]


def once(actor: Actor, key: str, what: bytes, work: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """Carry out ``work`` unless this sender has had it carried out under the key.

    Args:
        key: the header's value; ``""`` carries it out at once.
        what: method, path and body: another request under the same key is a conflict.
        work: gives status and JSON body; what it writes and the kept answer are one transaction.

    Raises:
        Conflict: the key was used for another request. Invalid: the key is too long.
    """
    if not key:
        return work()
    if len(key) > 100:
        raise Invalid({"Idempotency-Key": [_("最多 %d 个字符") % 100]})
    digest = hashlib.sha256(what).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:  # a second request waits here until the first has ended
            cursor.execute("INSERT INTO api_once (sender, key, digest, status, at) VALUES (%s, %s, %s, 0, now()) "
                           "ON CONFLICT (sender, key) DO NOTHING RETURNING id", [sender_of(actor), key, digest])
            fresh = cursor.fetchone()
        if fresh is None:
            kept = Once.objects.get(sender=sender_of(actor), key=key)
            if kept.digest != digest:
                raise Conflict(_("这个 Idempotency-Key 已用于另一个请求"))
            return kept.status, kept.body
        status, body = work()
        Once.objects.filter(pk=fresh[0]).update(status=status, body=body)
        return status, body

"""Secrets of second factors under the newest key; they stand in a table of allauth's, as text."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from gezhi.engines.privacy.rotation import Sealed
from gezhi.kernel import seal

SEALED = ("secret", "seed", "migrated_codes")
"""Keys of an authenticator's data that the adapter encrypts."""


def _stale(text: Any, number: int) -> bool:
    try:
        return isinstance(text, str) and base64.b64decode(text, validate=True)[:1] != bytes([number])
    except ValueError:  # older than encryption
        return False


def _anew(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return [_anew(one, number) for one in value]
    if not _stale(value, number):
        return value
    return base64.b64encode(seal.encrypt(seal.decrypt(base64.b64decode(value)))).decode()


def _todo(number: int) -> list[Authenticator]:
    def is_stale(value: Any) -> bool:
        return any(_stale(one, number) for one in (value if isinstance(value, list) else [value]))

    return [a for a in Authenticator.objects.order_by("pk") if any(is_stale(a.data.get(k)) for k in SEALED)]


def left(number: int) -> int:
    """Second factors not under that key."""
    return len(_todo(number))


def reseal(number: int) -> int:
    """Seal them anew."""
    done = 0
    for one in _todo(number):
        with transaction.atomic():
            locked = Authenticator.objects.select_for_update().get(pk=one.pk)
            locked.data = {k: _anew(v, number) if k in SEALED else v for k, v in locked.data.items()}
            locked.save(update_fields=["data"])
        done += 1
    return done


FACTORS = Sealed("mfa_authenticator", left, reseal)

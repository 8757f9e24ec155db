"""Under which key the blind indexes lie: the same for all tables at every moment, changed in one transaction.

Two numbers in the database say it: the key all indexes in columns lie under, and the one some may still lie under
elsewhere (fields a city adds). While they and the newest key of the ring agree nothing is asked of the database. While
they differ, somebody may be changing the key at any moment: whoever looks for a value looks for it under all of them,
and whoever writes one holds the number until the transaction ends, so that the change waits for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

from . import seal

KEY, BEFORE = "blind.key", "blind.before"
"""Rows of the table of counters; without them it is the first key."""
AGAIN = 5.0
"""Seconds a process that only looks values up trusts what it read, while the key may change."""


@dataclass
class _Known:
    """What this process last read, and for which ring."""

    ring: tuple[str, ...] = ()
    key: int = 0
    before: int = 0
    read: float = float("-inf")


_known = _Known()


def _settled() -> bool:
    ring = seal.ring()
    if ring != _known.ring:
        _known.ring, _known.read = ring, float("-inf")
    return len(ring) == 1 or (_known.read > float("-inf") and _known.key == _known.before == len(ring) - 1)


def stored(lock: str = "") -> tuple[int, int]:
    """The two numbers as they stand in the database. Args: lock: ``FOR SHARE`` or ``FOR UPDATE``."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, value FROM kernel_counter WHERE key IN (%s, %s) ORDER BY key DESC {lock}",
                       [KEY, BEFORE])
        found = dict(cursor.fetchall())
    _known.key, _known.before, _known.read = found.get(KEY, 0), found.get(BEFORE, 0), time.monotonic()
    return _known.key, _known.before


def for_writing() -> int:
    """Number of the key under which an index is written now; it stays so until the transaction ends."""
    if _settled():
        return 0 if len(_known.ring) == 1 else _known.key
    from .door import _current

    session = _current.get()
    if session is None:
        return stored("FOR SHARE")[0]
    if session.blind_key is None:
        session.blind_key = stored("FOR SHARE")[0]
    return session.blind_key


def for_reading() -> tuple[int, ...]:
    """Numbers of the keys under which a value may be found, now and while this transaction lasts."""
    if _settled():
        return (0,) if len(_known.ring) == 1 else (_known.key,)
    if time.monotonic() - _known.read > AGAIN:
        stored()
    return tuple(sorted({_known.key, _known.before, len(_known.ring) - 1}))

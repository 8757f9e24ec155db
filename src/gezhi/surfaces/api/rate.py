"""Rates: how many requests a sender has made in the last minute, counted by the database for all processes together."""

from __future__ import annotations

import time

from django.db import connection, models

SECONDS = 60
"""Length of a window."""

_TAKE = """
INSERT INTO api_rate AS r (key, turn, hits, earlier) VALUES (%s, %s, 1, 0)
ON CONFLICT (key) DO UPDATE SET
  turn = greatest(r.turn, excluded.turn),
  hits = CASE WHEN r.turn >= excluded.turn THEN r.hits ELSE 0 END + 1,
  earlier = CASE WHEN r.turn >= excluded.turn THEN r.earlier WHEN r.turn = excluded.turn - 1 THEN r.hits ELSE 0 END
WHERE CASE WHEN r.turn >= excluded.turn THEN r.hits + 1 + r.earlier * %s
           WHEN r.turn = excluded.turn - 1 THEN 1 + r.hits * %s ELSE 0 END <= %s
RETURNING hits
"""


class Rate(models.Model):
    """One row a sender: requests of its present window and of the one before. Bookkeeping, not a record.

    The table is unlogged: counting waits for no disk, and a crash of the database forgets a minute at most.
    """

    key = models.CharField(max_length=100, primary_key=True)
    turn = models.BigIntegerField()
    hits = models.IntegerField()
    earlier = models.IntegerField()


def take(key: str, limit: int, now: float | None = None) -> bool:
    """Count one request, in one statement; what is refused is not counted.

    Windows are whole minutes of the clock; the last one is weighed by what of it still counts.

    Args:
        key: the sender; the first 100 characters count. limit: requests a minute, at least 1.
        now: seconds since 1970, else the present.

    Returns:
        False when the sender has had ``limit`` in the last minute, at whichever process.
    """
    turn, part = divmod((time.time() if now is None else now) / SECONDS, 1)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [key[:100], int(turn), 1 - part, 1 - part, limit])
        return cursor.fetchone() is not None


def forget() -> None:
    """Drop senders of whom no window counts any more (their addresses with them)."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM api_rate WHERE turn < %s", [time.time() // SECONDS - 1])

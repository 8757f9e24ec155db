"""Many numbers of gap-free series at once, for records that are written by the hundred."""

from __future__ import annotations

from django.db import connection


class Numbers:
    """Numbers of series as ``door.next_number`` gives them, counted in memory within one transaction.

    The first number of a series locks its counter until the transaction ends, so that nobody else gets the same;
    :meth:`save` writes what was counted and must be called before the transaction ends.
    """

    def __init__(self) -> None:
        self._value: dict[str, int] = {}

    def next(self, series: str) -> int:
        """The next number of a series."""
        if series not in self._value:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO kernel_counter (key, value) VALUES (%s, 0) ON CONFLICT (key) DO UPDATE "
                               "SET value = kernel_counter.value RETURNING value", [series])
                self._value[series] = cursor.fetchone()[0]
        self._value[series] += 1
        return self._value[series]

    def save(self) -> None:
        """Write what was counted since the last time; the next number is read afresh."""
        if self._value:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE kernel_counter AS c SET value = n.value FROM unnest(%s::text[], %s::bigint[]) "
                               "AS n (key, value) WHERE c.key = n.key", [list(self._value), list(self._value.values())])
        self._value.clear()

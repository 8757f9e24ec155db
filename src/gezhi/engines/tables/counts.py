"""How many rows, without counting them all: exact up to a cap, then the planner's estimate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, models

CAP = 1000
"""Rows counted exactly; above it the number is about."""
LARGE = 200_000
"""Tables above this many rows are sorted by indexed fields only."""
_sizes: dict[str, tuple[float, int]] = {}
_KEEP_SECONDS = 60


@dataclass(frozen=True)
class Count:
    """A number of rows and whether it is exact.

    Args:
        number: rows.
        exact: false when it is the planner's estimate, then at least the cap.
    """

    number: int
    exact: bool = True


def table_size(model: type[models.Model]) -> int:
    """Rows of a table as the planner last saw it; kept a minute."""
    table = model._meta.db_table
    kept = _sizes.get(table)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce((SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)), 0)", [table])
        size = max(0, int(cursor.fetchone()[0]))
    _sizes[table] = (time.monotonic() + _KEEP_SECONDS, size)
    return size


def planned(rows: models.QuerySet[Any]) -> int:
    """Rows the planner expects of a query."""
    return int(orjson.loads(rows.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"])


def count(rows: models.QuerySet[Any], cap: int = CAP, of: models.QuerySet[Any] | None = None) -> Count:
    """Count up to ``cap`` rows; beyond it ask the planner: of the same rows said once (``of``), if twice."""
    found = rows.order_by().values("pk")[: cap + 1].count()
    if found <= cap:
        return Count(found)
    return Count(max(cap, planned(rows if of is None else of)), exact=False)

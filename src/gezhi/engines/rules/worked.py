"""Working time inside a statement: a calendar's periods as arrays, so that millions of rows are counted in one pass.

In SQL a moment becomes counted seconds by a binary search (``width_bucket``) in the begins of periods, and counted
seconds become a moment by one in their running totals. Clocks whose limit runs day and night count plain seconds.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from gezhi.engines.workflow.worktime import Unit
from gezhi.kernel.registry import registry

CONTINUOUS = tuple(str(u.value) for u in Unit if u.continuous)
BACK, AHEAD = dt.timedelta(days=800), dt.timedelta(days=800)

TABLES = ("(SELECT %(w_begins)s::float8[] AS begins, %(w_lengths)s::float8[] AS lengths, "
          "%(w_before)s::float8[] AS before) w")
"""To be joined where :func:`counted` and :func:`moment` are used."""


def tables(low: dt.datetime, high: dt.datetime) -> dict[str, Any]:
    """Parameters of :data:`TABLES` for moments between two; earlier ones count as the first, later ones as the last.

    The hours are those of the whole city; a unit with hours of its own is counted by them too (docs/rules.md).
    """
    calendar = registry.port("calendar")(None, high)
    begins, ends, before = calendar.spans(low - BACK, high + AHEAD)
    return {"w_begins": [float(b) for b in begins], "w_before": [float(b) for b in before],
            "w_lengths": [float(e - b) for b, e in zip(begins, ends, strict=True)],
            "continuous": list(CONTINUOUS)}


def counted(epoch: str, continuous: str) -> str:
    """SQL of the counted seconds of a moment given in seconds since 1970; ``continuous`` is SQL of a boolean."""
    at = f"GREATEST(width_bucket({epoch}, w.begins), 1)"
    return (f"CASE WHEN {continuous} THEN {epoch} ELSE w.before[{at}] + "
            f"GREATEST(LEAST({epoch} - w.begins[{at}], w.lengths[{at}]), 0) END")


def moment(seconds: str, continuous: str) -> str:
    """SQL of the moment at which so many seconds are counted; the end of a period, not the begin of the next."""
    at = f"GREATEST(width_bucket({seconds} - 0.5, w.before), 1)"
    return (f"to_timestamp(CASE WHEN {continuous} THEN {seconds} ELSE w.begins[{at}] + "
            f"({seconds} - w.before[{at}]) END)")


def limit_seconds(value: float, unit: str, at: dt.datetime) -> tuple[int, bool]:
    """A limit as counted seconds, and whether they run day and night."""
    return registry.port("calendar")(None, at).limit(value, unit), unit in CONTINUOUS

"""Reading the append-only log: the acts on records, in order, up to a moment and a place in the log.

Nothing here looks at the records themselves: what a record holds today does not matter for a month that is over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

FETCH = 5000


@dataclass(frozen=True)
class Cut:
    """Up to where the log counts.

    Args:
        at: acts after this moment do not count.
        head: nor do rows written to the log behind this one, whatever moment they speak of.
    """

    at: dt.datetime
    head: int


@dataclass(frozen=True)
class Act:
    """One row of the log.

    Args:
        changes: the fields it set, by name, as they stood afterwards.
    """

    record_id: int
    at: dt.datetime
    verb: str
    source: str
    target: str
    post_id: int | None
    changes: dict[str, Any]


FIELDS: dict[str, tuple[str, ...]] = {
    "work_order": ("unit", "area_code", "case", "opened_at", "limit_value", "limit_unit", "due_at", "signed_at",
                   "submitted_at", "overtime", "unsigned_late", "extensions", "reworks", "paused", "role"),
    "case": ("unit", "area_code", "due_at", "closed_at", "excluded", "self_handled", "contacted", "solved",
             "final_satisfaction", "redos", "returns", "reassigns", "inspected", "paused"),
    "card": ("unit", "area_code", "issued_at", "points", "status"),
    "supervision_order": ("unit", "area_code", "issued_at", "points", "status", "level"),
    "quality_check": ("unit", "area_code", "side", "score", "checked_at"),
    "gaming_flag": ("unit", "area_code", "decided_at"),
    "task": ("post", "area_code", "given_at", "due_at", "done_at", "overtime"),
}
"""What is read of each register."""
TOUCHED = """SELECT DISTINCT record_id FROM kernel_history
WHERE register = %(register)s AND batch IS NULL AND id <= %(head)s AND at <= %(at)s AND ({where})"""
ROWS = """SELECT record_id, at, verb, source, target, post_id, {fields} FROM kernel_history
WHERE register = %(register)s AND batch IS NULL AND id <= %(head)s AND at <= %(at)s
  AND record_id IN ({touched}) ORDER BY record_id, seq"""


def life(register: str, where: str, params: dict[str, Any], cut: Cut) -> Iterator[list[Act]]:
    """The whole life, up to the cut, of every record of which some row of the log satisfies ``where``."""
    names = FIELDS[register]
    fields = ", ".join(f"changes->'{n}'->1" for n in names)
    statement = ROWS.format(fields=fields, touched=TOUCHED.format(where=where))
    given = {**params, "register": register, "head": cut.head, "at": cut.at}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, given)
        record: list[Act] = []
        while rows := cursor.fetchmany(FETCH):
            for row in rows:
                act = _act(row, names)
                if record and record[0].record_id != act.record_id:
                    yield record
                    record = []
                record.append(act)
        if record:
            yield record


def _act(row: tuple[Any, ...], names: tuple[str, ...]) -> Act:
    pk, at, verb, source, target, post_id, *values = row
    changes = {n: _plain(v) for n, v in zip(names, values, strict=True) if v is not None}
    return Act(pk, at, verb, source, target, post_id, changes)


def _plain(raw: Any) -> Any:
    """A value as the log keeps it: links as their ids, moments as moments."""
    import orjson

    value = orjson.loads(raw) if isinstance(raw, str) else raw
    if isinstance(value, dict):
        return value.get("id")
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        return dt.datetime.fromisoformat(value)
    return value


def state(acts: list[Act]) -> dict[str, Any]:
    """The fields of a record after its acts."""
    out: dict[str, Any] = {"status": ""}
    for act in acts:
        out.update(act.changes)
        if act.target:
            out["status"] = act.target
    return out


def head() -> int:
    """The last row of the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM kernel_history")
        return cursor.fetchone()[0]

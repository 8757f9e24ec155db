"""The fast path of single inserts, and how rows that arrive together travel together.

:func:`insert_one` creates a record with its history row and its event by one statement. While one such statement of a
process is under way, the rows of its other threads gather and go with the next: no row waits for a timer, an idle
process sends each at once, a busy one pays statement, commit and flush once for all that came meanwhile.

Rows are sent as JSON, one parameter whatever their number, so that PostgreSQL keeps one plan for each set of columns.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, models
from psycopg.types.json import Jsonb

from .actors import Actor
from .door import R, Session, _assign, _current, _state, _told
from .fresh import blank, fresh, writer
from .records import History, Record
from .registers import Register
from .registry import registry

MOST = 32
"""Rows of one statement."""
TOLD = ("at", "source", "target", "actor_kind", "actor_name", "user_id", "post_id", "unit_id", "via", "opinion",
        "changes", "seal")
"""Columns of history that differ from record to record."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The statement that opens the door and writes records, history and events of one kind.

    Args:
        sql: with one parameter, the rows as JSON.
        rows: the part of it that reads them; ``columns``: their columns and types.
        fields: the record's fields that are sent; all others stand in it as constants, their defaults.
    """

    sql: str
    rows: str
    columns: tuple[tuple[str, str], ...]
    fields: tuple[models.Field, ...]


def plan(model: type[Record], verb: str, conflict: str, given: frozenset[str]) -> Plan:
    """The statement for records of which those fields are given.

    Args:
        conflict: a unique index's inference; a record that clashes there is left out.
    """
    register: Any = registry.register_of(model)
    quote, meta = connection.ops.quote_name, model._meta
    fields = tuple(f for f in meta.local_concrete_fields if not f.primary_key)
    sent = tuple(f for f in fields if f.name in given)
    kinds = {f.name: str(f.db_type(connection)) for f in History._meta.local_concrete_fields}
    columns = (("n", "int"), *((f"f_{f.column}", str(f.db_type(connection))) for f in sent),
               *((f"h_{name}", kinds[name]) for name in TOLD),
               ("e_area", "text"), ("e_unit", "bigint"), ("e_payload", "jsonb"))
    rows = f"jsonb_to_recordset(%s::jsonb) AS r({', '.join(f'{quote(n)} {kind}' for n, kind in columns)})"
    values = ", ".join(quote(f"f_{f.column}") if f.name in given else _constant(f) for f in fields)
    name, act, event = (_literal(text) for text in (register.name, verb, f"{register.name}.{verb}"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [meta.db_table])
        sequence = _literal(cursor.fetchone()[0])
    return Plan(f"""
WITH opened AS MATERIALIZED (SELECT set_config('gezhi.door', 'open', true) AS door),
given AS MATERIALIZED (SELECT nextval({sequence}::regclass) AS id, r.*
  FROM opened, {rows} WHERE door = 'open'),
made AS (INSERT INTO {quote(meta.db_table)} (id, {", ".join(quote(str(f.column)) for f in fields)})
  SELECT id, {values} FROM given {f"ON CONFLICT {conflict} DO NOTHING" if conflict else ""} RETURNING id),
told AS (INSERT INTO kernel_history (register, seq, verb, record_id, {", ".join(TOLD)})
  SELECT {name}, 1, {act}, id, {", ".join(f"h_{column}" for column in TOLD)} FROM given JOIN made USING (id)),
sent AS (INSERT INTO kernel_event (kind, register, record_id, at, area_code, unit_id, payload)
  SELECT {event}, {name}, id, h_at, e_area, e_unit, e_payload FROM given JOIN made USING (id))
SELECT n, id FROM given JOIN made USING (id)""", rows, columns, sent)


def _given(model: type[Record], record: Record) -> frozenset[str]:
    """Names of the fields whose value is not their default, so that it must be sent."""
    now, known = record.__dict__, blank(model)
    return known.stored - {name for name, at in known.attributes if now[at] == known.plain[at]}


def _literal(value: Any) -> str:
    connection.ensure_connection()
    return psycopg.ClientCursor(connection.connection).mogrify("%s", [value]).replace("%", "%%")


def _constant(field: models.Field) -> str:
    """A field's default as SQL; the column it goes into gives it its type."""
    value = field.get_db_prep_save(field.get_default(), connection)
    return "NULL" if value is None else _literal(value)


def _plain(value: Any) -> Any:
    """What JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, Jsonb):
        return value.obj
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not sent by the fast path")


def send(one: Plan, rows: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Write rows in one statement on this thread's connection; the ids of those made, by position."""
    text = orjson.dumps([{"n": n, **row} for n, row in enumerate(rows)], _plain, orjson.OPT_NON_STR_KEYS).decode()
    connection.ensure_connection()
    # Django's own cursors write parameters into the text, which PostgreSQL then has to parse and plan anew each time
    with connection._prepare_cursor(psycopg.Cursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(one.sql, [text])
        return dict(cursor.fetchall())


@dataclass(eq=False, slots=True)
class _Seat:
    """A row that waits; its thread sleeps at the gate until it is written, or has to lead."""

    row: dict[str, Any]
    gate: threading.Lock = field(default_factory=threading.Lock)
    leads: bool = False
    sent: bool = False
    made: int | None = None
    error: Exception | None = None


class Convoy:
    """The rows of one plan in one process: one statement at a time, sent by one of those who wait."""

    def __init__(self, one: Plan) -> None:
        self.plan = one
        self.lock = threading.Lock()
        self.waiting: deque[_Seat] = deque()
        self.under_way = False

    def carry(self, row: dict[str, Any]) -> int | None:
        """Write a row, with whatever else waits; its id, or ``None`` where it clashed.

        Raises:
            What the statement raised for this row; the rows that travelled with it are not harmed by it.
        """
        seat = _Seat(row)
        with self.lock:
            seat.leads = not self.under_way
            self.under_way = True
            if not seat.leads:
                seat.gate.acquire()
                self.waiting.append(seat)
        if not seat.leads:
            seat.gate.acquire()  # whoever leads opens it
        if seat.leads:
            self._lead(seat)
        if not seat.sent:
            raise seat.error or OperationalError("the row was given up by the thread that carried it")
        return seat.made

    def _lead(self, seat: _Seat) -> None:
        """Send one's own row and those that wait; then let the next one lead."""
        with self.lock:
            seats = [seat, *(self.waiting.popleft() for _ in range(min(len(self.waiting), MOST - 1)))]
        try:
            self._write(seats)
        finally:
            with self.lock:
                following = self.waiting.popleft() if self.waiting else None
                self.under_way = following is not None
            if following is not None:
                following.leads = True
                following.gate.release()
            for one in seats[1:]:
                one.gate.release()

    def _write(self, seats: Sequence[_Seat]) -> None:
        try:
            made = send(self.plan, [seat.row for seat in seats])
        except (IntegrityError, DataError) as error:  # one row is wrong and nothing was written: each for itself
            if len(seats) == 1:
                seats[0].error = error
            else:
                for seat in seats:
                    self._write([seat])
        except Exception as error:  # nobody knows what was written; each sender is told so, and may repeat
            for seat in seats:
                seat.error = OperationalError(*error.args) if seat is not seats[0] else error
        else:
            for n, seat in enumerate(seats):
                seat.made, seat.sent = made.get(n), True


@lru_cache(maxsize=256)
def convoy(model: type[Record], verb: str, conflict: str, given: frozenset[str]) -> Convoy:
    """The one convoy of records of that kind (see :func:`plan`)."""
    return Convoy(plan(model, verb, conflict, given))


def inside() -> bool:
    """Whether a door is open in this task, so that :func:`insert_one` must not be used."""
    return _current.get() is not None


def insert_one(actor: Actor, model: type[R], values: Mapping[str, Any], *, verb: str, conflict: str = "",
               payload: Mapping[str, Any] | None = None, session: Session | None = None,
               checked: frozenset[str] = frozenset()) -> tuple[R, bool]:
    """Create one record in one statement: the hot path of intake.

    Does what :meth:`Session.create` does, for registers without hooks, in a single round trip and its own
    transaction, which it may share with other rows of the kind. With ``conflict`` (a unique index's inference, e.g.
    ``(source, source_key) WHERE …``) a repeated record writes nothing.

    Args:
        checked: names whose values the caller has read by kinds that ask for the same as the record's own.

    Returns:
        The record and whether it was made; a repeated one has no id.
    """
    register: Register | None = registry.register_of(model)
    assert register is not None
    if registry.hooks_of(register.name) or inside():
        raise RuntimeError(f"{register.name}: the fast path is for registers without hooks, outside a session")
    session = session or Session(actor)
    session.permit(register, verb)
    record = fresh(model, created_at=session.now, updated_at=session.now)
    changed = _assign(register, record, values)
    session._check(register, record, changed, fresh=True, checked=checked)
    changes = {n: [None, v] for n, v in _told(register, record, changed).items()}
    told = session._history(register, record, verb, changes, "", target=_state(register, record)).__dict__
    session.histories.clear()
    mine = convoy(model, verb, conflict, _given(model, record))
    now = record.__dict__
    row = {f"f_{f.column}": writer(f)(now[f.attname]) for f in mine.plan.fields}
    row |= {f"h_{name}": told[name] for name in TOLD}
    row |= {"e_area": (now.get(register.area_field) or "") if register.area_field else "", "e_unit": now.get("unit_id"),
            "e_payload": dict(payload or {})}
    if connection.in_atomic_block:  # what the caller began must end with it
        made = send(mine.plan, [row]).get(0)
    else:
        made = mine.carry(row)
    if made is None:
        return record, False
    record.pk, record._state.adding = made, False
    return record, True

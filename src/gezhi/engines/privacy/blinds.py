"""Changing the key of the blind indexes while the city works: another column beside each, then one exchange of all.

Rows of one table under two keys would hide duplicates from a unique constraint and tear the ways between tables that
meet by equal indexes. So no row ever changes alone: beside each index a second column is filled batch by batch, which
nobody reads; its own indexes and constraints are built beside the old ones; and when all is there, one short
transaction puts the new columns in the place of the old, in every table at once, and says so in the database
(:mod:`gezhi.kernel.blinding`). Before it everything is found under the old key, after it under the new one; whoever
looks meanwhile looks under both, whoever writes holds the exchange up until they are done.

Nothing is remembered outside the tables: stopped anywhere, the next run goes on from what it finds.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

from gezhi.kernel import blinding, seal
from gezhi.kernel.door import OPEN
from gezhi.kernel.fields import BlindField
from gezhi.kernel.records import Counter
from gezhi.kernel.registry import registry

from .rotation import BATCH, Table, _note

FEW = 200
"""Rows left over by a pass that the exchange itself may fill in."""
WAIT, TRIES = "3s", 40
"""How long the exchange waits for others at work before it lets them go first, and how often it tries."""
LATE = dt.timedelta(minutes=1)
"""How far back before the exchange rows are looked at once more."""
Say = Callable[[str, int], object]


@dataclass(frozen=True)
class Blinded:
    """Blind indexes that stand in no column of their own (fields a city adds).

    Args:
        name: told to the operator.
        left: how many are not under the key of that number.
        carry: carries them on to it, a batch at a time; returns how many.
    """

    name: str
    left: Callable[[int], int]
    carry: Callable[[int], int]
    DECLARATION: bool = True


@dataclass(frozen=True)
class Column:
    """A blind index, and the two columns beside it while its key changes."""

    model: type[models.Model]
    name: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def next(self) -> str:
        """What comes in its place."""
        return f"{self.name}_next"

    @property
    def of(self) -> str:
        """What that was made from: where it is no longer the index itself, the row was changed since."""
        return f"{self.name}_of"


def columns() -> list[Column]:
    """Every blind index of the house."""
    return [Column(model, str(f.column)) for model in apps.get_models() if model._meta.managed
            for f in model._meta.local_concrete_fields if isinstance(f, BlindField)]


def left() -> list[tuple[str, int]]:
    """Where indexes lie that are not under the newest key, and how many."""
    number = seal.newest()
    key, before = blinding.stored()
    out = []
    for column in columns() if key != number else ():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count({_q(column.name)}) FROM {_q(column.table)}")
            out.append((f"{column.table}.{column.name}", cursor.fetchone()[0]))
    for other in registry.of(Blinded) if (key, before) != (number, number) else ():
        out.append((other.name, other.left(number)))
    return out


def rotate(say: Say = lambda _name, _done: None, batch: int = BATCH, most: int | None = None) -> int:
    """Carry all blind indexes on to the newest key. Returns how many values were.

    Args:
        say: told a place's name and how many of it are done, after each batch.
        most: stop after so many rows, before the exchange (a later call goes on).
    """
    number = seal.newest()
    for name in (blinding.KEY, blinding.BEFORE):
        Counter.objects.get_or_create(key=name)
    old, before = blinding.stored()
    if old == before == number:
        return 0
    _noticed()
    total = 0
    if old != number:
        counts = _prepare(old, number, say, batch, most)
        total = sum(counts.values())
        if most is not None and total >= most:
            return total
        since = timezone.now() - LATE
        _patiently(lambda: _exchange(old, number))
        for column in columns():
            _mend(column, number, since)
        for model, count in counts.items():
            _note(Table(model, ()), number, count)
    for other in registry.of(Blinded):
        done = other.carry(number)
        total += done
        say(other.name, done)
    Counter.objects.filter(key=blinding.BEFORE).update(value=number)
    blinding.stored()
    return total


def _noticed() -> None:
    """Wait until every process has looked into the key file since it was changed."""
    path = getattr(settings, "GEZHI_KEY_FILE", "")
    if path and Path(path).exists():
        time.sleep(max(0.0, 2 * seal.AGAIN - (time.time() - Path(path).stat().st_mtime)))


# -- the second column -------------------------------------------------------------------------------------
def _prepare(old: int, number: int, say: Say, batch: int, most: int | None) -> dict[type[models.Model], int]:
    """Fill the second columns and build their indexes; values done, by table."""
    counts: dict[type[models.Model], int] = {}
    total = 0
    for column in columns():
        _patiently(lambda column=column: _run(  # type: ignore[misc]
            f"ALTER TABLE {_q(column.table)} ADD COLUMN IF NOT EXISTS {_q(column.next)} bytea, "
            f"ADD COLUMN IF NOT EXISTS {_q(column.of)} bytea"))
    for column in columns():
        name = f"{column.table}.{column.name}"
        while True:
            done = 0
            for count in _pass(column, old, number, batch, None if most is None else most - total):
                done, total = done + count, total + count
                counts[column.model] = counts.get(column.model, 0) + count
                say(name, done)
            if most is not None and total >= most:
                return counts
            if done <= FEW:
                break
    for column in columns():
        for twin in _twins(column):
            twin.build()
        _run(f"ANALYZE {_q(column.table)} ({_q(column.next)})")
    return counts


def _pass(column: Column, old: int, number: int, batch: int, most: int | None) -> Iterator[int]:
    """Fill the second column of what has none or an outdated one, from the first row to the last; rows a batch."""
    pk, after = _q(str(column.model._meta.pk.column)), 0
    with transaction.atomic(), connection.cursor() as cursor:
        _void(cursor, column)
    while most is None or most > 0:
        size = batch if most is None else min(batch, most)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {pk}, {_q(column.name)} FROM {_q(column.table)} WHERE {pk} > %s AND "
                           f"{_stale(column)} ORDER BY {pk} LIMIT %s FOR UPDATE", [after, size])
            rows = cursor.fetchall()
            if rows:
                _fill(cursor, column, rows, old, number)
        if not rows:
            return
        after, most = rows[-1][0], None if most is None else most - len(rows)
        yield len(rows)


def _stale(column: Column) -> str:
    return f"{_q(column.of)} IS DISTINCT FROM {_q(column.name)}"


def _void(cursor: Any, column: Column) -> None:
    """Take away what was made from a value that is there no longer: it may be somebody else's now, and is unique."""
    cursor.execute(OPEN)
    cursor.execute(f"UPDATE {_q(column.table)} SET {_q(column.next)} = NULL, {_q(column.of)} = NULL "
                   f"WHERE {_q(column.of)} IS NOT NULL AND {_stale(column)}")


def _fill(cursor: Any, column: Column, rows: list[Any], old: int, number: int) -> None:
    made = [None if value is None else seal.carried(bytes(value), old, number) for _pk, value in rows]
    cursor.execute(OPEN)
    cursor.execute(f"UPDATE {_q(column.table)} t SET {_q(column.next)} = v.made, {_q(column.of)} = t.{_q(column.name)} "
                   f"FROM unnest(%s::bigint[], %s::bytea[]) AS v(pk, made) "
                   f"WHERE t.{_q(str(column.model._meta.pk.column))} = v.pk", [[pk for pk, _value in rows], made])


# -- its indexes -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Twin:
    """An index of the second column in the image of one of the first, and the constraint it serves, if any."""

    name: str
    made: str
    definition: str
    table: str
    constraint: bool

    def build(self) -> None:
        """Build it beside the writers' work; one that was broken off is there, and of no use."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass(%s)", [self.made])
            found = cursor.fetchone()
        if found and found[0]:
            return
        beside = "" if connection.in_atomic_block else "CONCURRENTLY"  # PostgreSQL cannot inside a transaction
        _run(f"DROP INDEX IF EXISTS {_q(self.made)}")
        _run(re.sub(r"^CREATE (UNIQUE )?INDEX ", lambda m: f"{m[0]}{beside} ", self.definition))


def _twins(column: Column) -> list[Twin]:
    """The indexes that name the column, worded for the second one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid), EXISTS (SELECT 1 FROM pg_constraint k "
            "WHERE k.conindid = i.indexrelid AND k.contype = 'u') FROM pg_index i JOIN pg_class c ON c.oid = "
            "i.indexrelid WHERE i.indrelid = to_regclass(%s) ORDER BY 1", [_q(column.table)])
        rows = cursor.fetchall()
    out, word = [], re.compile(rf"\b{re.escape(column.name)}\b")
    for name, definition, constraint in rows:
        keyed = definition[definition.index(" USING "):]
        if word.search(keyed):
            made = f"{name[:58]}_next"
            text = definition[:definition.index(" USING ")].replace(name, made, 1) + word.sub(column.next, keyed)
            out.append(Twin(name, made, text, column.table, constraint))
    return out


# -- the exchange ------------------------------------------------------------------------------------------
def _exchange(old: int, number: int) -> None:
    """All columns at once; whoever holds a number for writing is waited for first."""
    with connection.cursor() as cursor:
        blinding.stored("FOR UPDATE")
        found = columns()
        tables = ", ".join(sorted({_q(column.table) for column in found}))
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        for column in found:
            _last(cursor, column, old, number)
            twins = _twins(column)
            cursor.execute(f"ALTER TABLE {_q(column.table)} DROP COLUMN {_q(column.name)}, DROP COLUMN {_q(column.of)}")
            cursor.execute(f"ALTER TABLE {_q(column.table)} RENAME COLUMN {_q(column.next)} TO {_q(column.name)}")
            for twin in twins:
                cursor.execute(
                    f"ALTER TABLE {_q(twin.table)} ADD CONSTRAINT {_q(twin.name)} UNIQUE USING INDEX {_q(twin.made)}"
                    if twin.constraint else f"ALTER INDEX {_q(twin.made)} RENAME TO {_q(twin.name)}")
        cursor.execute("UPDATE kernel_counter SET value = %s WHERE key = %s", [number, blinding.KEY])
    blinding.stored()


def _last(cursor: Any, column: Column, old: int, number: int) -> None:
    """What was written since the last pass; few rows."""
    _void(cursor, column)
    pk = _q(str(column.model._meta.pk.column))
    cursor.execute(f"SELECT {pk}, {_q(column.name)} FROM {_q(column.table)} WHERE {_stale(column)}")
    if rows := cursor.fetchall():
        _fill(cursor, column, rows, old, number)


def _mend(column: Column, number: int, since: dt.datetime) -> None:
    """Rows written in one statement hold no number: those of the moment of the exchange are looked at once more."""
    names = {f.name for f in column.model._meta.concrete_fields}
    field: Any = next(f for f in column.model._meta.concrete_fields if f.column == column.name)
    if "updated_at" not in names:
        return
    manager: Any = column.model._default_manager
    for pk, value, index in manager.filter(updated_at__gte=since).values_list("pk", field.of, field.name):
        right = seal.blind(value, number) if value else None
        if right != (bytes(index) if index is not None else None):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(OPEN)
                cursor.execute(f"UPDATE {_q(column.table)} SET {_q(column.name)} = %s "
                               f"WHERE {_q(str(column.model._meta.pk.column))} = %s", [right, pk])


def _patiently(work: Callable[[], object]) -> None:
    """Try again while somebody else is at work in the tables; nobody waits for us longer than :data:`WAIT`."""
    for left_ in range(TRIES, 0, -1):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
                work()
            return
        except OperationalError as error:
            if "lock timeout" not in str(error) or left_ == 1:
                raise
            time.sleep(0.5)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _q(name: str) -> str:
    return connection.ops.quote_name(name)

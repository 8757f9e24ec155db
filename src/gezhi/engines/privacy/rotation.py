"""Changing the key of field encryption: every sealed value is opened and sealed again under the newest key.

The first byte of a ciphertext names its key, so nothing has to be remembered about how far the work has come: what
carries another number is still to do. It may be stopped at any time and begun again, while the city works. The blind
indexes, which are no ciphertexts, change their key by a way of their own (``blinds``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.fields import SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registry import registry

BATCH = 2000


@dataclass(frozen=True)
class Sealed:
    """Sealed values that stand in no :class:`SealedField` (secrets of second factors).

    Args:
        name: told to the operator.
        left: how many are not under the key of that number.
        reseal: seals them anew, a batch at a time; returns how many.
    """

    name: str
    left: Callable[[int], int]
    reseal: Callable[[int], int]
    DECLARATION: bool = True


@dataclass(frozen=True)
class Table:
    """A table with sealed columns, and how many of its rows are not under the newest key."""

    model: type[models.Model]
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def stale(self) -> str:
        """SQL condition: some value carries another key's number."""
        return " OR ".join(f"substring({_q(c)} from 1 for 1) <> %(key)s" for c in self.columns)

    def left(self, number: int) -> int:
        """Rows still to be done."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {_q(self.name)} WHERE {self.stale()}", {"key": bytes([number])})
            return cursor.fetchone()[0]


def _q(name: str) -> str:
    return connection.ops.quote_name(name)


def tables() -> Iterator[Table]:
    """Every table with sealed columns."""
    for model in apps.get_models():
        columns = tuple(str(f.column) for f in model._meta.local_concrete_fields if isinstance(f, SealedField))
        if columns and model._meta.managed:
            yield Table(model, columns)


def status() -> list[tuple[str, int]]:
    """Name of every place with sealed values, and how many there are not under the newest key."""
    number = seal.newest()
    return [*((t.name, t.left(number)) for t in tables()), *((s.name, s.left(number)) for s in registry.of(Sealed))]


def rotate(say: Callable[[str, int], object] = lambda _name, _done: None, batch: int = BATCH,
           most: int | None = None) -> int:
    """Seal everything anew under the newest key. Returns how many rows were done.

    Args:
        say: told a place's name and how many rows of it are done, after each batch.
        most: stop after so many rows (a later call goes on).
    """
    number, total = seal.newest(), 0
    for table in tables():
        done, after = 0, 0
        while most is None or total < most:
            count, after = _some(table, number, after, batch if most is None else min(batch, most - total))
            if not count:
                break
            done, total = done + count, total + count
            say(table.name, done)
        _note(table, number, done)
    for sealed in registry.of(Sealed):
        if most is None or total < most:
            total += sealed.reseal(number)
    return total


def _some(table: Table, number: int, after: int, batch: int) -> tuple[int, int]:
    """One batch in a transaction of its own: how many rows, and the last key seen."""
    pk, names = _q(str(table.model._meta.pk.column)), [_q(c) for c in table.columns]
    params: dict[str, Any] = {"key": bytes([number]), "after": after, "batch": batch}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {pk}, {', '.join(names)} FROM {_q(table.name)} WHERE {pk} > %(after)s AND "
                       f"({table.stale()}) ORDER BY {pk} LIMIT %(batch)s FOR UPDATE", params)
        rows = cursor.fetchall()
        if not rows:
            return 0, after
        keys = [row[0] for row in rows]
        values = {f"c{n}": [_anew(row[n + 1], number) for row in rows] for n in range(len(names))}
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        arrays = ", ".join(f"%({n})s::bytea[]" for n in values)
        sets = ", ".join(f"{name} = v.c{n}" for n, name in enumerate(names))
        cursor.execute(f"UPDATE {_q(table.name)} t SET {sets} FROM unnest(%(pks)s::bigint[], {arrays}) "
                       f"AS v(pk, {', '.join(values)}) WHERE t.{pk} = v.pk", {**values, "pks": keys})
    return len(rows), keys[-1]


def _anew(value: Any, number: int) -> bytes | None:
    """A ciphertext under the newest key; what is under it already, or empty, as it is."""
    if value is None:
        return None
    blob = bytes(value)
    return blob if blob[:1] == bytes([number]) else seal.encrypt(seal.decrypt(blob))


def _note(table: Table, number: int, done: int) -> None:
    """The act on the register as a whole, in the history; the values did not change."""
    register = registry.register_of(table.model) if done and issubclass(table.model, Record) else None
    if register is not None:
        with door(SYSTEM) as session:
            session.log(register, "rotate", {"count": done, "key": number})

"""The bulk door: the same guarantees as the door, fewer round trips."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, router
from psycopg.types.json import Jsonb

from . import seal
from .actors import Actor
from .copying import copy_in
from .door import R, Session, _assign, _told, sealed_row
from .errors import Refused
from .fresh import fresh
from .records import History, Record
from .registers import Register
from .registry import registry


def bulk_create(session: Session, model: type[R], rows: Iterable[Mapping[str, Any]], *, verb: str = "import",
                opinion: str = "", batch: int | None = None, size: int = 2000, check: bool = True) -> list[R]:
    """Create many records with one history row and one event for the whole batch.

    The caller's actor must hold ``register.verb`` on every row's area and unit; with ``check`` each row is
    validated as by the door (the first wrong row raises :class:`Invalid` and nothing is written).

    Returns:
        The records with their ids.
    """
    register = registry.register_of(model)
    assert register is not None
    session.permit(register, verb)
    records = []
    for values in rows:
        record = fresh(model, created_at=session.now, updated_at=session.now)
        changed = _assign(register, record, values)
        if check:
            session._check(register, record, changed, fresh=True)
            if session.actor.kind != "system":
                session.permit(register, verb, record)
        records.append(record)
    session.open()
    qs: models.QuerySet[Any] = models.QuerySet(model, using=router.db_for_write(model))
    for start in range(0, len(records), size):
        qs.bulk_create(records[start:start + size], batch_size=size)
    if records:
        head = records[0]
        ids = {"count": len(records), "first": records[0].pk, "last": records[-1].pk}
        row = session._history(register, _Batch(head.pk), f"{verb}_batch", ids, opinion)
        row.batch = batch or head.pk
        session.emit(f"{register.name}.{verb}_batch", head, ids, register)
    return records


def insert_select(session: Session, model: type[R], columns: Mapping[str, str], source: str,
                  params: Mapping[str, Any], *, verb: str, event: str = "", opinion: str = "") -> int:
    """Create as many records as a statement selects, without reading them: one history row for the batch.

    What would break a unique constraint is left out. The system only: nobody is asked about single rows.

    Args:
        columns: column to SQL over ``source``, for all columns but those every record has.
        source: ``FROM …`` with its conditions.
        params: by name (``%(now)s`` is given).
        event: a ``SELECT at, kind, register, record_id, area_code, unit_id, payload FROM made`` that turns new rows
            (``made``, with all their columns) into events; ``""`` for none.

    Returns:
        How many were made.
    """
    if session.actor.kind != "system":
        raise Refused
    register = registry.register_of(model)
    assert register is not None
    given = {**columns, "version": "1", "created_at": "%(now)s", "updated_at": "%(now)s", "custom": "'{}'::jsonb"}
    quote = connection.ops.quote_name
    sent = ("INSERT INTO kernel_event (at, kind, register, record_id, area_code, unit_id, payload) "
            f"{event}") if event else "SELECT 1"
    session.open()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH made AS (INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, given))}) "
            f"SELECT {', '.join(given.values())} {source} ON CONFLICT DO NOTHING RETURNING *), "
            f"sent AS ({sent}{' RETURNING 1' if event else ''}) SELECT count(*), min(id), max(id) FROM made",
            {**params, "now": session.now})
        count, first, last = cursor.fetchone()
    if count:
        row = session._history(register, _Batch(first), f"{verb}_batch",
                               {"count": count, "first": first, "last": last}, opinion)
        row.batch = first
    return count


def bulk_change(session: Session, rows: Iterable[tuple[Record, Mapping[str, Any]]], *, verb: str, opinion: str = "",
                size: int = 500) -> int:
    """Change many records of one register: a history row each, so that every chain stays whole, and one event.

    The caller has permitted it, has locked the records as they stand now (``select_for_update``) and answers for
    the values: they are saved as given, without :meth:`Register.clean`. Hooks run as for single changes.

    Returns:
        How many records were changed.
    """
    pairs = list(rows)
    if not pairs:
        return 0
    head = pairs[0][0]
    register = registry.register_of(type(head))
    assert register is not None
    names: set[str] = set()
    for record, values in pairs:
        before = _told(register, record, values)
        changed = _assign(register, record, values)
        after = _told(register, record, values)
        told = {n: [before.get(n), after.get(n)] for n in sorted(changed) if before.get(n) != after.get(n)}
        record.version += 1
        record.updated_at = session.now
        session._history(register, record, verb, told, opinion)
        names |= changed
    qs: models.QuerySet[Any] = models.QuerySet(type(head), using=router.db_for_write(type(head)))
    columns = [*(names - register.customs.keys()), "version", "updated_at", "seal"]
    qs.bulk_update([record for record, _values in pairs], columns, batch_size=size)
    facts = {"count": len(pairs), "ids": [r.pk for r, _v in pairs]}
    session.emit(f"{register.name}.{verb}_batch", head, facts, register)
    for record, values in pairs:
        for hook in registry.hooks_of(register.name):
            hook.run(session, record, verb, set(values))
    return len(pairs)


class _Batch:
    """Stands for the batch as a whole in history."""

    version, seal = 1, None

    def __init__(self, pk: int) -> None:
        self.pk = pk


@dataclass(frozen=True, slots=True)
class Step:
    """One past act on a record, for :func:`bulk_past`.

    Attributes:
        changes: facts for history as they are.
        values: fields the act set, by name; history tells them as the door does, sensitive ones masked.
    """

    verb: str
    at: dt.datetime
    actor: Actor
    source: str = ""
    target: str = ""
    opinion: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def _lived(register: Register, record: Record, number: int, step: Step, changed: set[str]) -> dict[str, Any]:
    """Set what an act set; what history tells of it."""
    before = _told(register, record, step.values) if number > 1 else {}
    names = _assign(register, record, step.values)
    changed |= names
    after = _told(register, record, names)
    if number == 1:
        return {**{n: [None, v] for n, v in after.items()}, **step.changes}
    told = {n: [before.get(n), after.get(n)] for n in sorted(names) if before.get(n) != after.get(n)}
    return {**told, **step.changes}


def bulk_past(session: Session, model: type[R], items: Sequence[tuple[Mapping[str, Any], Sequence[Step]]], *,
              check: bool = True) -> list[R]:
    """Create records that have already lived: each with its final values and its whole, sealed history.

    For archives taken over from another system and for the demo city. The system only. One event a batch.

    Args:
        items: values by field name, and the acts in order of time (at least one).
        check: validate each record as the door does; without, the caller answers for values that are whole and sound.

    Raises:
        Refused: the actor is not the system. Invalid: nothing was written.
    """
    if session.actor.kind != "system":
        raise Refused
    register = registry.register_of(model)
    assert register is not None
    records, rows = [], []
    for values, steps in items:
        record = fresh(model, created_at=steps[0].at, updated_at=steps[-1].at, version=len(steps))
        changed: set[str] = set()
        whole = len(steps) == 1 and bool(steps[0].values)
        if whole:
            changed |= _assign(register, record, steps[0].values)
        else:
            told = [_lived(register, record, n, step, changed) if step.values else dict(step.changes)
                    for n, step in enumerate(steps, 1)]
        changed |= _assign(register, record, values)
        if check:
            session._check(register, record, changed, fresh=True)
        else:
            register.derive(record, changed, fresh=True)
        if whole:  # what the check filled in was part of that one act
            told = [{**{n: [None, v] for n, v in _told(register, record, changed).items()}, **steps[0].changes}]
        elif not any(step.values for step in steps):
            told[-1] = {**_ended(register, record, changed), **told[-1]}
        previous = seal.GENESIS
        for number, (step, facts) in enumerate(zip(steps, told, strict=True), 1):
            row = fresh(History, at=step.at, register=register.name, seq=number, verb=step.verb, source=step.source,
                        target=step.target, actor_kind=step.actor.kind, actor_name=step.actor.name[:80],
                        user_id=step.actor.user_id, post_id=step.actor.post_id, unit_id=step.actor.unit_id,
                        via=step.actor.via, opinion=step.opinion, changes=facts)
            row.seal = previous = seal.chain(previous, sealed_row(row))
            rows.append((record, row))
        record.seal = previous
        records.append(record)
    if not records:
        return []
    session.open()
    copy_in(model, records)
    names = [f.name for f in History._meta.concrete_fields if f.name != "id"]
    with connection.cursor() as cursor, cursor.copy(
            f"COPY kernel_history ({', '.join(names)}) FROM STDIN") as copy:
        for record, row in rows:
            row.record_id = record.pk
            copy.write_row([Jsonb(row.changes) if n == "changes" else getattr(row, n) for n in names])
    session.emit(f"{register.name}.past_batch", records[0], {"count": len(records)}, register)
    return records


def _ended(register: Register, record: R, changed: set[str]) -> dict[str, Any]:
    """What an archive that does not tell its acts field by field says of the end: all but long texts and lists.

    So that the log alone says what became of the record (assessment is counted from the log).
    """
    names = {n for n in changed if not isinstance(register.kinds[n].field, models.TextField | models.JSONField)}
    return {n: [None, v] for n, v in _told(register, record, names).items()}

"""Reading the outbox in order, without skipping what commits late and without NOTIFY."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import structlog
from django.db import connection, transaction

from .events import Consumer
from .records import Cursor, DeadEvent, Event

log = structlog.get_logger(__name__)
MOST = 3200
"""Events that a consumer is handed at once at most."""
QUICK, SLOW = 0.05, 0.5
"""Seconds for a full batch below which the next is larger, and above which it is small again."""

# xid is read as it is: cast to text under its own name it would be sorted as text, 100 before 99, and the reader
# would pass over what it has not read.
_SQL = """
SELECT id, xid, at, kind, register, record_id, area_code, unit_id, payload FROM kernel_event
WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8
ORDER BY xid, id LIMIT %s"""
_OUTLINE = """
SELECT id, xid::text AS xid_text, kind, payload = '{}' FROM kernel_event
WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8
ORDER BY xid, id LIMIT %s"""

# Running transactions of this database alone: a long one in a neighbour's database on the same server must not
# hold our events back, as pg_snapshot_xmin would. backend_xid has 32 bits; xmax gives the upper half.
_HORIZON = """
WITH now AS (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS xmax),
running AS (
  SELECT floor(xmax / 4294967296) * 4294967296 + backend_xid::text::numeric AS xid, xmax
  FROM now, pg_stat_activity
  WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid())
SELECT least(now.xmax, (SELECT min(CASE WHEN xid - xmax > 2147483648 THEN xid - 4294967296
                                        WHEN xmax - xid > 2147483648 THEN xid + 4294967296 ELSE xid END)
                        FROM running)) FROM now"""


def horizon() -> int:
    """Every transaction of this database below this number has ended.

    Must be asked in a statement of its own before the events are read (READ COMMITTED): what it saw ended is
    then visible. Sees the running transactions of the application's own role.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        return int(cursor.fetchone()[0])


def read(xid: int, event_id: int, limit: int = 500) -> list[Event]:
    """Events after ``(xid, event_id)`` whose transactions, and all before them, have ended."""
    return list(Event.objects.raw(_SQL, [str(int(xid)), event_id, str(horizon()), limit]))


@dataclass(frozen=True, slots=True)
class _Batch:
    """What comes next in the outbox, as consumers choose from it: most of a flood concerns none of them.

    Args:
        outline: id, transaction, kind and whether the payload is empty, in order.
        sorts: the kinds among them, each with and without a payload.
        known: the whole events that somebody wanted, by id.
    """

    outline: list[tuple[int, str, str, bool]]
    sorts: frozenset[tuple[str, bool]]
    known: dict[int, Event]

    def wanted(self, consumer: Consumer) -> list[Event]:
        """Those for a consumer, in order."""
        sorts = {sort for sort in self.sorts if consumer.wants(*sort)}
        if not sorts:
            return []
        ids = [pk for pk, _xid, kind, bare in self.outline if (kind, bare) in sorts]
        missing = [pk for pk in ids if pk not in self.known]
        if missing:
            self.known.update(Event.objects.in_bulk(missing))
        return [self.known[pk] for pk in ids if pk in self.known]


def _outlined(place: tuple[int, int], limit: int) -> _Batch:
    with connection.cursor() as cursor:
        cursor.execute(_OUTLINE, [str(place[0]), place[1], str(horizon()), limit])
        rows = cursor.fetchall()
    return _Batch(rows, frozenset((kind, bare) for _id, _xid, kind, bare in rows), {})


def head() -> tuple[int, int]:
    """The place behind the newest readable event: where a new listener starts."""
    below = horizon()
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid, id FROM kernel_event WHERE xid < %s::text::xid8 "
                       "ORDER BY xid DESC, id DESC LIMIT 1", [str(below)])
        row = cursor.fetchone()
    return (int(row[0]), row[1]) if row else (0, 0)


def place_of(event_id: int) -> tuple[int, int]:
    """The place of an event by id (``Last-Event-ID``), or the head if it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid, id FROM kernel_event WHERE id = %s", [event_id])
        row = cursor.fetchone()
    return (int(row[0]), row[1]) if row else head()


def relay(consumers: Sequence[Consumer], *, limit: int = 200, alive: Callable[[], bool] = lambda: True) -> int:
    """Let every consumer read once. Returns how many events were handled.

    Consumers that stand at the same place share one reading; one that stands at the head costs nothing. Who is quick
    with a full batch is handed a larger one the next time, so that a flood of events that concern nobody (an import)
    does not keep others waiting.

    Args:
        limit: events handed to a consumer at once, to begin with.
    """
    places = {name: (int(xid), at) for name, xid, at in Cursor.objects.values_list("consumer", "xid", "event_id")}
    batches: dict[tuple[int, int, int], _Batch] = {}
    done = 0
    for consumer in consumers:
        if not alive():
            break
        place = places.get(consumer.name)
        if place is None:
            cursor, _made = Cursor.objects.get_or_create(consumer=consumer.name)
            place = (int(cursor.xid), cursor.event_id)
        size = max(limit, _sizes.get(consumer.name, 0))
        if (*place, size) not in batches:
            batches[*place, size] = _outlined(place, size)
        batch = batches[*place, size]
        if batch.outline:
            begin = time.monotonic()
            done += _feed(consumer, place, batch)
            took = time.monotonic() - begin
            more = len(batch.outline) == size  # and so probably waiting
            _sizes[consumer.name] = limit if not more or took > SLOW else min(MOST, size * 2) if took < QUICK else size
    return done


_sizes: dict[str, int] = {}
"""How many events each consumer is handed at once."""


def _feed(consumer: Consumer, place: tuple[int, int], batch: _Batch) -> int:
    """One consumer, one transaction: lock its cursor, handle a batch, move the cursor.

    The batch is handled as one; when something in it fails it is undone and handled event by event. An event
    that fails is then rolled back alone and tried again later in order; after the last try it is put among the
    dead letters and the consumer goes on.
    """
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update(skip_locked=True).filter(pk=consumer.name).first()
        if cursor is None or (int(cursor.xid), cursor.event_id) != place:  # another worker feeds it
            return 0
        wanted, done = batch.wanted(consumer), len(batch.outline)
        if wanted and not _together(consumer, wanted) and (stuck := _singly(consumer, wanted)):
            done = next(n for n, row in enumerate(batch.outline) if row[0] == stuck)
        if done:
            cursor.event_id, xid = batch.outline[done - 1][:2]
            cursor.xid = Decimal(xid)
            cursor.save()
    return done


def _together(consumer: Consumer, events: list[Event]) -> bool:
    try:
        with transaction.atomic():
            consumer.take(events)
    except Exception as error:
        log.info("consumer_goes_singly", consumer=consumer.name, events=len(events), error=repr(error))
        return False
    return True


def _singly(consumer: Consumer, events: list[Event]) -> int:
    """Deal with events one by one; the id of the one that is to be tried again before any other, or 0."""
    return next((event.pk for event in events if not _handle(consumer, event)), 0)


_tries: dict[tuple[str, int], int] = {}


def _handle(consumer: Consumer, event: Event) -> bool:
    try:
        with transaction.atomic():
            consumer.take([event])
    except Exception as error:
        key = (consumer.name, event.pk)
        _tries[key] = _tries.get(key, 0) + 1
        log.exception("consumer_failed", consumer=consumer.name, event_id=event.pk, tries=_tries[key])
        if _tries[key] < consumer.tries:
            return False
        DeadEvent.objects.create(consumer=consumer.name, event_id=event.pk, error=repr(error), tries=_tries.pop(key))
    return True

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
"""Events that are looked at together, and that a consumer is handed at once, at most."""
QUICK, SLOW = 0.05, 0.5
"""Seconds for a full batch below which the next is larger, and above which it is small again."""

# xid is read as it is: cast to text under its own name it would be sorted as text, 100 before 99, and the reader
# would pass over what it has not read.
_SQL = """
SELECT id, xid, at, kind, register, record_id, area_code, unit_id, payload FROM kernel_event
WHERE (xid, id) > (%s::text::xid8, %s) AND xid < %s::text::xid8
ORDER BY xid, id LIMIT %s"""
_OUTLINE = """
SELECT kind, bare, count(*), max(ARRAY[xid, id]) FROM (
  SELECT xid::text::numeric, id, kind, payload = '{}' AS bare FROM kernel_event
  WHERE (kernel_event.xid, id) > (%s::text::xid8, %s) AND kernel_event.xid < %s::text::xid8
  ORDER BY kernel_event.xid, id LIMIT %s) next
GROUP BY kind, bare"""
_WANTED = """
SELECT id, xid, at, kind, register, record_id, area_code, unit_id, payload FROM kernel_event
WHERE (xid, id) > (%s::text::xid8, %s) AND (xid, id) <= (%s::text::xid8, %s) AND kind = ANY(%s)
ORDER BY xid, id"""
_ONWARD = """
UPDATE kernel_cursor SET xid = %s, event_id = %s, moved_at = now() WHERE consumer IN (
  SELECT consumer FROM kernel_cursor WHERE consumer = ANY(%s) AND (xid, event_id) = (%s, %s)
  FOR UPDATE SKIP LOCKED)"""

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


Place = tuple[int, int]
"""Transaction and id of an event: all before it have been read."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What comes next in the outbox, as consumers choose from it: most of a flood concerns none of them.

    Args:
        begin: behind which it begins.
        end: of its last event.
        sorts: how many events there are of each kind, with and without a payload.
        known: the whole events of kinds that somebody wanted, in order.
    """

    begin: Place
    end: Place
    sorts: dict[tuple[str, bool], int]
    known: dict[str, list[Event]]

    def __len__(self) -> int:
        return sum(self.sorts.values())

    def concerns(self, consumer: Consumer) -> bool:
        """Whether a consumer wants anything of it."""
        return any(consumer.wants(*sort) for sort in self.sorts)

    def wanted(self, consumer: Consumer) -> list[Event]:
        """Those for a consumer, in order."""
        sorts = {sort for sort in self.sorts if consumer.wants(*sort)}
        kinds = {kind for kind, _bare in sorts}
        if missing := sorted(kinds - self.known.keys()):
            self.known.update({kind: [] for kind in missing})
            for event in Event.objects.raw(_WANTED, [str(self.begin[0]), self.begin[1], str(self.end[0]), self.end[1],
                                                     missing]):
                self.known[event.kind].append(event)
        found = [e for kind in kinds for e in self.known[kind] if (kind, not e.payload) in sorts]
        return sorted(found, key=_place) if len(kinds) > 1 else found


def _place(event: Event) -> Place:
    return int(event.xid), event.pk


def _outlined(place: Place) -> _Batch:
    with connection.cursor() as cursor:
        cursor.execute(_OUTLINE, [str(place[0]), place[1], str(horizon()), MOST])
        rows = cursor.fetchall()
    ends = [(int(xid), int(pk)) for _kind, _bare, _count, (xid, pk) in rows]
    return _Batch(place, max(ends, default=place), {(kind, bare): count for kind, bare, count, _end in rows}, {})


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

    Consumers that stand at the same place share one reading, and those whom nothing of it concerns are moved on by one
    statement: a flood of events that concern nobody (an import) costs next to nothing and keeps nobody waiting. Who is
    quick with a full batch is handed a larger one the next time.

    Args:
        limit: events handed to a consumer at once, to begin with.
    """
    places = {name: (int(xid), at) for name, xid, at in Cursor.objects.values_list("consumer", "xid", "event_id")}
    batches: dict[Place, _Batch] = {}
    passing: dict[Place, list[str]] = {}
    done = 0
    for consumer in consumers:
        if not alive():
            break
        place = places.get(consumer.name)
        if place is None:
            cursor, _made = Cursor.objects.get_or_create(consumer=consumer.name)
            place = (int(cursor.xid), cursor.event_id)
        if place not in batches:
            batches[place] = _outlined(place)
        batch = batches[place]
        if not batch.sorts:
            continue
        if not batch.concerns(consumer):
            passing.setdefault(place, []).append(consumer.name)
            continue
        begin, size = time.monotonic(), max(limit, _sizes.get(consumer.name, 0))
        handled, more = _feed(consumer, batch, size)
        done += handled
        took = time.monotonic() - begin
        _sizes[consumer.name] = limit if not more or took > SLOW else min(MOST, size * 2) if took < QUICK else size
    return done + sum(_pass_by(batches[place], names) for place, names in passing.items())


_sizes: dict[str, int] = {}
"""How many events each consumer is handed at once."""


def _pass_by(batch: _Batch, names: list[str]) -> int:
    """Move consumers on whom nothing of a batch concerns; how many events they need not look at, taken together."""
    with connection.cursor() as cursor:
        cursor.execute(_ONWARD, [*batch.end, names, *batch.begin])
        return cursor.rowcount * len(batch)


def _feed(consumer: Consumer, batch: _Batch, size: int) -> tuple[int, bool]:
    """One consumer, one transaction: lock its cursor, handle what it wants of a batch, move the cursor.

    The events are handled as one; when something in them fails they are undone and handled one by one. An event
    that fails is then rolled back alone and tried again later in order; after the last try it is put among the
    dead letters and the consumer goes on.

    Returns:
        How many events it is done with, and whether it wants more of this batch.
    """
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update(skip_locked=True).filter(pk=consumer.name).first()
        if cursor is None or (int(cursor.xid), cursor.event_id) != batch.begin:  # another worker feeds it
            return 0, False
        wanted = batch.wanted(consumer)
        some, more = wanted[:size], len(wanted) > size
        done, end = (size, _place(some[-1])) if more else (len(batch), batch.end)
        if some and not _together(consumer, some) and (stuck := _singly(consumer, some)) is not None:
            done, end = some.index(stuck), (int(stuck.xid), stuck.pk - 1)
        if end != batch.begin:
            cursor.xid, cursor.event_id = Decimal(end[0]), end[1]
            cursor.save()
    return done, more


def _together(consumer: Consumer, events: list[Event]) -> bool:
    try:
        with transaction.atomic():
            consumer.take(events)
    except Exception as error:
        log.info("consumer_goes_singly", consumer=consumer.name, events=len(events), error=repr(error))
        return False
    return True


def _singly(consumer: Consumer, events: list[Event]) -> Event | None:
    """Deal with events one by one; the one that is to be tried again before any other."""
    return next((event for event in events if not _handle(consumer, event)), None)


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

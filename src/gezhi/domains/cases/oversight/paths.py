"""The paths cases took, from the log: all cases of a period, added up by day of report, county and centre.

The worker reads the log of each day's cases once, in one statement, and again when one of them has moved; a board then
sums days. Who sees cases by other ties than area and centre is shown their own cases, read from the log on the spot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Min, Q, Sum
from django.utils import timezone

from gezhi.engines.jobs import Periodic
from gezhi.engines.metrics.days import Rollup, about_keys, midnight
from gezhi.engines.metrics.evaluate import bounds
from gezhi.engines.metrics.rolling import chunks
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.registry import registry

from ..case import Case

MOST = 20_000
"""Cases read from the log on the spot at most, the newest; days that were added up have no bound."""
KEYS = Rollup("case", "reported_at", ("centre",), digits=6)
Edge = tuple[str, str, int, int, float, float]
"""From, to, times, cases, mean seconds, seconds that nine of ten do not exceed."""
Path = tuple[str, int, float]
"""States joined by ``>``, cases, mean seconds from first to last."""
MOVES = """steps AS (
  SELECT s.*, h.seq, h.at, h.target, lag(h.target) OVER (PARTITION BY h.record_id ORDER BY h.seq) AS came
  FROM seen s JOIN kernel_history h ON h.register = 'case' AND h.record_id = s.id
  WHERE h.batch IS NULL AND h.target <> ''),
moves AS MATERIALIZED (
  SELECT *, extract(epoch FROM at - lag(at) OVER (PARTITION BY id ORDER BY seq)) AS spent
  FROM steps WHERE came IS DISTINCT FROM target)"""
ONES = """SELECT {keys} string_agg(target, '>' ORDER BY seq) AS path, extract(epoch FROM max(at) - min(at)) AS spent
  FROM moves GROUP BY {keys} id"""
SEEN = """WITH seen AS (
  SELECT id, (reported_at AT TIME ZONE %(zone)s)::date AS day, left(area_code, 6) AS area, centre_id FROM cases_case
  WHERE reported_at >= %(low)s AND reported_at < %(high)s AND status <> 'draft'), """
ROLL = SEEN + MOVES + """,
edges AS (
  SELECT *, row_number() OVER (PARTITION BY id, came, target ORDER BY seq) = 1 AS first
  FROM moves WHERE came IS NOT NULL),
kept AS (
  INSERT INTO cases_edgeday (day, area, key0, came, target, slot, count, cases, seconds)
  SELECT day, area, centre_id, came, target, floor(4 * ln(greatest(spent, 1))), count(*), count(*) FILTER (WHERE first),
         sum(spent)
  FROM edges GROUP BY 1, 2, 3, 4, 5, 6)
INSERT INTO cases_pathday (day, area, key0, path, count, seconds)
SELECT day, area, centre_id, path, count(*), sum(spent)
FROM (""" + ONES.format(keys="day, area, centre_id,") + ") p GROUP BY 1, 2, 3, 4"
HERE = "WITH seen AS (SELECT unnest(%(ids)s::bigint[]) AS id), " + MOVES
EDGES = HERE + """ SELECT came, target, count(*), count(DISTINCT id), avg(spent),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY spent)
FROM moves WHERE came IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
PATHS = HERE + " SELECT path, count(*), avg(spent) FROM (" + ONES.format(keys="") + ") p GROUP BY 1 ORDER BY 2 DESC, 1"
MOVED = """SELECT DISTINCT (c.reported_at AT TIME ZONE %s)::date
FROM kernel_history h JOIN cases_case c ON c.id = h.record_id WHERE h.register = 'case' AND h.id > %s ORDER BY 1 DESC"""


class EdgeDay(models.Model):
    """Passages from one state to another by cases reported on a day, by how long they had waited.

    ``slot``: quarter powers of e, so that two lengths of one slot differ by less than a third; ``cases``: passages that
    were a case's first of this kind, which adds up where a number of different cases would not.
    """

    day = models.DateField()
    area = models.CharField(max_length=6, db_collation="C")
    key0 = models.BigIntegerField(null=True)
    came = models.CharField(max_length=40)
    target = models.CharField(max_length=40)
    slot = models.SmallIntegerField()
    count = models.IntegerField()
    cases = models.IntegerField()
    seconds = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="edge_day")]


class PathDay(models.Model):
    """Cases reported on a day that took the same path."""

    day = models.DateField()
    area = models.CharField(max_length=6, db_collation="C")
    key0 = models.BigIntegerField(null=True)
    path = models.TextField()
    count = models.IntegerField()
    seconds = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="path_day")]


class PathHead(models.Model):
    """How far the log was read, and at the run before: a row written meanwhile may have become visible later."""

    head = models.BigIntegerField()
    before = models.BigIntegerField(default=0)
    at = models.DateTimeField()


@dataclass(frozen=True)
class Found:
    """Edges, most frequent first, and paths of some cases.

    Attributes:
        count: cases. cut: whether there are more than could be read. at: until when the log was read, ``None``: now.
    """

    edges: Sequence[Edge]
    paths: Sequence[Path]
    count: int
    cut: bool = False
    at: dt.datetime | None = None


def roll(now: dt.datetime | None = None) -> int:
    """Read the log of the days on which cases were reported that have moved since; returns how many days those were."""
    at = now or moment()
    known = PathHead.objects.order_by("-id").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM kernel_history")
        head = cursor.fetchone()[0]
    days = _all_days(at) if known is None else _moved(known.before)
    for some in chunks(days):
        _roll(some)
    PathHead.objects.update_or_create(pk=1, defaults={"head": head, "before": known.head if known else 0, "at": at})
    return len(days)


def _all_days(at: dt.datetime) -> list[dt.date]:
    first = Case.objects.aggregate(first=Min("reported_at"))["first"]
    if first is None:
        return []
    begin, end = timezone.localdate(first), timezone.localdate(at)
    return [end - dt.timedelta(days=n) for n in range((end - begin).days + 1)]


def _moved(head: int) -> list[dt.date]:
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [settings.TIME_ZONE, head])
        return [day for (day,) in cursor.fetchall()]


def _roll(days: Sequence[dt.date]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (EdgeDay, PathDay):
            model.objects.filter(day__range=(days[-1], days[0])).delete()
        cursor.execute(ROLL, {"zone": settings.TIME_ZONE, "low": midnight(days[-1]),
                              "high": midnight(days[0] + dt.timedelta(days=1))})


def found(actor: Actor, area: str, begin: dt.datetime, end: dt.datetime) -> Found:
    """The paths of the cases an actor sees that were reported from the day of ``begin`` to that of ``end``."""
    register = registry.register("case")
    seen = bounds(register, actor, {register.area_filter: area} if area else {})
    keys, known = about_keys(seen, KEYS, register), PathHead.objects.order_by("-id").first()
    if keys is None or known is None:
        return _here(seen, begin, end)
    return _summed(keys & Q(day__range=(timezone.localdate(begin), timezone.localdate(end))), known.at)


def _summed(within: Q, at: dt.datetime) -> Found:
    """Three sums over days."""
    slots: dict[tuple[str, str], list[tuple[int, int, int, float]]] = {}
    rows = EdgeDay.objects.filter(within).values_list("came", "target", "slot").annotate(
        Sum("count"), Sum("cases"), Sum("seconds")).order_by("came", "target", "slot")
    for came, target, _slot, count, cases, seconds in rows:
        slots.setdefault((came, target), []).append((_slot, count, cases, seconds))
    edges = [_edge(came, target, parts) for (came, target), parts in slots.items()]
    taken = PathDay.objects.filter(within).values_list("path").annotate(n=Sum("count"), s=Sum("seconds"))
    paths = [(path, n, s / n) for path, n, s in taken.order_by("-n", "path")]
    return Found(sorted(edges, key=lambda e: (-e[2], e[0], e[1])), paths, sum(p[1] for p in paths), at=at)


def _edge(came: str, target: str, parts: Sequence[tuple[int, int, int, float]]) -> Edge:
    """One edge of its slots; the ninth tenth is told by the mean of the slot it lies in."""
    total = sum(count for _slot, count, _cases, _seconds in parts)
    passed, ninth = 0, 0.0
    for _slot, count, _cases, seconds in parts:
        passed, ninth = passed + count, seconds / count
        if passed >= 0.9 * total:
            break
    return (came, target, total, sum(p[2] for p in parts), sum(p[3] for p in parts) / total, ninth)


def _here(seen: Q, begin: dt.datetime, end: dt.datetime) -> Found:
    """The log of these cases, read now; three queries."""
    rows = Case.objects.filter(seen, reported_at__gte=midnight(timezone.localdate(begin)),
                               reported_at__lt=midnight(timezone.localdate(end) + dt.timedelta(days=1)))
    ids = list(rows.exclude(status="draft").order_by("-reported_at").values_list("pk", flat=True)[:MOST])
    with connection.cursor() as cursor:
        cursor.execute(EDGES, {"ids": ids})
        edges = [(*row[:4], float(row[4]), float(row[5])) for row in cursor.fetchall()]
        cursor.execute(PATHS, {"ids": ids})
        paths = [(path, count, float(spent)) for path, count, spent in cursor.fetchall()]
    return Found(edges, paths, len(ids), len(ids) == MOST)


READING = Periodic("oversight.paths", 1800, roll)

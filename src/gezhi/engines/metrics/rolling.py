"""The worker's side of the counts by day: count the days that are over, and again those that were written to since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BigIntegerField, BooleanField, CharField, Count, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Left, TruncDate
from django.utils import timezone

from gezhi.engines.jobs import Periodic
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.kinds import MomentKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .days import Rollup, columns_of, midnight, unit_model
from .models import DayCount, DayMark, DayState, Rolled

OVER = dt.timedelta(hours=26)
"""A day is counted when it has been over for so long: no transaction that saw it as present is then at work."""
OLD = "12 hours"
"""While a transaction runs that began so long ago, no day is counted."""
CHUNK = 31
STALE = """
SELECT d::date FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d
WHERE NOT EXISTS (SELECT FROM metrics_daystate s WHERE s.rollup = %(name)s AND s.day = d::date)
   OR EXISTS (SELECT FROM metrics_daymark m WHERE m.rollup = %(name)s AND m.day = d::date)
ORDER BY 1 DESC"""

UNDER = """
WITH seen AS MATERIALIZED ({rows}), tree AS MATERIALIZED (
  SELECT u.id, above.id AS above FROM {units} u JOIN {units} above ON starts_with(u.path, above.path)),
worked AS MATERIALIZED (
  SELECT seen.id, w.{unit} FROM seen CROSS JOIN LATERAL (
    SELECT {unit} FROM {work} x WHERE x.{row} = seen.id OFFSET 0) w),
under AS (SELECT DISTINCT worked.id, tree.above AS key0 FROM worked JOIN tree ON tree.id = worked.{unit})
SELECT of_day, of_area, key0, NULL::bigint, ARRAY[{counts}] FROM seen JOIN under USING (id) GROUP BY 1, 2, 3"""
"""Rows counted under each unit that works on them or stands above one that does. OFFSET 0 has the work looked up row by
row: the planner would else read all there ever was."""


def conditions(rollup: Rollup) -> dict[str, Q]:
    """What is counted, by its text: every condition that a metric puts on rows of this moment and that speaks of the
    row alone. Metrics that ask the same share a count."""
    from .evaluate import filters

    register, out = registry.register(rollup.of), {}
    for metric in registry.metrics.values():
        if metric.of != rollup.of or metric.at != rollup.at or metric.measure not in ("count", "share"):
            continue
        for where in (metric.where, metric.base if metric.measure == "share" else None):
            q = filters(register, SYSTEM, where) if where is not None else None
            if q is not None and columns_of(q, register.model) is not None:
                out[str(q)] = q
    return out


def refresh(now: dt.datetime | None = None) -> int:
    """Bring all roll-ups up to date; returns how many days were counted. One worker at a time; days are counted a month
    a transaction, the newest first, and figures are right at every moment in between."""
    with _alone() as mine:
        if not mine or _old_transaction():
            return 0
        _drop([rollup.name for rollup in registry.of(Rollup)])
        return sum(_catch_up(rollup, now or timezone.now()) for rollup in registry.of(Rollup))


def _drop(declared: Sequence[str]) -> None:
    """Counts of roll-ups that are declared no more."""
    for (name,) in Rolled.objects.exclude(name__in=declared).values_list("name"):
        for model in (DayState, DayCount, DayMark):
            model.objects.filter(rollup=name).delete()
        Rolled.objects.filter(name=name).delete()


def forget() -> None:
    """Drop all counts; figures are counted from rows until the worker has counted the days again. For whoever writes
    the tables with their triggers off."""
    for model in (DayState, DayCount, DayMark, Rolled):
        model.objects.all().delete()


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('gezhi.days'))")
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('gezhi.days'))")


def _old_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
                       "AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
                       f"AND xact_start < now() - interval '{OLD}')")
        return bool(cursor.fetchone()[0])


def _catch_up(rollup: Rollup, now: dt.datetime) -> int:
    register = registry.register(rollup.of)
    assert isinstance(register.kinds[rollup.at], MomentKind), f"{rollup.name} is no moment"
    layout = conditions(rollup)
    state = Rolled.objects.filter(name=rollup.name).first()
    if state is None or (state.layout, state.zone) != (list(layout), settings.TIME_ZONE):
        _begin(rollup, list(layout))
    days = _stale(rollup, register, now)
    for chunk in chunks(days):
        _count(rollup, register, layout, chunk)
    return len(days)


def _begin(rollup: Rollup, layout: list[str]) -> None:
    """Other conditions, or another clock: what was counted says nothing any more."""
    with transaction.atomic():
        for model in (DayState, DayCount):
            model.objects.filter(rollup=rollup.name).delete()
        Rolled.objects.update_or_create(name=rollup.name, defaults={"zone": settings.TIME_ZONE, "layout": layout})


def _stale(rollup: Rollup, register: Register, now: dt.datetime) -> list[dt.date]:
    """Days to be counted, the newest first."""
    zone = timezone.get_default_timezone()
    oldest = register.model._default_manager.order_by(rollup.at).filter(
        **{f"{rollup.at}__isnull": False}).values_list(rollup.at, flat=True).first()
    known = DayState.objects.filter(rollup=rollup.name).order_by("day").values_list("day", flat=True).first()
    began = [day for day in (oldest.astimezone(zone).date() if oldest else None, known) if day is not None]
    if not began:
        return []
    last = (now - OVER).astimezone(zone).date() - dt.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(STALE, {"first": min(began), "last": last, "name": rollup.name})
        return [row[0] for row in cursor.fetchall()]


def chunks(days: Sequence[dt.date]) -> Iterator[list[dt.date]]:
    """Days that follow each other, some at a time."""
    chunk: list[dt.date] = []
    for day in days:
        if chunk and (chunk[-1] - day != dt.timedelta(days=1) or len(chunk) == CHUNK):
            yield chunk
            chunk = []
        chunk.append(day)
    if chunk:
        yield chunk


def _count(rollup: Rollup, register: Register, layout: dict[str, Q], days: Sequence[dt.date]) -> None:
    """Count some days in one snapshot and drop the marks it saw; a mark that commits meanwhile stays."""
    own = not connection.in_atomic_block
    with transaction.atomic():
        if own:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        span = {"rollup": rollup.name, "day__range": (days[-1], days[0])}
        marks = list(DayMark.objects.filter(**span).values_list("pk", flat=True))
        DayCount.objects.filter(**span).delete()
        _insert(rollup, register, layout, days)
        DayState.objects.bulk_create([DayState(rollup=rollup.name, day=day) for day in days], ignore_conflicts=True)
        DayMark.objects.filter(pk__in=marks).delete()


def _insert(rollup: Rollup, register: Register, layout: dict[str, Q], days: Sequence[dt.date]) -> None:
    """Count the rows of some days and keep the counts, in one statement of the database."""
    names = ("of_day", "of_area", "of_key0", "of_key1")
    found = _marked(rollup, register, days)
    if rollup.through:
        yes = {f"n{n}": ExpressionWrapper(q or Q(pk__isnull=False), output_field=BooleanField())
               for n, q in enumerate(layout.values())}
        sql, params = _sql(found.annotate(**yes).order_by().values("id", "of_day", "of_area", *yes))
        counted = ", ".join(f"count(*) FILTER (WHERE {name})" for name in yes)
        sql = UNDER.format(rows=sql, counts=counted, **joined(rollup, register))
    else:
        wanted = {f"n{n}": Count("pk", filter=q) if q else Count("pk") for n, q in enumerate(layout.values())}
        sql, params = _sql(found.values(*names).annotate(**wanted).order_by().values(*names, *wanted))
        sql = f"SELECT of_day, of_area, of_key0::bigint, of_key1::bigint, ARRAY[{', '.join(wanted)}] FROM ({sql}) found"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("INSERT INTO metrics_daycount (rollup, day, area, key0, key1, counts) "
                       f"SELECT %s, found.* FROM ({sql}) found", (rollup.name, *params))


def _sql(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """A query as text with its parameters."""
    sql, params = rows.query.sql_with_params()
    return sql, params


def joined(rollup: Rollup, register: Register) -> dict[str, str]:
    """The tables and columns by which units work on the rows of a register."""
    relation, _sep, link = rollup.through.partition("__")
    back: Any = register.model._meta.get_field(relation)
    work, units = back.related_model, unit_model(rollup, register)
    return {"work": work._meta.db_table, "row": back.field.column, "unit": work._meta.get_field(link).column,
            "units": units._meta.db_table}


def _marked(rollup: Rollup, register: Register, days: Sequence[dt.date]) -> QuerySet[Any]:
    """The rows of some days with the keys they are counted by."""
    span = {f"{rollup.at}__gte": midnight(days[-1]), f"{rollup.at}__lt": midnight(days[0] + dt.timedelta(days=1))}
    links = [*rollup.links, None, None][:2]
    return register.model._default_manager.filter(**span).annotate(
        of_day=TruncDate(rollup.at, tzinfo=timezone.get_default_timezone()),
        of_area=Left(register.area_path, rollup.digits) if register.area_path else _null("text"),
        of_key0=F(f"{links[0]}_id") if links[0] else _null("bigint"),
        of_key1=F(f"{links[1]}_id") if links[1] else _null("bigint"))


def _null(kind: str) -> Any:
    """Nothing, as a column of counts that have no such key."""
    return Value("", output_field=CharField()) if kind == "text" else Value(None, output_field=BigIntegerField())


ROLLING = Periodic("metrics.days", 300, refresh)

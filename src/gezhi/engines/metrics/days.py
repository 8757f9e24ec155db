"""Counts by day: a figure over a long time is the sum of its days and costs the same however much lies behind it.

A :class:`Rollup` names a register and one of its moments. The worker counts each day that is over, by area and by the
links permission speaks about, under every condition that metrics put on it (``rolling``). A trigger marks the day of a
row that is written later (``marks``). A figure takes the days that are counted and not marked, and counts the rows of
the others (today, the ragged ends, what was written to) by the index on the moment, all in one snapshot: it *is* the
number of rows behind its link, at any time. New rows of today cost no statement and wait for nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Left
from django.utils import timezone

from gezhi.kernel.access import Served
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .models import DayCount, DayMark, DayState, Rolled
from .period import Period

TICK = dt.timedelta(microseconds=1)
Groups = dict[str, dict[str, int]]
"""Numbers by name, by area; under ``""`` what has none, or all."""
MOST_GAPS = 40
"""Stretches to be counted from rows at most; a period in more pieces is counted from rows altogether."""
LOOKUPS = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range", "isnull", "startswith", "contains"})


@dataclass(frozen=True)
class Rollup:
    """Days of one moment of one register, counted ahead.

    Args:
        of: name of the register; ``at`` is its moment.
        links: at most two paths of foreign keys that sights speak about, ``centre`` or ``case__centre``.
        digits: of the area kept; what is asked for a smaller area is counted from rows.
        through: instead of links, the relation and the link by which units work on rows (:class:`Served`). A row is
            counted once under each unit that has it or stands above one that has.
    """

    of: str
    at: str
    links: tuple[str, ...] = ()
    digits: int = 9
    through: str = ""
    DECLARATION: bool = True

    @property
    def name(self) -> str:
        return ":".join((f"{self.of}.{self.at}", *self.links, *([self.through] if self.through else [])))


def rollups_of(register: Register, at: str) -> list[Rollup]:
    """The roll-ups of a register's moment, in order of declaration."""
    return [r for r in registry.of(Rollup) if r.of == register.name and r.at == at]


def columns_of(q: Q, model: type[models.Model]) -> set[str] | None:
    """Columns of a condition that speaks of nothing but the row itself; ``None`` when it asks more.

    Conditions on moments, but for being empty, ask for the present time and cannot be counted ahead.
    """
    out: set[str] = set()
    for child in q.children:
        found = columns_of(child, model) if isinstance(child, Q) else _column(child, model)
        if found is None:
            return None
        out |= found
    return out


def _column(leaf: Any, model: type[models.Model]) -> set[str] | None:
    if not isinstance(leaf, tuple):
        return None
    name, _sep, lookup = leaf[0].partition("__")
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if not isinstance(field, models.Field) or not field.concrete or (lookup and lookup not in LOOKUPS):
        return None
    if isinstance(field, models.DateField) and lookup != "isnull" and leaf[1] is not None:
        return None
    return {str(field.column)}


def about_keys(q: Q, rollup: Rollup, register: Register) -> Q | None:
    """The same filter said of the counts: of their area and their links; ``None`` where it speaks of more."""
    if q.negated or (rollup.through and (q.connector != Q.AND or _served(q, rollup) != 1)):
        return None
    out = []
    for child in q.children:
        part = about_keys(child, rollup, register) if isinstance(child, Q) else _key(child, rollup, register)
        if part is None:
            return None
        out.append(part)
    return Q(*out, _connector=q.connector)


def _served(q: Q, rollup: Rollup) -> int:
    """In how many parts a filter asks for the rows of a unit: counts of rows under many units do not add up."""
    return sum(isinstance(c, tuple) and isinstance(c[1], Served) and c[1].through == rollup.through
               for c in q.children)


def unit_model(rollup: Rollup, register: Register) -> type[models.Model]:
    """The model of the units a roll-up goes through."""
    relation, _sep, link = rollup.through.partition("__")
    back: Any = register.model._meta.get_field(relation)
    return linked(back.related_model, link)


def _key(leaf: Any, rollup: Rollup, register: Register) -> Q | None:
    if not isinstance(leaf, tuple):
        return None
    name, value = leaf
    if name == "pk__in" and isinstance(value, Served) and value.through == rollup.through:
        return Q(key0__in=unit_model(rollup, register)._default_manager.filter(path=value.path).values("pk"))
    if name == "pk__in" and isinstance(value, tuple | list) and not value:
        return Q(pk__in=())
    path, _sep, lookup = name.rpartition("__")
    if register.area_path and path == register.area_path:
        fits = lookup in ("gte", "lt", "startswith") and isinstance(value, str) and len(value) <= rollup.digits
        return Q(**{f"area__{lookup}": value}) if fits else None
    for n, link in enumerate(rollup.links):
        if name.startswith(f"{link}__"):
            rest = name[len(link) + 2:]
            target = linked(register.model, link)
            known = rest.partition("__")[0] in {f.name for f in target._meta.concrete_fields}
            return Q(**{f"key{n}__in": target._default_manager.filter(**{rest: value}).values("pk")}) if known else None
    return None


def linked(model: type[models.Model], path: str) -> type[models.Model]:
    """The model a path of foreign keys leads to."""
    for name in path.split("__"):
        target = model._meta.get_field(name).related_model
        assert isinstance(target, type)
        model = target
    return model


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Let all statements within see the same moment; inside a transaction of somebody else's they see what it sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def midnight(day: dt.date) -> dt.datetime:
    """The moment a day of the city begins."""
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


def whole_days(span: Period) -> list[dt.date]:
    """The days that lie in a period from midnight to midnight."""
    if span.start is None or span.end is None:
        return []
    zone = timezone.get_default_timezone()
    first = (span.start.astimezone(zone) - TICK).date() + dt.timedelta(days=1)
    after = (span.end + TICK).astimezone(zone).date()
    return [first + dt.timedelta(days=n) for n in range((after - first).days)]


def gaps(span: Period, taken: Sequence[dt.date]) -> list[Period]:
    """What of a period lies outside the days taken, in order; ends are included."""
    assert span.start is not None and span.end is not None
    out, begin = [], span.start
    for day in sorted(taken):
        if midnight(day) > begin:
            out.append(Period(begin, midnight(day) - TICK))
        begin = midnight(day + dt.timedelta(days=1))
    return [*out, Period(begin, span.end)] if begin <= span.end else out


def counted(register: Register, at: str, seen: Q, spans: Mapping[str, Period],
            asked: Mapping[str, tuple[str, Q]]) -> dict[str, int]:
    """Count rows by days as far as that can be done.

    Args:
        at: the moment.
        seen: rows looked at: the actor's sight within the area asked for.
        spans: periods by name.
        asked: a condition on the rows of a period, by a name for the answer.

    Returns:
        Numbers of rows by name; what is missing has to be counted otherwise.
    """
    return _counted(register, at, seen, spans, asked, 0).get("", {})


def by_area(register: Register, at: str, seen: Q, span: Period, asked: Mapping[str, Q],
            digits: int) -> dict[str, dict[str, int]] | None:
    """The same for one period, by the areas of a level; ``None`` where not all of it can be counted so.

    Args:
        digits: length of the codes; rows known less finely stand under the code they have.
    """
    found = _counted(register, at, seen, {"now": span}, {name: ("now", q) for name, q in asked.items()}, digits)
    return found if found and all(len(one) == len(asked) for one in found.values()) else None


def _counted(register: Register, at: str, seen: Q, spans: Mapping[str, Period],
             asked: Mapping[str, tuple[str, Q]], digits: int) -> Groups:
    fit = ((r, about_keys(seen, r, register)) for r in rollups_of(register, at) if digits <= r.digits)
    rollup, keys = next((one for one in fit if one[1] is not None), (None, None))
    whole = {name: whole_days(span) for name, span in spans.items()}
    if rollup is None or keys is None or not any(whole.values()):
        return {}
    with one_snapshot():
        state = Rolled.objects.filter(name=rollup.name, zone=settings.TIME_ZONE).first()
        places = {text: n for n, text in enumerate(state.layout)} if state is not None else {}
        mine = {name: (span, q, places[str(q)]) for name, (span, q) in asked.items() if str(q) in places}
        fresh = _fresh(rollup, min(d[0] for d in whole.values() if d), max(d[-1] for d in whole.values() if d))
        taken = {name: [d for d in days if d in fresh] for name, days in whole.items()}
        rest = {name: gaps(span, taken[name]) for name, span in spans.items()}
        if not mine or not any(taken.values()) or max(map(len, rest.values())) > MOST_GAPS:
            return {}
        out = _sums(rollup, keys, taken, mine, digits)
        here = {alias: (rest[span], q) for alias, (span, q, _place) in mine.items() if rest[span]}
        for group, numbers in _rows(register, at, seen, here, digits).items():
            one = out.setdefault(group, dict.fromkeys(mine, 0))
            for alias, number in numbers.items():
                one[alias] += number
        return out


def _fresh(rollup: Rollup, first: dt.date, last: dt.date) -> set[dt.date]:
    marked = DayMark.objects.filter(rollup=rollup.name, day__range=(first, last)).values("day")
    days = DayState.objects.filter(rollup=rollup.name, day__range=(first, last)).exclude(day__in=marked)
    return set(days.values_list("day", flat=True))


def _sums(rollup: Rollup, keys: Q, taken: Mapping[str, list[dt.date]],
          mine: Mapping[str, tuple[str, Q, int]], digits: int) -> Groups:
    """The counted days of all periods, in one statement."""
    days = {d for part in taken.values() for d in part}
    ends = {name: (min(part), max(part)) if part else (dt.date.min, dt.date.min) for name, part in taken.items()}
    wanted = [Sum(F(f"counts__{place}"), filter=Q(day__range=ends[span])) for span, _q, place in mine.values()]
    return _grouped(DayCount.objects.filter(keys, rollup=rollup.name, day__in=days), "area", wanted, list(mine), digits)


def _rows(register: Register, at: str, seen: Q, asked: Mapping[str, tuple[Sequence[Period], Q]],
          digits: int) -> Groups:
    """The rows of some stretches, counted by each condition within its own, in one statement."""
    if not asked:
        return {}
    within = {str(periods): _within(at, periods) for periods, _q in asked.values()}
    several = len(within) > 1
    wanted = [Count("pk", filter=q & within[str(periods)] if several else q) for periods, q in asked.values()]
    rows = register.model._default_manager.filter(of_few(seen), Q(*within.values(), _connector=Q.OR))
    return _grouped(rows, register.area_path, wanted, list(asked), digits)


def of_few(q: Q) -> Q:
    """A filter put so that it is quick on few rows, whoever asks; see :meth:`Served.looked_up`."""
    out = []
    for child in q.children:
        if isinstance(child, Q):
            child = of_few(child)
        elif isinstance(child, tuple) and isinstance(child[1], Served):
            child = child[1].looked_up() or child
        out.append(child)
    return Q(*out, _connector=q.connector, _negated=q.negated)


def _within(at: str, periods: Sequence[Period]) -> Q:
    parts = [Q(**{f"{at}__gte": one.start, f"{at}__lte": one.end}) for one in periods]
    return Q(*parts, _connector=Q.OR)


def _grouped(rows: Any, area: str, wanted: Sequence[Any], names: Sequence[str], digits: int) -> Groups:
    """Aggregates by the beginning of an area, or of all rows under ``""``."""
    named = {f"n{i}": one for i, one in enumerate(wanted)}
    found = rows.order_by().values(of_area=Left(area, digits)).annotate(**named) if digits else [
        {"of_area": "", **rows.aggregate(**named)}]
    return {row["of_area"] or "": {name: row[f"n{i}"] or 0 for i, name in enumerate(names)} for row in found}

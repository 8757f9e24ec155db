"""Working time: add to it, measure it, in a few microseconds (工作时计算).

Purpose: every deadline of a case is *start + so much counted time*. Some limits count every second
(紧急工作分/时, 自然日), others only the seconds inside working periods (工作时, 工作日), which depend on
public holidays, 调休 working days and seasonal hours. A `WorkCalendar` holds one immutable set of these facts
and turns it into cumulative tables, so that each question is two binary searches whatever the distance.

Laws (held by property tests):

* ``elapsed(s, add_seconds(s, n)) == n``;
* ``elapsed(a, b) + elapsed(b, c) == elapsed(a, c)``, also backwards;
* ``add_seconds(add_seconds(s, m), n) == add_seconds(s, m + n)`` for m and n of one sign;
* a clock paused with r seconds left and resumed at any later time again has r seconds left.

Instants are aware `datetime`s of any zone; results are in UTC. The resolution is one second: fractions of a
second are dropped, so that durations are whole numbers and never drift. Pure: no Django, clock or database.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from zoneinfo import ZoneInfo

from .workhours import DayType, Hours, Period, office_hours

__all__ = [
    "CHINA",
    "BeyondCalendar",
    "DayMode",
    "DayType",
    "Due",
    "Hours",
    "NoHolidayData",
    "Period",
    "Unit",
    "WorkCalendar",
    "office_hours",
]

CHINA = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1950, 2150  # beyond these a date is a typing error, not a deadline


class Unit(StrEnum):
    """In what a time limit is given."""

    URGENT_MINUTE = "urgent_minute"  # 紧急工作分: continuous
    URGENT_HOUR = "urgent_hour"  # 紧急工作时: continuous
    NATURAL_DAY = "natural_day"  # 自然日: continuous 24 hours
    WORK_HOUR = "work_hour"  # 工作时: inside working periods only
    WORK_DAY = "work_day"  # 工作日: so many working hours (8 unless the calendar says otherwise)

    @property
    def continuous(self) -> bool:
        """True when every second counts, working or not."""
        return self in _CONTINUOUS


_CONTINUOUS = {Unit.URGENT_MINUTE: 60, Unit.URGENT_HOUR: 3600, Unit.NATURAL_DAY: 86400}
_WORKING = {Unit.WORK_HOUR: 3600, Unit.WORK_DAY: 28800}


class DayMode(StrEnum):
    """How *one working day* is read: eight working hours, or until the end of the next working day."""

    HOURS = "hours"
    NEXT_DAY_END = "next_day_end"


class BeyondCalendar(ValueError):
    """An instant or a deadline lies outside 1950–2150, or the calendar has no working time there."""


class NoHolidayData(ValueError):
    """A deadline depends on a year whose holidays have not been entered. `years` names them."""

    def __init__(self, years: tuple[int, ...]):
        super().__init__(f"no holiday data for {', '.join(map(str, years))}")
        self.years = years


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline and what it rests on: `missing_years` names years in its span without holiday data."""

    at: datetime
    missing_years: tuple[int, ...] = ()

    @property
    def assumed(self) -> bool:
        """True when the date had to be worked out from plain weekdays; whoever shows it should say so."""
        return bool(self.missing_years)


@dataclass(frozen=True, slots=True)
class _Table:
    """Working slots of whole years, flat: slot i is [begins[i], ends[i]) and before[i] seconds precede it.

    `after[i]` is before[i] plus the slot's length. `days` are the ordinals of dates with working time and
    `closing` the end of each. All instants are seconds since 1970 UTC.
    """

    first_year: int
    last_year: int
    low: int
    high: int
    begins: array[int]
    ends: array[int]
    before: array[int]
    after: array[int]
    days: array[int]
    closing: array[int]


def _seconds(at: datetime) -> int:
    """Whole seconds since 1970 UTC, rounded down. TypeError for a naive datetime."""
    delta = at - _EPOCH
    return delta.days * 86400 + delta.seconds


@dataclass(frozen=True)
class WorkCalendar:
    """One version of a unit's working time. Immutable; safe to share between threads; keep one a version.

    Args:
        days: listed dates (holidays, 调休); every other date follows its weekday.
        hours: rules in order, of which the *last* that holds on a date wins; no rule holds: no work.
        zone: local time zone of dates and periods.
        version: opaque identifier that a clock stores with the deadline computed from it.
        known_years: years whose holidays have been entered; others make a deadline *assumed*.
        work_day_seconds: what one 工作日 is in the mode "hours" (28,800 = 8 hours).
        day_mode: how a 工作日 is read where the caller does not say.
    """

    days: Mapping[date, DayType] = field(default_factory=dict)
    hours: tuple[Hours, ...] = (office_hours(),)
    zone: ZoneInfo = CHINA
    version: str = ""
    known_years: frozenset[int] = frozenset()
    work_day_seconds: int = 28800
    day_mode: DayMode = DayMode.HOURS
    _table: _Table = field(init=False, repr=False, compare=False)
    _span: dict[Unit, int] = field(init=False, repr=False, compare=False)
    _anchor: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not any(any(rule.week) for rule in self.hours):
            raise ValueError("a calendar without any working period can never meet a deadline")
        if self.work_day_seconds <= 0:
            raise ValueError("work_day_seconds must be positive")
        last = max(self.known_years, default=2024)
        first = max(min(self.known_years, default=2024), last - 4)  # older years are added when asked for
        put = object.__setattr__  # the only way to fill derived fields of a frozen class
        put(self, "days", dict(self.days))  # later changes of the caller's dict stay outside
        put(self, "_span", _CONTINUOUS | _WORKING | {Unit.WORK_DAY: self.work_day_seconds})
        put(self, "_anchor", self._instant(date(first, 1, 1), 0))
        put(self, "_table", self._build(first, last + 1))

    def __hash__(self) -> int:
        return hash((self.version, self.zone.key, self.known_years, len(self.days)))

    # -- deadlines ---------------------------------------------------------------------------------

    def limit(self, amount: float | Decimal, unit: Unit | str) -> int:
        """Counted seconds of `amount` units, rounded to the second (0.5 work_day is 14,400)."""
        span = self._span[Unit(unit)]
        return amount * span if type(amount) is int else round(Fraction(amount) * span)

    def add(
        self, start: datetime, amount: float | Decimal, unit: Unit | str, mode: DayMode | str | None = None
    ) -> datetime:
        """The instant `amount` units after `start`, in UTC.

        In the mode "hours" the earliest instant by which that much time has been counted: a limit used up
        exactly at closing time is due at closing time, not next morning. A negative amount goes back
        (for "two working hours before it is due"). In the mode "next_day_end", which concerns work_day only,
        the day of `start` does not count and the deadline is the end of the n-th working day after it
        (a fraction counts as a whole day).

        Raises:
            TypeError: `start` is naive.
            ValueError: unknown unit or mode, or a negative amount of "next_day_end".
            BeyondCalendar: the result lies outside the calendar.
        """
        unit = Unit(unit)
        if unit is Unit.WORK_DAY and DayMode(mode or self.day_mode) is DayMode.NEXT_DAY_END:
            return self._nth_day_end(start, math.ceil(amount))
        return self.add_seconds(start, self.limit(amount, unit), unit)

    def add_seconds(self, start: datetime, seconds: int, unit: Unit | str = Unit.WORK_HOUR) -> datetime:
        """The instant after `seconds` of counted time: how a clock resumes with what it had left."""
        at = _seconds(start)
        if unit in _CONTINUOUS:
            at += seconds
        elif unit not in _WORKING:
            raise ValueError(f"unknown unit of time: {unit}")
        elif seconds:
            at = self._shift(at, seconds)
        return datetime.fromtimestamp(at, UTC)

    def due(
        self,
        start: datetime,
        amount: float | Decimal,
        unit: Unit | str,
        mode: DayMode | str | None = None,
        *,
        strict: bool = False,
    ) -> Due:
        """As `add`, with the years in between whose holidays are unknown.

        Raises:
            NoHolidayData: `strict` and such a year exists.
        """
        at = self.add(start, amount, unit, mode)
        missing = () if Unit(unit) in _CONTINUOUS else self.missing_years(start, at)
        if strict and missing:
            raise NoHolidayData(missing)
        return Due(at, missing)

    def missing_years(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """Local years from start to end (either order) without holiday data."""
        first, last = sorted((start.astimezone(self.zone).year, end.astimezone(self.zone).year))
        return tuple(year for year in range(first, last + 1) if year not in self.known_years)

    # -- measures ----------------------------------------------------------------------------------

    def elapsed(self, start: datetime, end: datetime, unit: Unit | str = Unit.WORK_HOUR) -> int:
        """Counted seconds from start to end; negative when end lies before start."""
        a, b = _seconds(start), _seconds(end)
        if unit in _CONTINUOUS:
            return b - a
        if unit not in _WORKING:
            raise ValueError(f"unknown unit of time: {unit}")
        return self._worked(b) - self._worked(a)

    def remaining(self, now: datetime, due: datetime, unit: Unit | str = Unit.WORK_HOUR) -> int:
        """Counted seconds left until `due`; negative is overtime."""
        return self.elapsed(now, due, unit)

    def is_working(self, at: datetime) -> bool:
        """Whether an instant lies in a working period (its end excluded)."""
        at_s = _seconds(at)
        table = self._covering(at_s)
        i = bisect_right(table.begins, at_s) - 1
        return i >= 0 and at_s < table.ends[i]

    def next_working(self, at: datetime) -> datetime:
        """The instant itself when it is working time, else the start of the next period (UTC)."""
        at_s = _seconds(at)
        table = self._covering(at_s)
        i = bisect_right(table.ends, at_s)
        while i == len(table.begins):
            table = self._grow(table.last_year + 1)
            i = bisect_right(table.ends, at_s)
        return datetime.fromtimestamp(max(at_s, table.begins[i]), UTC)

    def day_type(self, day: date) -> DayType:
        """The type of a local date: as listed, else by its weekday."""
        return self.days.get(day) or (DayType.WORK if day.weekday() < 5 else DayType.WEEKEND)

    def periods(self, day: date) -> tuple[Period, ...]:
        """Working periods of a local date under the hours in force."""
        for rule in reversed(self.hours):
            if rule.holds_on(day):
                return rule.periods_on(day.weekday(), self.days.get(day))
        return ()

    def spans(self, low: datetime, high: datetime) -> tuple[list[int], list[int], list[int]]:
        """Working periods between two moments, for statements that count working time of many rows at once.

        Returns:
            Begins, ends, and the working seconds before each; moments are seconds since 1970 UTC. Sums compare with
            each other, not with those of another call.
        """
        first, last = _seconds(low), _seconds(high)
        self._covering(first)
        self._covering(last)
        table = self._table
        a, b = bisect_left(table.ends, first), bisect_right(table.begins, last)
        return list(table.begins[a:b]), list(table.ends[a:b]), list(table.before[a:b])

    # -- tables ------------------------------------------------------------------------------------

    def _worked(self, at: int) -> int:
        """Working seconds from the anchor to an instant, negative before it."""
        table = self._table
        if not table.low <= at < table.high:
            table = self._grow_to(at)
        i = bisect_right(table.begins, at) - 1
        if i < 0:
            return table.before[0] if table.before else 0
        end = table.ends[i]
        return table.after[i] - (end - at if at < end else 0)

    def _shift(self, at: int, seconds: int) -> int:
        goal = self._worked(at) + seconds
        table = self._table
        if seconds > 0:
            while not table.after or goal > table.after[-1]:
                table = self._grow(table.last_year + 1)
            i = bisect_left(table.after, goal)
        else:
            while not table.before or goal < table.before[0]:
                table = self._grow(table.first_year - 1)
            i = bisect_right(table.before, goal) - 1
        return table.begins[i] + goal - table.before[i]

    def _nth_day_end(self, start: datetime, count: int) -> datetime:
        if count < 0:
            raise ValueError("a negative number of working days has no end of day")
        if count == 0:
            return datetime.fromtimestamp(_seconds(start), UTC)
        table = self._covering(_seconds(start))
        today = start.astimezone(self.zone).toordinal()
        while (i := bisect_right(table.days, today) + count - 1) >= len(table.days):
            table = self._grow(table.last_year + 1)
        return datetime.fromtimestamp(table.closing[i], UTC)

    def _covering(self, at: int) -> _Table:
        table = self._table
        return table if table.low <= at < table.high else self._grow_to(at)

    def _grow_to(self, at: int) -> _Table:
        return self._grow((_EPOCH + timedelta(seconds=at)).astimezone(self.zone).year)

    def _grow(self, year: int) -> _Table:
        """Rebuild the table wide enough for a year, at least doubling it, so that rebuilds stay few."""
        old = self._table
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise BeyondCalendar(f"the working calendar does not reach the year {year}")
        step = old.last_year - old.first_year + 1
        first, last = old.first_year, old.last_year
        if year < first:
            first = max(min(year, first - step), _FIRST_YEAR)
        if year > last:
            last = min(max(year, last + step), _LAST_YEAR)
        table = self._build(first, last)
        object.__setattr__(self, "_table", table)  # one assignment: a reader has the old one or the new one
        return table

    def _build(self, first: int, last: int) -> _Table:
        begins: list[int] = []
        ends: list[int] = []
        days: list[int] = []
        closing: list[int] = []
        for ordinal in range(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            opened = len(ends)
            for begin, end in self.periods(day):
                low, high = self._instant(day, begin), self._instant(day, end)
                # Where clocks change, a period can vanish or run into the one before it.
                if low < high and (not ends or ends[-1] <= low):
                    begins.append(low)
                    ends.append(high)
            if len(ends) > opened:
                days.append(ordinal)
                closing.append(ends[-1])
        lengths = [end - begin for begin, end in zip(begins, ends, strict=True)]
        # Totals are zero at the anchor, so that a table widened to the past keeps earlier sums comparable.
        total = -sum(lengths[: bisect_left(begins, self._anchor)])
        after = list(accumulate(lengths, initial=total))
        low, high = self._instant(date(first, 1, 1), 0), self._instant(date(last + 1, 1, 1), 0)
        lists = (begins, ends, after[:-1], after[1:], days, closing)
        return _Table(first, last, low, high, *(array("q", values) for values in lists))

    def _instant(self, day: date, minute: int) -> int:
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(minutes=minute)
        return _seconds(local)

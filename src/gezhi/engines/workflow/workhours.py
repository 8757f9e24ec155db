"""Working hours of a week: periods a weekday, by span of dates and season (工作时段).

Pure values that a `WorkCalendar` is made of; see `worktime`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["DayType", "Hours", "Period", "Week", "office_hours"]


class DayType(StrEnum):
    """What a listed date is. A date that is not listed follows its weekday."""

    WORK = "work"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP_WORK = "makeup_work"


Period = tuple[int, int]
"""A working period of a day: (from, to) in minutes after local midnight, 0 ≤ from < to ≤ 1440."""

Week = tuple[tuple[Period, ...], ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Working periods of each weekday, for a span of dates and, if given, a season of every year.

    Args:
        week: seven tuples of periods, Monday first; an empty tuple is a day of rest.
        valid_from, valid_to: first and last date (inclusive); None leaves that side open.
        season: ((month, day), (month, day)), both inclusive, e.g. ((10, 8), (4, 30)) for winter hours; may
            run over New Year. None: all the year.
        on_holidays: True for a post that is staffed on public holidays as well (a 24-hour centre).

    Raises:
        ValueError: a week without seven days, or periods that overlap or are out of order.
    """

    week: Week
    valid_from: date | None = None
    valid_to: date | None = None
    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    on_holidays: bool = False

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for periods in self.week:
            last = 0
            for begin, end in periods:
                if not last <= begin < end <= 1440:
                    raise ValueError(f"working periods overlap or are out of order: {periods}")
                last = end

    def holds_on(self, day: date) -> bool:
        """Whether these hours are in force on a local date."""
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to):
            return False
        if self.season is None:
            return True
        begin, end = self.season
        here = (day.month, day.day)
        return begin <= here <= end if begin <= end else here >= begin or here <= end

    def periods_on(self, weekday: int, day_type: DayType | None) -> tuple[Period, ...]:
        """Working periods of a day of this weekday (Monday 0) and listed type."""
        if self.on_holidays:
            return self.week[weekday]
        if day_type in (DayType.HOLIDAY, DayType.WEEKEND):
            return ()
        if day_type in (DayType.WORK, DayType.MAKEUP_WORK):
            # A made-up Saturday is worked by weekday hours: take the first day of the week that has any.
            return self.week[weekday] or next((p for p in self.week if p), ())
        return self.week[weekday]


def office_hours(*periods: Period, **options) -> Hours:
    """Hours with the same periods Monday to Friday and a free weekend; `options` as for `Hours`.

    Without periods: 08:00–12:00 and 14:00–18:00.
    """
    day = periods or ((480, 720), (840, 1080))
    return Hours((day,) * 5 + ((), ()), **options)

"""The working calendar of a unit, from the newest version or an older one, kept in memory by version.

Behind the port ``calendar`` of the workflow engine: asked at every start, pause and stop of a clock, so it
costs a dictionary look-up. Whether there is a newer version is asked of the database once a second at most.
"""

from __future__ import annotations

import datetime as dt
import time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow.workhours import DayType, Hours, office_hours
from gezhi.engines.workflow.worktime import DayMode, WorkCalendar
from gezhi.kernel.registry import registry

from . import source
from .hours import read_periods
from .version import CalendarVersion

__all__ = ["calendar_at", "calendar_of", "forget", "missing_soon", "unit_line", "warning"]

log = structlog.get_logger(__name__)
_FRESH_SECONDS = 1.0
_UNSETTLED_SECONDS = 5.0
_current: tuple[float, int] = (0.0, 0)
_unsettled_until = 0.0

BUILT_IN = "built-in"
"""Version of the calendar used before the first row is there: the package's holidays, office hours."""


def calendar_of(unit_id: int | None, at: dt.datetime | None = None) -> WorkCalendar:
    """The working calendar of a unit under the newest version.

    Args:
        unit_id: None for the default hours. A unit without hours of its own has those of the nearest above.
        at: taken because the port names it; rules of other dates are part of the same calendar.
    """
    return _calendar(_newest(), _line(unit_id))


def calendar_at(version: str, unit_id: int | None) -> WorkCalendar:
    """The calendar a clock was computed with. Raises LookupError when its version is not known."""
    if version == BUILT_IN:
        return _calendar(0, ())
    if not version.isdecimal():
        raise LookupError(version)
    return _calendar(int(version), _line(unit_id))


def unit_line(unit_id: int) -> tuple[int, ...]:
    """A unit and the units above it, nearest first; one query for a unit not asked in this process before.

    Raises nothing: a unit that does not exist has no line but itself.
    """
    from gezhi.foundation.units.models import Unit

    line: list[int] = []
    here: int | None = unit_id
    while here is not None and here not in line and len(line) < 12:
        line.append(here)
        here = Unit.objects.filter(pk=here).values_list("parent_id", flat=True).first()
    return tuple(line)


def warning(due: dt.datetime, start: dt.datetime | None = None) -> str:
    """What to say about a deadline that rests on a year without holidays; "" when all is known."""
    years = calendar_of(None).missing_years(start or due, due)
    if not years:
        return ""
    return _("%s 年的节假日尚未录入，截止时间按周一至周五推算，录入后请重算") % "、".join(map(str, years))


def missing_soon(today: dt.date) -> tuple[int, ...]:
    """This year, and from November the next, if their holidays have not been entered.

    The State Council's notice comes in November; deadlines reach into January from then on.
    """
    years = (today.year, today.year + 1) if today.month >= 11 else (today.year,)
    known = calendar_of(None).known_years
    return tuple(year for year in years if year not in known)


def look_ahead() -> None:
    """Daily: say in the log that a year is missing."""
    for year in missing_soon(timezone.localdate()):
        log.warning("calendar_year_missing", year=year, remedy="gezhi manage import_calendar --file …")


def forget() -> None:
    """Ask the database for the newest version at the next question, and for a while at every one.

    Called when a version is made: the transaction that makes it must see it, and if it fails nobody may go on
    using it.
    """
    global _current, _unsettled_until
    _current, _unsettled_until = (0.0, 0), time.monotonic() + _UNSETTLED_SECONDS


def _newest() -> int:
    global _current
    now = time.monotonic()
    checked, version = _current
    if checked and now - checked < _FRESH_SECONDS and now > _unsettled_until:
        return version
    version = CalendarVersion.objects.order_by("-id").values_list("id", flat=True).first() or 0
    _current = (now, version)
    return version


def _line(unit_id: int | None) -> tuple[int, ...]:
    return () if unit_id is None else _lines(unit_id, int(time.monotonic() // 60))


@lru_cache(maxsize=4096)
def _lines(unit_id: int, _minute: int) -> tuple[int, ...]:
    """Lines change when somebody moves a unit: each is asked again every minute."""
    return tuple(registry.port("unit_line")(unit_id))


@lru_cache(maxsize=8)
def _picture(version: int) -> tuple[dict[dt.date, DayType], frozenset[int], list[dict[str, Any]]]:
    """Days, known years and rules of a version. A version never changes, so this may be kept for ever."""
    if version == 0:
        days = {day.date: day.type for day in source.national_days()}
        return days, frozenset(source.known_years()), []
    row = CalendarVersion.objects.filter(pk=version).values_list("days", "hours").first()
    if row is None:
        raise LookupError(str(version))
    days = {dt.date.fromisoformat(text): DayType(kind) for text, kind in row[0].items()}
    known = frozenset(day.year for day, kind in days.items() if kind is DayType.HOLIDAY)
    return days, known, row[1]


def _calendar(version: int, line: tuple[int, ...]) -> WorkCalendar:
    rules = _picture(version)[2]
    units = {rule["unit"] for rule in rules}
    nearest = next((unit for unit in line if unit in units), None)
    return _built(version, nearest)


@lru_cache(maxsize=256)
def _built(version: int, unit: int | None) -> WorkCalendar:
    """Default rules first, the unit's after them: the last rule that holds on a date wins."""
    days, known, rows = _picture(version)
    own = sorted((r for r in rows if r["unit"] in (None, unit)), key=_rank)
    lasting = [r for r in own if not r["season"] and not r["from"] and not r["to"]] or own
    chosen: dict[str, Any] = lasting[-1] if lasting else {}
    return WorkCalendar(
        days,
        tuple(_hours(row) for row in own) or (office_hours(),),
        ZoneInfo(settings.TIME_ZONE),
        version=str(version) if version else BUILT_IN,
        known_years=known,
        work_day_seconds=chosen.get("day_seconds", 28800),
        day_mode=DayMode(chosen.get("day_mode", DayMode.HOURS)),
    )


def _rank(row: dict[str, Any]) -> tuple[bool, bool, str]:
    return (row["unit"] is not None, bool(row["season"]), row["from"] or "")


def _hours(row: dict[str, Any]) -> Hours:
    season = None
    if row["season"]:
        (a, b), (c, d) = (map(int, text.split("-")) for text in row["season"])
        season = ((a, b), (c, d))
    begin, end = (dt.date.fromisoformat(row[key]) if row[key] else None for key in ("from", "to"))
    return Hours(tuple(read_periods(text) for text in row["week"]), begin, end, season, row["on_holidays"])

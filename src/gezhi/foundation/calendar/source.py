"""Public holidays of China as data: the one place that knows the package `chinesecalendar`.

The State Council announces each year's holidays and made-up working days (调休) the November before. The
package carries these notices for past years; a year that it lacks is imported by an administrator from a
CSV file instead, through the same `Holiday` rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO

import chinese_calendar
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.workhours import DayType

__all__ = ["BadHolidayFile", "Holiday", "known_years", "national_days", "read_csv"]

PACKAGE = "chinesecalendar"

_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}

_TYPE_WORDS = {
    "work": DayType.WORK,
    "工作日": DayType.WORK,
    "weekend": DayType.WEEKEND,
    "休息日": DayType.WEEKEND,
    "周末": DayType.WEEKEND,
    "holiday": DayType.HOLIDAY,
    "节假日": DayType.HOLIDAY,
    "放假": DayType.HOLIDAY,
    "makeup_work": DayType.MAKEUP_WORK,
    "调休上班": DayType.MAKEUP_WORK,
    "调休": DayType.MAKEUP_WORK,
    "补班": DayType.MAKEUP_WORK,
}


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date that does not follow its weekday: its type, the festival it belongs to, and who says so."""

    date: date
    type: DayType
    name: str
    source: str


class BadHolidayFile(ValueError):
    """A holiday file has rows that cannot be read. `errors` pairs line numbers with what is wrong."""

    def __init__(self, errors: list[tuple[int, str]]):
        super().__init__("；".join(f"{line}: {text}" for line, text in errors[:20]))
        self.errors = errors


def known_years() -> range:
    """Years whose notice the installed package carries."""
    dates = chinese_calendar.holidays
    return range(min(dates).year, max(dates).year + 1)


def national_days(years: Iterable[int] | None = None) -> Iterator[Holiday]:
    """Holidays and made-up working days of the given years (all known ones by default), in order of date.

    Raises:
        LookupError: a year is not in the package; its text names the years that are.
    """
    known = known_years()
    wanted = set(known if years is None else years)
    if missing := sorted(wanted.difference(known)):
        raise LookupError(f"{PACKAGE}: {missing} not in {known.start}–{known.stop - 1}")
    off = ((day, DayType.HOLIDAY, name) for day, name in chinese_calendar.holidays.items())
    on = ((day, DayType.MAKEUP_WORK, name) for day, name in chinese_calendar.workdays.items())
    for day, kind, name in sorted((*off, *on)):
        if day.year in wanted:
            yield Holiday(day, kind, _NAMES.get(name, name), PACKAGE)


def read_csv(text: str, source: str) -> list[Holiday]:
    """Rows `date,type,name` of a CSV text; the first row may be a heading, the name may be missing.

    Dates are ISO (2027-01-01) or written 2027/1/1; types are the codes of `DayType` or their Chinese words.

    Raises:
        BadHolidayFile: unreadable rows, a date given twice, or no row at all. Nothing is returned then.
    """
    found: dict[date, Holiday] = {}
    errors: list[tuple[int, str]] = []
    for line, row in enumerate(csv.reader(StringIO(text.lstrip("\ufeff"))), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and cells[0] in ("date", "日期")):
            continue
        try:
            holiday = _row(cells, source)
            if holiday.date in found:
                raise ValueError(str(_("日期重复")))
            found[holiday.date] = holiday
        except ValueError as error:
            errors.append((line, str(error)))
    if not found and not errors:
        errors.append((1, str(_("文件中没有数据"))))
    if errors:
        raise BadHolidayFile(errors)
    return sorted(found.values(), key=lambda holiday: holiday.date)


def _row(cells: list[str], source: str) -> Holiday:
    if len(cells) < 2:
        raise ValueError(str(_("每行至少要有日期和类型两列")))
    try:
        year, month, day = (int(part) for part in cells[0].replace("/", "-").split("-"))
        when = date(year, month, day)
    except ValueError:
        raise ValueError(str(_("无法识别的日期：%(value)s")) % {"value": cells[0][:40]}) from None
    if cells[1] not in _TYPE_WORDS:
        raise ValueError(str(_("无法识别的日期类型：%(value)s")) % {"value": cells[1][:40]})
    return Holiday(when, _TYPE_WORDS[cells[1]], cells[2] if len(cells) > 2 else "", source)

"""The holiday package against the State Council's notices, and the CSV way in."""

from datetime import date, timedelta

import pytest

from gezhi.engines.workflow.workhours import DayType
from gezhi.foundation.calendar.source import BadHolidayFile, known_years, national_days, read_csv

NOTICES = {
    2025: (
        "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}


def _dates(year: int, spans: str) -> set[date]:
    found = set()
    for span in spans.split():
        first, _, last = span.partition("..")
        day, end = (date.fromisoformat(f"{year}-{part}") for part in (first, last or first))
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


@pytest.mark.parametrize("year", NOTICES)
def test_package_agrees_with_the_notice(year):
    days = list(national_days([year]))
    off, on = ({day.date for day in days if day.type is kind} for kind in (DayType.HOLIDAY, DayType.MAKEUP_WORK))
    assert off == _dates(year, NOTICES[year][0])
    assert on == _dates(year, NOTICES[year][1])


def test_every_known_day_has_a_chinese_name_and_makeup_days_are_weekends():
    days = list(national_days())
    assert {day.date.year for day in days} == set(known_years())
    assert all("\u4e00" <= day.name[0] <= "\u9fff" for day in days)
    assert all(day.date.weekday() >= 5 for day in days if day.type is DayType.MAKEUP_WORK)
    assert [day.date for day in days] == sorted({day.date for day in days})


def test_unknown_year_is_refused_by_name():
    with pytest.raises(LookupError, match="2099"):
        list(national_days([2026, 2099]))


def test_csv_reads_codes_and_chinese_words():
    rows = read_csv("\ufeff日期,类型,名称\n2027-01-01,holiday,元旦\n\n2027/2/20,调休上班\n2027/1/2,放假,元旦\n", "通知")
    assert [(row.date, row.type, row.name) for row in rows] == [
        (date(2027, 1, 1), DayType.HOLIDAY, "元旦"),
        (date(2027, 1, 2), DayType.HOLIDAY, "元旦"),
        (date(2027, 2, 20), DayType.MAKEUP_WORK, ""),
    ]
    assert {row.source for row in rows} == {"通知"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("date,type\n2027-13-01,holiday", 2),
        ("2027-01-01,party", 1),
        ("2027-01-01", 1),
        ("2027-01-01,holiday\n2027-01-01,work", 2),
        ("", 1),
        ("date,type,name\n", 1),
    ],
)
def test_csv_errors_name_their_line(text, line):
    with pytest.raises(BadHolidayFile) as caught:
        read_csv(text, "x")
    assert [number for number, _ in caught.value.errors] == [line]

"""Working time by example: the cases that people quarrel about."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gezhi.engines.workflow.worktime import (
    CHINA,
    BeyondCalendar,
    DayMode,
    DayType,
    Hours,
    NoHolidayData,
    Unit,
    WorkCalendar,
    office_hours,
)

OFF_2026 = [date(2026, 9, day) for day in (25, 26, 27)] + [date(2026, 10, day) for day in range(1, 8)]
ON_2026 = [date(2026, 9, 20), date(2026, 10, 10)]
DAYS = dict.fromkeys(OFF_2026, DayType.HOLIDAY) | dict.fromkeys(ON_2026, DayType.MAKEUP_WORK)
CAL = WorkCalendar(DAYS, known_years=frozenset({2026}), version="7")
DAY = 28800


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "mode", "due"),
    [
        # A due hour may be the closing time itself, and lunch does not count.
        ("2026-11-20 08:00", 1, "work_day", "hours", "2026-11-20 18:00"),
        ("2026-11-20 11:00", 2, "work_hour", "hours", "2026-11-20 15:00"),
        ("2026-11-20 17:00", 2, "work_hour", "hours", "2026-11-23 09:00"),  # Friday to Monday
        ("2026-11-21 10:00", 1, "work_hour", "hours", "2026-11-23 09:00"),  # from a Saturday
        ("2026-11-20 13:00", 0.5, "work_day", "hours", "2026-11-20 18:00"),
        ("2026-11-20 13:00", Decimal("0.25"), "work_day", "hours", "2026-11-20 16:00"),
        # National Day 2026: Thursday 1 to Wednesday 7 October off, Saturday 10 worked.
        ("2026-09-30 17:00", 2, "work_hour", "hours", "2026-10-08 09:00"),
        ("2026-10-09 17:00", 1, "work_day", "hours", "2026-10-10 17:00"),
        ("2026-10-09 17:00", 2, "work_day", "hours", "2026-10-12 17:00"),
        # The day of receipt does not count; the n-th working day counts to its end.
        ("2026-11-20 08:00", 1, "work_day", "next_day_end", "2026-11-23 18:00"),
        ("2026-11-20 23:59", 2, "work_day", "next_day_end", "2026-11-24 18:00"),
        ("2026-09-30 09:00", 1, "work_day", "next_day_end", "2026-10-08 18:00"),
        ("2026-10-09 09:00", 1, "work_day", "next_day_end", "2026-10-10 18:00"),
        ("2026-11-21 09:00", 1, "work_day", "next_day_end", "2026-11-23 18:00"),
        ("2026-11-20 09:00", Decimal("1.5"), "work_day", "next_day_end", "2026-11-24 18:00"),
        # The mode concerns working days only.
        ("2026-11-20 09:00", 1, "work_hour", "next_day_end", "2026-11-20 10:00"),
        # Continuous units know no holiday.
        ("2026-10-01 23:50", 15, "urgent_minute", "hours", "2026-10-02 00:05"),
        ("2026-10-01 23:50", 2, "urgent_hour", "hours", "2026-10-02 01:50"),
        ("2026-09-30 17:00", 3, "natural_day", "hours", "2026-10-03 17:00"),
        # Backwards, for reminders: Monday 09:00 less two hours is Friday 17:00.
        ("2026-11-23 09:00", -2, "work_hour", "hours", "2026-11-20 17:00"),
        ("2026-11-23 09:00", -1, "work_hour", "hours", "2026-11-23 08:00"),
        ("2026-11-21 09:00", 0, "work_hour", "hours", "2026-11-21 09:00"),
    ],
)
def test_deadlines(start, amount, unit, mode, due):
    assert CAL.add(at(start), amount, unit, mode) == at(due)


def test_a_zone_of_the_caller_changes_nothing():
    start = at("2026-11-20 17:00")
    there = start.astimezone(ZoneInfo("America/New_York"))
    assert CAL.add(there, 2, Unit.WORK_HOUR) == CAL.add(start.astimezone(UTC), 2, Unit.WORK_HOUR)
    assert CAL.add(there, 1, Unit.WORK_DAY, DayMode.NEXT_DAY_END) == at("2026-11-23 18:00")


def test_is_working_and_next_working():
    assert CAL.is_working(at("2026-10-10 08:00"))
    assert not CAL.is_working(at("2026-10-10 12:00"))
    assert not CAL.is_working(at("2026-10-05 09:00"))
    assert CAL.next_working(at("2026-09-30 18:00")) == at("2026-10-08 08:00")
    assert CAL.next_working(at("2026-10-08 09:30")) == at("2026-10-08 09:30")
    assert CAL.day_type(date(2026, 10, 10)) is DayType.MAKEUP_WORK
    assert CAL.day_type(date(2026, 10, 11)) is DayType.WEEKEND


def test_overtime_is_negative_time_left():
    due = at("2026-09-30 18:00")
    assert CAL.remaining(at("2026-09-30 17:00"), due) == 3600
    assert CAL.remaining(at("2026-10-05 17:00"), due) == 0
    assert CAL.remaining(at("2026-10-08 10:00"), due) == -7200
    assert CAL.remaining(at("2026-10-01 18:00"), due, Unit.NATURAL_DAY) == -86400


def test_suspension_across_national_day_leaves_the_time_left_unchanged():
    """Acceptance scenario 5 of the case life cycle: twenty days, from 20 September to 10 October."""
    start, limit = at("2026-09-18 10:00"), CAL.limit(5, Unit.WORK_DAY)
    paused, resumed = at("2026-09-20 15:30"), at("2026-10-10 15:30")
    left = CAL.remaining(paused, CAL.add_seconds(start, limit))
    due = CAL.add_seconds(resumed, left)
    assert CAL.remaining(resumed, due) == left == limit - CAL.elapsed(start, paused)
    assert left == 5 * DAY - (6 * 3600 + 5.5 * 3600)  # Friday from 10:00, the made-up Sunday until 15:30
    assert due == at("2026-10-15 10:00")  # 3 d 4.5 h left: 2.5 h that Saturday, three days, two hours


def test_winter_hours_change_on_their_day_and_run_over_new_year():
    winter = office_hours((510, 690), (810, 1020), season=((10, 8), (4, 30)))
    cal = WorkCalendar(DAYS, (office_hours(), winter))
    assert cal.periods(date(2026, 9, 30)) == ((480, 720), (840, 1080))
    assert cal.periods(date(2026, 10, 8)) == ((510, 690), (810, 1020))
    assert cal.periods(date(2027, 1, 4)) == ((510, 690), (810, 1020))
    assert cal.periods(date(2026, 5, 1)) == ((480, 720), (840, 1080))
    # A working day stays eight hours although the winter day has six and a half.
    assert cal.add(at("2026-10-08 08:30"), 1, Unit.WORK_DAY) == at("2026-10-09 10:00")
    assert cal.add(at("2026-10-07 08:30"), 1, "work_day", "next_day_end") == at("2026-10-08 17:00")


def test_hours_of_a_span_of_dates_and_of_a_staffed_centre():
    always = Hours((((0, 1440),),) * 7, on_holidays=True)
    assert WorkCalendar(DAYS, (always,)).elapsed(at("2026-10-01 00:00"), at("2026-10-08 00:00")) == 7 * 86400
    summer = office_hours((480, 840), valid_from=date(2026, 7, 1), valid_to=date(2026, 8, 31))
    cal = WorkCalendar({}, (office_hours(), summer))
    assert [len(cal.periods(date(2026, month, 1))) for month in (6, 7, 8)] == [2, 1, 0]  # 1 August: Saturday
    assert len(cal.periods(date(2026, 8, 31))) == 1
    assert len(cal.periods(date(2026, 9, 1))) == 2


def test_a_saturday_service_counts_but_a_holiday_on_it_does_not():
    week = (((540, 720),),) * 6 + ((),)
    cal = WorkCalendar(
        {date(2026, 10, 3): DayType.HOLIDAY, date(2026, 11, 6): DayType.WEEKEND}, (Hours(week),)
    )
    assert cal.is_working(at("2026-10-10 09:00"))
    assert not cal.is_working(at("2026-10-03 09:00"))
    assert not cal.is_working(at("2026-11-06 09:00"))


def test_years_without_data_are_named():
    due = CAL.due(at("2026-12-31 09:00"), 3, Unit.WORK_DAY)
    assert (due.at, due.missing_years, due.assumed) == (at("2027-01-05 09:00"), (2027,), True)
    assert not CAL.due(at("2026-11-20 09:00"), 3, Unit.WORK_DAY).assumed
    assert not CAL.due(at("2026-12-31 09:00"), 3, Unit.NATURAL_DAY, strict=True).assumed
    with pytest.raises(NoHolidayData) as caught:
        CAL.due(at("2026-12-31 09:00"), 3, Unit.WORK_DAY, strict=True)
    assert caught.value.years == (2027,)


def test_local_new_year_decides_the_year():
    # 31 December 16:30 UTC is already 2027 in China.
    assert CAL.missing_years(datetime(2026, 12, 31, 16, 30, tzinfo=UTC), at("2026-12-31 09:00")) == (2027,)


def test_far_dates_grow_the_table_and_absurd_ones_are_refused():
    cal = WorkCalendar(known_years=frozenset({2026}))
    before = cal.elapsed(at("2026-01-05 08:00"), at("2026-02-02 08:00"))
    assert cal.elapsed(at("1999-01-04 08:00"), at("1999-02-01 08:00")) == before == 20 * DAY
    assert cal.elapsed(at("2126-01-07 08:00"), at("2126-02-04 08:00")) == before
    assert cal.elapsed(at("2026-01-05 08:00"), at("2026-02-02 08:00")) == before
    assert cal.next_working(at("2031-11-22 08:00")) == at("2031-11-24 08:00")
    with pytest.raises(BeyondCalendar):
        cal.add(at("2026-01-05 08:00"), 10**7, Unit.WORK_DAY)
    with pytest.raises(BeyondCalendar):
        cal.is_working(at("2999-01-05 08:00"))


def test_hours_that_ended_never_meet_a_deadline():
    cal = WorkCalendar({}, (office_hours(valid_to=date(2024, 6, 30)),))
    assert cal.elapsed(at("2024-06-27 08:00"), at("2030-01-01 08:00")) == 2 * DAY
    with pytest.raises(BeyondCalendar):
        cal.add(at("2024-06-27 08:00"), 3, Unit.WORK_DAY)


@pytest.mark.parametrize(
    "week",
    [
        (((480, 720),),) * 5,
        (((720, 480),),) + ((),) * 6,
        (((480, 720), (700, 800)),) + ((),) * 6,
        (((480, 1500),),) + ((),) * 6,
    ],
)
def test_impossible_hours_are_refused(week):
    with pytest.raises(ValueError):
        Hours(week)


def test_misuse_is_refused():
    with pytest.raises(TypeError):
        CAL.add(datetime(2026, 1, 1), 1, Unit.WORK_DAY)
    with pytest.raises(ValueError):
        CAL.add(at("2026-01-01 08:00"), 1, "fortnight")
    with pytest.raises(ValueError):
        CAL.elapsed(at("2026-01-01 08:00"), at("2026-01-01 08:00"), "fortnight")
    with pytest.raises(ValueError):
        CAL.add_seconds(at("2026-01-01 08:00"), 1, "fortnight")
    with pytest.raises(ValueError):
        CAL.add(at("2026-01-01 08:00"), -1, "work_day", "next_day_end")
    with pytest.raises(ValueError):
        CAL.add(at("2026-01-01 08:00"), 1, "work_day", "sometimes")
    with pytest.raises(ValueError):
        WorkCalendar({}, (Hours(((),) * 7),))
    with pytest.raises(ValueError):
        WorkCalendar(work_day_seconds=0)


def test_the_calendar_does_not_follow_its_maker():
    days = {date(2026, 11, 20): DayType.HOLIDAY}
    cal = WorkCalendar(days)
    days.clear()
    assert not cal.is_working(at("2026-11-20 09:00"))
    assert hash(cal) == hash(WorkCalendar({date(2026, 11, 20): DayType.HOLIDAY}))
    with pytest.raises(AttributeError):
        cal.version = "8"

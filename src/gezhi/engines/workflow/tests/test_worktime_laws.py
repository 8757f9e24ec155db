"""Working time by law: properties that hold for any calendar, against a slow count of our own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gezhi.engines.workflow.worktime import DayMode, DayType, Hours, Unit, WorkCalendar, office_hours

ORIGIN = datetime(2025, 12, 1, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York")]

instants = st.integers(0, 400 * 86400).map(lambda s: ORIGIN + timedelta(seconds=s))
amounts = st.integers(0, 60 * 28800)
units = st.sampled_from(list(Unit))


@st.composite
def periods(draw):
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=4)))
    return tuple((a * 15, b * 15) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw):
    days = draw(
        st.dictionaries(
            st.integers(0, 420).map(lambda n: date(2025, 11, 25) + timedelta(days=n)),
            st.sampled_from(list(DayType)),
            max_size=40,
        )
    )
    day = draw(periods())
    rules = [Hours((day,) * 5 + ((), draw(st.just(())) if draw(st.booleans()) else day))]
    if draw(st.booleans()):
        rules.append(office_hours(*draw(periods()), season=((11, 1), (3, 31))))
    zone = draw(st.sampled_from(ZONES))
    return WorkCalendar(days, tuple(rules), zone, known_years=frozenset({2025, 2026}))


def slow_elapsed(cal: WorkCalendar, start: datetime, end: datetime) -> int:
    """Overlap of [start, end) with the periods of every day, without any table."""
    day = start.astimezone(cal.zone).date() - timedelta(days=1)
    total = 0.0
    while day <= end.astimezone(cal.zone).date() + timedelta(days=1):
        midnight = datetime(day.year, day.month, day.day, tzinfo=cal.zone)
        for begin, close in cal.periods(day):
            low, high = ((midnight + timedelta(minutes=m)).astimezone(UTC) for m in (begin, close))
            total += max((min(high, end) - max(low, start)).total_seconds(), 0)
        day += timedelta(days=1)
    return round(total)


plain = calendars().filter(lambda cal: cal.zone.key.startswith("Asia/"))  # clocks there never change


@settings(max_examples=60, deadline=None)
@given(plain, instants, st.integers(0, 30 * 86400))
def test_elapsed_equals_the_slow_count(cal, start, seconds):
    end = start + timedelta(seconds=seconds)
    assert cal.elapsed(start, end) == slow_elapsed(cal, start, end)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, amounts, units)
def test_what_is_added_has_elapsed(cal, start, seconds, unit):
    due = cal.add_seconds(start, seconds, unit)
    assert due >= start
    assert cal.elapsed(start, due, unit) == cal.remaining(start, due, unit) == seconds
    back = cal.add_seconds(start, -seconds, unit)
    assert back <= start
    assert cal.elapsed(back, start, unit) == seconds


@settings(max_examples=100, deadline=None)
@given(calendars(), instants, amounts.filter(bool))
def test_a_deadline_is_the_earliest_and_lies_in_working_time(cal, start, seconds):
    due = cal.add_seconds(start, seconds)
    moment_before = due - timedelta(seconds=1)
    assert cal.elapsed(start, moment_before) == seconds - 1
    assert cal.is_working(moment_before)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, amounts, amounts, units)
def test_adding_twice_is_adding_the_sum(cal, start, first, second, unit):
    step = cal.add_seconds(cal.add_seconds(start, first, unit), second, unit)
    assert step == cal.add_seconds(start, first + second, unit)
    step = cal.add_seconds(cal.add_seconds(start, -first, unit), -second, unit)
    assert step == cal.add_seconds(start, -first - second, unit)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, instants, instants, units)
def test_elapsed_adds_up_in_any_order(cal, a, b, c, unit):
    assert cal.elapsed(a, b, unit) + cal.elapsed(b, c, unit) == cal.elapsed(a, c, unit)
    assert cal.elapsed(a, b, unit) == -cal.elapsed(b, a, unit)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, instants, amounts, amounts, units)
def test_later_starts_and_longer_limits_are_never_due_earlier(cal, a, b, short, more, unit):
    early, late = sorted((a, b))
    assert cal.add_seconds(early, short, unit) <= cal.add_seconds(late, short, unit)
    assert cal.add_seconds(early, short, unit) <= cal.add_seconds(early, short + more, unit)
    assert cal.elapsed(early, late, unit) >= 0
    by_day = [cal.add(at, short % 30, Unit.WORK_DAY, DayMode.NEXT_DAY_END) for at in (early, late)]
    assert by_day[0] <= by_day[1]


@settings(max_examples=80, deadline=None)
@given(
    calendars(),
    instants,
    amounts,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**7)), max_size=5),
)
def test_pauses_leave_the_time_left_unchanged(cal, start, limit, pauses):
    """Whatever the pauses, time used while running equals the limit when the last deadline arrives."""
    now, due, used = start, cal.add_seconds(start, limit), 0
    for run, pause in pauses:
        paused = now + timedelta(seconds=run)
        left = cal.remaining(paused, due)
        used += cal.elapsed(now, paused)
        now = paused + timedelta(seconds=pause)
        due = cal.add_seconds(now, left)
        assert cal.remaining(now, due) == left == limit - used


@settings(max_examples=60, deadline=None)
@given(calendars(), instants)
def test_next_working_is_the_first_working_instant(cal, at):
    there = cal.next_working(at)
    assert there >= at
    assert cal.is_working(there)
    assert cal.elapsed(at, there) == 0
    assert cal.is_working(at) == (there == at)


@settings(max_examples=8, deadline=None)
@given(instants, amounts, st.permutations([2015, 2031, 2045]))
def test_the_order_of_growth_does_not_matter(start, seconds, years):
    fresh, grown = WorkCalendar(), WorkCalendar()
    for year in years:
        grown.is_working(datetime(year, 6, 1, tzinfo=UTC))
    assert fresh.add_seconds(start, seconds) == grown.add_seconds(start, seconds)
    far = datetime(2030, 3, 1, tzinfo=UTC)
    assert fresh.elapsed(start, far) == grown.elapsed(start, far)

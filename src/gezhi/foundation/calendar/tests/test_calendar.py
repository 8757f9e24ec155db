"""The calendar as rows: seeded, edited with versions, asked by the engine, applied to running clocks."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.template.loader import render_to_string
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.workflow import clocks
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.clocks import Clock
from gezhi.engines.workflow.worktime import CHINA
from gezhi.foundation.calendar import recompute, service
from gezhi.foundation.calendar.day import CalendarDay
from gezhi.foundation.calendar.hours import WorkHours
from gezhi.foundation.calendar.load import load_days, plan_days
from gezhi.foundation.calendar.source import national_days, read_csv
from gezhi.foundation.calendar.version import CalendarVersion, catch_up
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
NATIONAL = "date,type,name\n" + "".join(f"2027-10-0{n},holiday,国庆节\n" for n in range(1, 8))


@pytest.fixture(autouse=True)
def _fresh():
    service.forget()
    yield
    service.forget()


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


def admin():
    return Actor(kind="staff", name="管理员", role="admin", area="3205", grants=grants_of("admin"))


def versions():
    return CalendarVersion.objects.order_by("id")


def unit(code, parent=None):
    values = {"code": code, "name": code, "kind": "centre", "level": "city", "area_code": "3205"}
    return write(SYSTEM, "create", Unit, {**values, "parent": parent})


def tree(code="T1", start="2026-09-30 09:00", limit=(2, "work_day")):
    """A record whose clock ``care`` runs from `start`."""
    made = act(SYSTEM, Tree, "plant", {"code": code, "area_code": "320508"}, at=at(start))
    with door(SYSTEM, at=at(start)) as session:
        clock = clocks.start(session, made, "care", *limit)
        session.change(made, {"due_at": clock.due_at, "warn_at": clock.warn_at})
    made.refresh_from_db()
    return made


def test_a_new_installation_has_the_holidays_and_office_hours():
    assert CalendarDay.objects.filter(date__year=2026).count() == len(list(national_days([2026])))
    assert WorkHours.objects.get().monday == "08:00-12:00 14:00-18:00"
    version = versions().get()
    assert version.status == "applied"
    calendar = registry.port("calendar")(None, at("2026-09-30 17:00"))
    assert calendar.version == str(version.pk)
    assert calendar.add(at("2026-09-30 17:00"), 2, "work_hour") == at("2026-10-08 09:00")
    assert max(calendar.known_years) == 2026


def test_an_empty_calendar_falls_back_on_the_package(monkeypatch):
    monkeypatch.setattr(service, "_newest", lambda: 0)
    calendar = service.calendar_of(5)
    assert calendar.version == service.BUILT_IN
    assert not calendar.is_working(at("2026-10-05 09:00"))
    assert calendar.is_working(at("2026-10-10 09:00"))


def test_every_edit_makes_a_version_that_counts_at_once():
    before = service.calendar_of(None)
    day = write(admin(), "create", CalendarDay, {"date": dt.date(2026, 11, 20), "type": "holiday", "name": "市庆"})
    after = service.calendar_of(None)
    assert int(after.version) > int(before.version)
    assert before.is_working(at("2026-11-20 09:00"))
    assert not after.is_working(at("2026-11-20 09:00"))
    write(admin(), "change", day, {"type": "work"})
    write(admin(), "remove", day)
    assert versions().count() == 4
    assert service.calendar_of(None).is_working(at("2026-11-20 09:00"))
    assert service.calendar_at(after.version, None) == after
    assert [row.verb for row in History.objects.filter(register="calendar_day", record_id=day.pk)] == [
        "create", "change", "remove",
    ]  # fmt: skip


def test_a_version_that_was_undone_is_not_used():
    before = service.calendar_of(None).version
    with pytest.raises(RuntimeError), door(SYSTEM) as session:
        session.create(CalendarDay, {"date": dt.date(2026, 11, 20), "type": "holiday"})
        assert service.calendar_of(None).version != before
        raise RuntimeError
    assert service.calendar_of(None).version == before


def test_only_an_administrator_edits():
    clerk = Actor(kind="staff", name="联络员", role="unit_clerk", area="3205", grants=grants_of("unit_clerk"))
    for model, values in (
        (CalendarDay, {"date": dt.date(2026, 11, 20), "type": "holiday"}),
        (WorkHours, {"name": "冬季"}),
    ):
        with pytest.raises(Refused):
            write(clerk, "create", model, values)
    with pytest.raises(Refused):
        load_days(clerk, read_csv(NATIONAL, "x"), "x")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"monday": "8点到12点"}, "monday"),
        ({"monday": "14:00-18:00 08:00-12:00"}, "monday"),
        ({"monday": "08:00-12:00 11:00-13:00"}, "monday"),
        ({"season_from": "10-08"}, "season_to"),
        ({"season_from": "13-08", "season_to": "04-30"}, "season_from"),
        ({"valid_from": dt.date(2026, 2, 1), "valid_to": dt.date(2026, 1, 1)}, "valid_to"),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ""), "monday"),
        ({"day_hours": 0}, "day_hours"),
        ({"unit": None}, "unit"),
    ],
)
def test_impossible_hours_are_refused(values, field):
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", WorkHours, {"name": "规则", **values})
    assert field in caught.value.errors


def test_the_lasting_default_stays():
    with pytest.raises(Invalid, match="默认"):
        write(SYSTEM, "change", WorkHours.objects.get(), {"valid_from": dt.date(2026, 1, 1)})


def test_periods_are_read_as_people_write_them():
    rule = write(SYSTEM, "change", WorkHours.objects.get(), {"monday": "8：30－11:30，13:30~17:00"})
    assert rule.monday == "08:30-11:30 13:30-17:00"


def test_hours_of_the_nearest_unit_its_season_and_its_reading_of_a_day():
    city, other = unit("C"), unit("O")
    low = unit("L", unit("M", city))
    write(SYSTEM, "create", WorkHours, {"unit": city, "name": "市级", "day_mode": "next_day_end"})
    winter = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:30-11:30 13:30-17:00")
    season = {"season_from": "10-08", "season_to": "04-30"}
    write(SYSTEM, "create", WorkHours, {"unit": city, "name": "冬季", **season, **winter})
    calendar = service.calendar_of(low.pk)
    assert service.calendar_of(city.pk) is calendar
    assert calendar.add(at("2026-09-28 09:00"), 1, "work_day") == at("2026-09-29 18:00")
    assert calendar.add(at("2026-11-20 09:00"), 1, "work_day") == at("2026-11-23 17:00")
    assert service.calendar_of(other.pk) is service.calendar_of(None)
    assert service.calendar_of(None).add(at("2026-11-20 08:00"), 1, "work_day") == at("2026-11-20 18:00")


def test_a_year_is_imported_compared_and_imported_again():
    days = read_csv(NATIONAL, "国办发明电〔2026〕")
    count = versions().count()
    plan, version = load_days(SYSTEM, days, "通知")
    assert (len(plan.create), version.pk, versions().count()) == (7, versions().last().pk, count + 1)
    assert load_days(SYSTEM, days, "通知")[1] is None
    changed = read_csv(NATIONAL.replace("2027-10-07,holiday", "2027-10-09,makeup_work"), "更正")
    plan = plan_days(changed)
    assert [(d.date.day) for d in plan.create] == [9]
    assert [d.date.day for d in plan.remove] == [7]
    assert plan.same == 6
    load_days(SYSTEM, changed, "更正")
    assert CalendarDay.objects.filter(date__year=2027).count() == 7
    assert CalendarDay.objects.filter(date__year=2026).exists()


def test_the_command_imports_and_says_what_is_wrong(tmp_path):
    out, path = StringIO(), tmp_path / "2027.csv"
    path.write_bytes(NATIONAL.encode("gb18030"))
    call_command("import_calendar", file=path, dry_run=True, stdout=out)
    assert "新增 7" in out.getvalue()
    assert not CalendarDay.objects.filter(date__year=2027).exists()
    call_command("import_calendar", file=path, stdout=out)
    assert CalendarDay.objects.get(date=dt.date(2027, 10, 1)).source == "2027.csv"
    call_command("import_calendar", year=[2026], stdout=out)
    assert "新增 0，修改 0，删除 0" in out.getvalue()
    with pytest.raises(CommandError, match="--file"):
        call_command("import_calendar", year=[2099], stdout=out)
    path.write_text("2027-99-01,holiday")
    with pytest.raises(CommandError, match="第 1 行"):
        call_command("import_calendar", file=path, stdout=out)
    with pytest.raises(CommandError, match="无法读取"):
        call_command("import_calendar", file=tmp_path / "none.csv", stdout=out)


def test_days_that_came_in_bulk_get_their_version_from_the_outbox():
    count = versions().count()
    with door(SYSTEM) as session:
        values = {"date": dt.date(2027, 1, 1), "type": "holiday", "name": "元旦", "source": "x"}
        bulk_create(session, CalendarDay, [values])
    assert versions().count() == count
    event = Event.objects.get(kind="calendar_day.import_batch", payload__count=1)
    catch_up(event)
    assert versions().count() == count + 1
    assert "2027-01-01" in versions().last().days
    catch_up(event)
    assert versions().count() == count + 1


def test_a_due_time_in_an_unknown_year_is_said():
    made = tree(start="2026-12-31 09:00")
    assert Clock.objects.get(record_id=made.pk, stopped_at=None).uncertain
    assert "2027" in service.warning(made.due_at)
    assert service.warning(at("2026-11-20 09:00")) == ""
    load_days(SYSTEM, read_csv(NATIONAL, "x"), "x")
    assert service.warning(made.due_at) == ""


@pytest.mark.parametrize(
    ("day", "missing"), [("2026-10-31", ()), ("2026-11-20", (2027,)), ("2027-01-02", (2027,)), ("2025-12-31", ())]
)
def test_a_year_that_is_nearly_here_without_holidays_is_said(day, missing):
    assert service.missing_soon(dt.date.fromisoformat(day)) == missing


def test_applying_a_version_moves_running_clocks_and_leaves_a_trace():
    moves, stays, finished = tree("A"), tree("B", "2026-11-18 09:00"), tree("C")
    act(SYSTEM, finished, "fell", at=at("2026-09-30 10:00"))
    assert moves.due_at == at("2026-10-09 09:00")
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday", "name": "市庆"})
    moves.refresh_from_db()
    assert moves.due_at == at("2026-10-09 09:00")  # nothing moves unasked
    version = versions().last()
    effect = recompute.preview(version)
    assert (effect["checked"], effect["moved"]) == (2, 1)
    assert "2026-10-10 09:00" in render_to_string("calendar/effect.html", effect)
    version = act(admin(), version, "apply")
    assert version.status == "applying"
    recompute.work(version.pk)
    recompute.work(version.pk)  # a job may be run twice
    version.refresh_from_db()
    assert (version.status, version.checked, version.moved) == ("applied", 2, 1)
    moves.refresh_from_db()
    stays.refresh_from_db()
    assert moves.due_at == at("2026-10-10 09:00")
    assert moves.warn_at < moves.due_at
    assert stays.due_at == at("2026-11-20 09:00")
    clock = Clock.objects.get(record_id=moves.pk, stopped_at=None)
    assert (clock.due_at, clock.calendar_version) == (moves.due_at, str(version.pk))
    row = History.objects.get(register="tree", record_id=moves.pk, verb="recalculate")
    assert "管理员确认" in row.opinion
    assert row.changes["_"]["clock"] == "care"
    assert str(version.pk) in row.opinion
    assert not History.objects.filter(record_id=stays.pk, register="tree", verb="recalculate").exists()
    assert recompute.preview(version)["checked"] == 0


def test_a_job_that_was_killed_goes_on_and_leaves_clocks_of_a_newer_version_alone(monkeypatch):
    trees = [tree(f"K{n}") for n in range(3)]
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday"})
    version = act(admin(), versions().last(), "apply")
    real, calls = recompute._move, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(recompute, "_CHUNK", 2)
    monkeypatch.setattr(recompute, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        recompute.work(version.pk)
    version.refresh_from_db()
    assert (version.status, version.moved) == ("applying", 2)
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 9), "type": "holiday"})
    newer = tree("K9")
    recompute.work(version.pk)
    version.refresh_from_db()
    assert (version.status, version.moved, version.checked) == ("applied", 3, 3)
    for made in trees:
        made.refresh_from_db()
    assert {made.due_at for made in trees} == {at("2026-10-10 09:00")}
    newer.refresh_from_db()
    assert newer.due_at == at("2026-10-12 09:00")


def test_a_clock_that_stopped_meanwhile_is_left_alone():
    made = tree()
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday"})
    version = versions().last()
    shift = next(recompute.shifts(version))
    act(SYSTEM, made, "fell", at=at("2026-09-30 10:00"))
    with door(SYSTEM) as session:
        assert not recompute._move(session, shift, version, "")
    assert not History.objects.filter(register="tree", record_id=made.pk, verb="recalculate").exists()


def test_an_extended_clock_keeps_what_it_was_granted():
    made = tree()
    with door(SYSTEM, at=at("2026-09-30 10:00")) as session:
        clocks.extend(session, made, "care", 1, "work_day")
    clock = Clock.objects.get(record_id=made.pk, stopped_at=None)
    assert clock.due_at == at("2026-10-10 09:00")
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday"})
    moved = next(recompute.shifts(versions().last(), at("2026-09-30 10:00")))
    assert moved.due_at == at("2026-10-12 09:00")


def test_a_paused_clock_is_left_alone_and_resumes_by_the_new_calendar():
    made = tree()
    act(SYSTEM, made, "fall_ill", {"opinion": "虫害"}, at=at("2026-09-30 14:00"))
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday"})
    assert list(recompute.shifts(versions().last())) == []
    made.refresh_from_db()
    made = act(SYSTEM, made, "heal", at=at("2026-10-07 10:00"))
    assert made.due_at == at("2026-10-10 15:00")  # 13 of 16 hours left: the 9th, five of the 10th


def test_a_version_may_be_put_aside_and_an_older_one_not_applied():
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 8), "type": "holiday"})
    write(admin(), "create", CalendarDay, {"date": dt.date(2026, 10, 9), "type": "holiday"})
    older, newest = list(versions())[-2:]
    with pytest.raises(Conflict, match="更新的日历版本"):
        act(admin(), older, "apply")
    with pytest.raises(Invalid):
        act(admin(), newest, "keep", {})
    assert act(admin(), newest, "keep", {"opinion": "只影响新事项"}).status == "kept"
    with pytest.raises(Refused):
        act(Actor(kind="staff", name="x", role="leader", grants=grants_of("leader")), older, "apply")


def test_asking_for_a_calendar_costs_no_query_within_a_second(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(service, "_unsettled_until", 0.0)
    monkeypatch.setattr(service, "_current", (0.0, 0))
    service.calendar_of(None)
    with django_assert_num_queries(0):
        for _ in range(100):
            service.calendar_of(None)

"""Counts by day: whatever is written and whenever the worker counts, a figure is the rows behind its link."""

import datetime as dt
import random
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gezhi.domains.cases.models import Case, WorkOrder
from gezhi.engines.metrics import days, rolling
from gezhi.engines.metrics.days import Period, about_keys, gaps, rollups_of, whole_days
from gezhi.engines.metrics.evaluate import board, metric_of
from gezhi.engines.metrics.models import DayCount, DayMark, DayState
from gezhi.engines.metrics.shape import table
from gezhi.engines.tables.query import Query
from gezhi.kernel.access import Served
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.registry import registry

from .city import City

NAMES = ("case_on_time", "case_auto_dispatched", "case_satisfied", "case_closed", "case_handled", "case_returned",
         "order_on_time")
ROLES = ("supervisor", "leader", "unit_clerk")
pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db):
    """A city of four centres and actors with each sort of sight."""
    city = City()
    city.seen = {role: city.actor(role) for role in ROLES} | {"town": city.actor("supervisor", city.town)}
    return city


def lived(city, rng, number, now):
    """A case of the last hundred days with its order, as the log and the conditions of metrics see it."""
    at = now - dt.timedelta(days=rng.random() * 100)
    closed = at + dt.timedelta(hours=rng.random() * 200)
    centre = rng.choice([city.root, city.centre, city.town])
    with door(SYSTEM) as session:
        case = session.create(Case, {
            "query_code": f"Q{number:07d}", "channel": "web", "title": "垃圾", "content": "垃圾", "reported_at": at,
            "area_code": rng.choice(["320508001001001", "320508002001001", "320506001001001"]), "centre": centre,
            "filed_at": at, "handled_at": closed, "closed_at": closed, "finished_at": closed, "status": "closed",
            "overtime": rng.random() < 0.3, "excluded": rng.random() < 0.1, "auto_dispatched": rng.random() < 0.5,
            "final_satisfaction": rng.choice([None, 1, 3, 4, 5]), "returns": rng.choice([0, 0, 1])}, trusted=True)
        session.create(WorkOrder, {
            "no": f"N{number}", "case": case, "unit": city.cg, "area_code": case.area_code, "limit_value": 1,
            "limit_unit": "work_day", "opened_at": at, "submitted_at": closed, "finished_at": closed,
            "status": "accepted", "overtime": case.overtime}, trusted=True)
    return case


def by_areas(actor, period, area):
    """Tables by area, each row's figure against the rows behind it."""
    for name in ("case_returned", "case_closed", "case_satisfied"):
        metric = metric_of(name)
        for row in table(metric, actor, "area", area=area, period=period):
            number = Query("case", actor, {k: v for k, v in row["query"].items() if v}).rows().count()
            if metric.measure == "count":
                assert row["value"] == number > 0, (name, actor.role, row)


def check(city, period="30d", area=""):
    """Every figure, for every actor, is what its link shows; shares are those of their two links."""
    for actor in city.seen.values():
        by_areas(actor, period, area)
        for figure in board([metric_of(n) for n in NAMES], actor, area=area, period=period):
            rows = {**figure.query}
            number = Query(figure.metric.of, actor, dict(parse_qsl(figure.link))).rows().count()
            if figure.metric.measure == "count":
                assert figure.value == number, (figure.metric.name, actor.role, period)
                continue
            base = {k: v for k, v in rows.items() if k not in figure.metric.where} | dict(figure.metric.base or {})
            whole = Query(figure.metric.of, actor, base).rows().count()
            assert figure.value == (round(100 * number / whole, 2) if whole else None), (figure.metric.name, actor.role)


def test_figures_are_rows_before_while_and_after_the_days_are_counted(town):
    rng, now = random.Random(5), timezone.now()
    cases = [lived(town, rng, n, now) for n in range(14)]
    check(town)
    assert rolling.refresh(now) > 5 * 80 and not DayMark.objects.filter(day__lt=now - dt.timedelta(days=4)).exists()
    assert DayCount.objects.count() > 14 and rolling.refresh(now) == 0, "nothing more to do"
    check(town, "90d")
    check(town, "30d", "320508001"), check(town, "30d", "320508001001")
    for turn in range(2):
        for case in rng.sample(cases, 6):
            with door(SYSTEM) as session:
                case = session.lock(Case.objects.get(pk=case.pk))
                session.change(case, rng.choice([
                    {"overtime": not case.overtime}, {"excluded": True}, {"centre": town.root},
                    {"area_code": "320506002001001"}, {"final_satisfaction": 5}, {"returns": case.returns + 1},
                    {"closed_at": case.closed_at - dt.timedelta(days=9)}, {"handled_at": None}]), verb="mend",
                    trusted=True)
        lived(town, rng, 100 + turn, now)
        check(town, "60d")
        if turn % 2:
            assert 0 < rolling.refresh(now) < 120
            check(town)


def test_what_is_counted_costs_few_rows_and_statements(town):
    now = timezone.now()
    case = lived(town, random.Random(1), 1, now)
    rolling.refresh(now)
    seen = CaptureQueriesContext(connection)
    with seen:
        board([metric_of("case_closed"), metric_of("case_satisfied")], town.seen["supervisor"], period="90d")
    assert len(seen) <= 6, [q["sql"][:90] for q in seen]
    with door(SYSTEM) as session:
        session.remove(WorkOrder.objects.get(case=case))
    assert DayMark.objects.filter(rollup__startswith="work_order.submitted_at").exists(), "a row that goes marks"


def test_a_case_counts_once_under_each_unit_that_works_on_it(town):
    """Orders of two units below one another and beside: whoever asks gets the rows behind the link, as orders come,
    change their unit, go, and as a unit moves to another place among the units."""
    rng, now = random.Random(7), timezone.now()
    clerks = {unit: town.actor("unit_clerk", unit) for unit in (town.cg, town.root)}
    town.seen = {f"clerk {unit.code}": actor for unit, actor in clerks.items()}
    cases = [lived(town, rng, n, now) for n in range(8)]
    rolling.refresh(now)
    check(town, "90d")
    seen = CaptureQueriesContext(connection)
    with seen:
        board([metric_of("case_closed"), metric_of("case_satisfied")], clerks[town.cg], period="90d")
    assert len(seen) <= 8, [q["sql"][:90] for q in seen]
    order = cases[0].orders.get()
    with door(SYSTEM) as session:
        session.create(WorkOrder, {
            "no": "N900", "case": cases[1], "unit": town.root, "area_code": cases[1].area_code, "limit_value": 1,
            "limit_unit": "work_day", "opened_at": now, "parent": cases[1].orders.get()}, trusted=True)
        session.change(session.lock(order), {"unit": town.root}, verb="mend", trusted=True)
        session.remove(cases[2].orders.get())
    for _turn in range(2):
        check(town, "90d")
        assert rolling.refresh(now) > 0 or _turn
    with door(SYSTEM), connection.cursor() as cursor:
        cursor.execute("UPDATE units_unit SET path = '/OTHER' || path WHERE id = %s", [town.cg.pk])
    assert DayMark.objects.filter(rollup="case.closed_at:orders__unit").count() > 80, "all days are counted anew"
    check(town, "90d"), rolling.refresh(now), check(town, "90d")


def test_a_change_of_other_conditions_begins_anew_and_a_present_day_is_never_counted(town, monkeypatch):
    now = timezone.now()
    lived(town, random.Random(2), 1, now)
    rolling.refresh(now)
    assert DayState.objects.filter(day__gte=timezone.localdate(now - rolling.OVER)).count() == 0
    monkeypatch.setattr(rolling, "conditions", lambda rollup: {"(AND: )": days.Q()})
    assert rolling.refresh(now) > 100
    check(town)
    rolling.forget()
    assert not DayState.objects.exists()
    check(town)


def test_a_case_that_comes_late_marks_its_day(town):
    now = timezone.now()
    lived(town, random.Random(3), 1, now - dt.timedelta(days=30))
    rolling.refresh(now)
    old = now - dt.timedelta(days=40)
    with door(SYSTEM) as session:
        session.create(Case, {
            "query_code": "ARCHIVE1", "channel": "web", "title": "旧案", "content": "旧案", "reported_at": old,
            "closed_at": old, "area_code": "320508001001001", "centre": town.centre, "status": "archived"},
            trusted=True)
    assert DayMark.objects.filter(rollup="case.closed_at:centre", day=timezone.localdate(old)).exists()
    check(town, "60d")


def test_periods_are_cut_at_the_citys_midnights():
    zone = timezone.get_default_timezone()
    span = Period(dt.datetime(2026, 11, 1, 8, tzinfo=zone), dt.datetime(2026, 11, 5, 7, tzinfo=zone))
    inside = whole_days(span)
    assert inside == [dt.date(2026, 11, n) for n in (2, 3, 4)]
    exact = Period(dt.datetime(2026, 11, 2, tzinfo=zone), dt.datetime(2026, 11, 5, tzinfo=zone) - days.TICK)
    assert whole_days(exact) == inside and gaps(exact, inside) == []
    rest = gaps(span, [inside[0], inside[2]])
    assert [(p.start.day, p.end.day) for p in rest] == [(1, 1), (3, 3), (5, 5)]
    assert sum((p.end - p.start + days.TICK for p in rest), dt.timedelta()) == dt.timedelta(hours=47) + days.TICK


def test_what_speaks_of_more_than_the_keys_is_counted_from_rows(town):
    register = registry.register("case")
    rollup, under = rollups_of(register, "closed_at")
    Q = days.Q
    assert about_keys(Q(area_code__gte="320508", area_code__lt="320509"), rollup, register) is not None
    assert about_keys(Q(centre__path__startswith="/1/") | Q(area_code__startswith="32"), rollup, register) is not None
    for other in (Q(unit=1), ~Q(centre__path__startswith="/1/"), Q(area_code__startswith="320508001001"),
                  Q(pk__in=[1])):
        assert about_keys(other, rollup, register) is None
    mine = Served(Case, "orders__unit", "/1/")
    assert about_keys(Q(pk__in=mine), rollup, register) is None
    assert about_keys(Q(pk__in=mine, area_code__gte="320508", area_code__lt="320509"), under, register) is not None
    for other in (Q(), Q(pk__in=mine) | Q(area_code__startswith="32"), ~Q(pk__in=mine),
                  Q(Q(pk__in=mine), Q(pk__in=mine)), Q(pk__in=mine, area_code__startswith="320508001")):
        assert about_keys(other, under, register) is None, "rows under many units do not add up"
    assert days.columns_of(Q(due_at__lt=timezone.now()), Case) is None, "what is late now is not so tomorrow"
    assert days.columns_of(Q(overtime=False) & ~Q(excluded=True), Case) == {"overtime", "excluded"}

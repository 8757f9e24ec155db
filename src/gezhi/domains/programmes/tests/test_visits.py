"""A plan makes tasks, once; a task goes to who may know; a visit moves the plan, the person and a need on."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from gezhi.domains.cases.public import by_source
from gezhi.domains.programmes import visit_plan, visit_rounds
from gezhi.domains.programmes.models import CarePerson, Referral, VisitPlan, VisitRecord, VisitTask
from gezhi.engines.metrics.evaluate import board
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act, allowed
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry

from .town import DAY, HOME, TODAY, Grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def grid():
    return Grid()


def made(grid, **inputs):
    return {"way": "door", "life": "独居，饮食正常", "position": HOME, **inputs}


def given():
    visit_rounds.give_visits()
    return {t.programme: t for t in VisitTask.objects.select_related("post__staff", "person")}


def test_a_plan_makes_one_task_each_and_a_second_run_none(grid):
    assert visit_rounds.give_visits() == 2
    assert visit_rounds.give_visits() == 0
    tasks = {t.programme: t for t in VisitTask.objects.all()}
    care = tasks["care_person"]
    assert (care.post, care.unit, care.home, care.place) == (grid.worker, grid.office, grid.home, HOME)
    assert tasks["correction_person"].post == grid.keeper, "a legal programme's visit goes to whom it names"
    assert timezone.localdate(care.due_at) == TODAY + 3 * DAY, "what is overdue by plan gets the least time"
    told = Event.objects.filter(kind="visit_task.given")
    assert {e.payload["user"] for e in told} == {grid.worker.staff_id, grid.keeper.staff_id}
    assert all("欧阳" not in str(e.payload) for e in told)
    assert History.objects.filter(register="visit_task", verb="give_batch").count() == 2


def test_tasks_come_as_early_as_the_plan_says_and_not_before(grid):
    plan = VisitPlan.objects.get(programme="care_person", level=3)
    write(SYSTEM, "change", grid.care, {"last_visit": TODAY - (plan.days - plan.ahead - 1) * DAY})
    assert "care_person" not in given()
    write(SYSTEM, "change", grid.care, {"last_visit": TODAY - (plan.days - plan.ahead) * DAY})
    task = given()["care_person"]
    assert task.planned_on == timezone.localdate(task.due_at) == TODAY + plan.ahead * DAY
    assert task.light() == "green"


def test_an_inactive_plan_a_death_and_an_end_make_none(grid):
    write(SYSTEM, "change", VisitPlan.objects.get(programme="care_person", level=3), {"active": False})
    write(SYSTEM, "change", grid.correction, {"ends": TODAY - DAY})
    assert given() == {}


def test_only_who_is_sent_and_the_unit_see_a_task(grid):
    tasks, register = given(), registry.register("visit_task")
    worker, clerk = grid.at(grid.worker), grid.at(grid.clerk)
    assert permits(register, worker, "view", tasks["care_person"])
    assert not permits(register, worker, "view", tasks["correction_person"]), "the grid worker learns nothing of it"
    assert not permits(registry.register("care_person"), worker, "view", grid.care), "the task opens no programme"
    assert {t.pk for t in Query(register, clerk, {}).rows()} == {t.pk for t in tasks.values()}
    for role in ("leader", "admin", "supervisor", "grid_leader", "unit_clerk", "auditor"):
        stranger = grid.at(grid.post(role, grid.station, "3205"))
        assert not any(permits(register, stranger, "view", t) for t in tasks.values()), role


def test_a_visit_moves_plan_person_and_record(grid):
    task = given()["care_person"]
    act(grid.at(grid.worker), task, "visit", made(
        grid, phone="13812345678", self_care="2", living_alone="yes", needs=["01", "06"], need="想装扶手"))
    task.refresh_from_db()
    grid.care.refresh_from_db()
    grid.old.refresh_from_db()
    visit = VisitRecord.objects.get(task=task)
    assert (task.status, task.overtime, task.distance, task.light()) == ("done", False, 0.0, "blue")
    assert (visit.life, visit.need, visit.needs) == ("独居，饮食正常", "想装扶手", ["01", "06"])
    assert visit.unit == grid.office
    assert (grid.old.phone, grid.old.verified_on) == ("13812345678", TODAY)
    assert (grid.care.self_care, grid.care.living_alone, grid.care.last_visit) == ("2", True, TODAY)
    assert grid.care.next_visit == TODAY + 30 * DAY
    kept = str(list(History.objects.values_list("changes", flat=True)))
    assert "饮食正常" not in kept and "13812345678" not in kept and "扶手" not in kept
    assert "care_person" not in {t.programme for t in VisitTask.objects.filter(finished_at=None)}


@pytest.mark.parametrize(("inputs", "field"), [
    ({"life": ""}, "life"), ({"position": None}, "position"), ({"way": "online"}, "way"),
    ({"position": Point(120.7, 31.3, srid=4326)}, "position"), ({"phone": "12"}, "phone"),
    ({"refer": "02"}, "request"), ({"refer": "02", "request": "需要家政"}, "consent"),
    ({"visited_at": timezone.now() + DAY}, "visited_at"), ({"needs": ["77"]}, "needs")])
def test_what_cannot_be_is_refused_and_writes_nothing(grid, inputs, field):
    task = given()["care_person"]
    with pytest.raises(Invalid) as caught:
        act(grid.at(grid.worker), task, "visit", made(grid, **inputs))
    assert field in caught.value.errors
    assert not VisitRecord.objects.exists() and VisitTask.objects.get(pk=task.pk).status == "pending"


def test_far_away_needs_a_reason_and_a_call_needs_no_place(grid):
    task = given()["care_person"]
    done = act(grid.at(grid.worker), task, "visit", made(grid, position=Point(120.7, 31.3, srid=4326),
                                                         away="在医院探望"))
    assert done.distance > 9000 and VisitRecord.objects.get(task=task).away == "在医院探望"
    again = given()
    assert "care_person" in again and again["care_person"].pk == task.pk, "the next one is not due yet"


def test_a_programmes_own_questions_are_its_own(grid):
    task = given()["correction_person"]
    with pytest.raises(Invalid) as caught:
        act(grid.at(grid.keeper), task, "visit", made(grid, self_care="1"))
    assert "self_care" in caught.value.errors


def test_nobody_else_makes_it_hands_it_over_or_cancels_it(grid):
    tasks = given()
    for post in (grid.keeper, grid.post("grid_member", grid.station, AREA_NEXT)):
        with pytest.raises((Missing, Refused)):
            act(grid.at(post), tasks["care_person"], "visit", made(grid))
    with pytest.raises((Missing, Refused)):
        act(grid.at(grid.worker), tasks["care_person"], "cancel", {"opinion": "不去了"})
    assert {m.name for m in allowed(grid.at(grid.worker), tasks["care_person"])} == {"visit", "absent"}


AREA_NEXT = "320508001001002"


def test_nobody_at_home_is_kept_and_the_clock_runs_on(grid):
    task = given()["care_person"]
    after = act(grid.at(grid.worker), task, "absent", {"opinion": "家中无人"})
    assert (after.tries, after.status) == (1, "pending") and after.due_at == task.due_at


def test_handing_over_a_legal_programme_stays_among_the_named(grid):
    tasks, clerk = given(), grid.at(grid.clerk)
    with pytest.raises(Invalid) as caught:
        act(clerk, tasks["correction_person"], "hand_over", {"post": grid.worker})
    assert "post" in caught.value.errors
    assert act(clerk, tasks["care_person"], "hand_over", {"post": grid.keeper}).post == grid.keeper


def test_who_leaves_the_post_is_relieved(grid):
    task = given()["care_person"]
    write(SYSTEM, "change", grid.worker, {"active": False})
    assert visit_rounds.relieve() == 0, "nobody is there yet"
    new = grid.post("grid_member", grid.station, task.area_code)
    assert visit_rounds.relieve() == 1 and visit_rounds.relieve() == 0
    task.refresh_from_db()
    assert task.post == new


def test_leaving_cancels_the_task_and_takes_visits_out_of_sight(grid):
    task = given()["care_person"]
    act(grid.at(grid.worker), task, "visit", made(grid))
    write(SYSTEM, "change", grid.care, {"last_visit": TODAY - 29 * DAY})
    visit_rounds.give_visits()
    open_ = VisitTask.objects.get(programme="care_person", finished_at=None)
    clerk = grid.at(grid.clerk)
    write(clerk, "change", grid.care, {"left_on": TODAY, "left_reason": "02"})
    open_.refresh_from_db()
    assert open_.status == "cancelled"
    for register in ("visit_task", "visit_record"):
        rows = Query(registry.register(register), clerk, {}).rows()
        assert all(r.person_id != grid.old.pk for r in rows), register


def test_a_death_found_by_a_visit_ends_the_programme(grid):
    task = given()["care_person"]
    act(grid.at(grid.worker), task, "visit", made(grid, life_state="02"))
    grid.care.refresh_from_db()
    assert grid.care.left_on == TODAY and grid.care.left_reason == "04"
    with pytest.raises((Conflict, Missing)):
        act(grid.at(grid.worker), VisitTask.objects.get(pk=task.pk), "absent", {"opinion": "再次"})


def test_a_referral_becomes_a_case_that_names_nobody(grid):
    task = given()["care_person"]
    act(grid.at(grid.worker), task, "visit", made(grid, refer="02", request="希望社区安排助浴服务", consent=True))
    referral = Referral.objects.get()
    case = by_source("referral", str(referral.pk))
    assert case.content == "希望社区安排助浴服务" and case.area_code == grid.old.area_code and case.status == "reported"
    assert "欧阳" not in case.title + case.content and case.reporter_name is None
    assert referral.visit.task == task
    panel = next(p for p in registry.register("referral").panels if p.name == "case")
    told = panel.context(referral, grid.at(grid.clerk))
    assert told["case"].pk == case.pk and told["state"]
    back = next(p for p in registry.register("case").panels if p.name == "origin")
    assert back.context(case, grid.at(grid.clerk))["record"] == referral
    assert not back.when(case, grid.at(grid.post("acceptor", grid.station, "3205"))), "who handles it learns no more"
    with pytest.raises(Invalid):
        write(grid.at(grid.clerk), "change", referral, {"request": "再报一次"})


def test_a_task_by_hand_is_for_somebody_of_the_clerks_unit(grid):
    clerk = grid.at(grid.clerk)
    task = act(clerk, VisitTask, "give", {"programme": "care_person", "person": grid.old, "planned_on": TODAY + 2 * DAY,
                                          "post": grid.worker})
    assert (task.post, task.subject_id, timezone.localdate(task.due_at)) == (grid.worker, grid.care.pk, TODAY + 2 * DAY)
    with pytest.raises(Invalid):
        act(clerk, VisitTask, "give", {"programme": "care_person", "person": grid.old, "planned_on": TODAY})
    with pytest.raises(Invalid) as caught:
        act(clerk, VisitTask, "give", {"programme": "care_person", "person": grid.other, "planned_on": TODAY})
    assert "person" in caught.value.errors


def test_a_changed_rhythm_moves_the_next_visits_but_not_those_of_their_own(grid):
    own = grid.enter(CarePerson, grid.other, kind="05", emergency_name="王五", visit_days=10)
    plan = VisitPlan.objects.get(programme="care_person", level=3)
    write(SYSTEM, "change", plan, {"days": 90})
    assert visit_plan.replan("care_person", 3) == 1 and visit_plan.replan("care_person", 3) == 0
    grid.care.refresh_from_db()
    assert grid.care.next_visit == grid.care.begins + 90 * DAY
    own.refresh_from_db()
    assert own.next_visit == own.begins + 10 * DAY
    assert History.objects.filter(register="care_person", record_id=grid.care.pk, verb="replan").exists()


@pytest.mark.parametrize(("values", "field"), [
    ({"programme": "correction_person", "who": "grid"}, "who"), ({"ahead": 40, "days": 30}, "ahead"),
    ({"days": 0}, "days")])
def test_a_plan_that_cannot_be_is_refused(grid, values, field):
    plan = VisitPlan.objects.get(programme=values.pop("programme", "care_person"), level=3)
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "change", plan, values)
    assert field in caught.value.errors


def test_only_an_administrator_sets_the_plan(grid):
    plan = VisitPlan.objects.first()
    for post in (grid.clerk, grid.worker):
        with pytest.raises((Missing, Refused)):
            write(grid.at(post), "change", plan, {"days": 5})
    assert write(grid.at(grid.post("admin", grid.office, "3205")), "change", plan, {"days": 9}).days == 9


def test_figures_equal_the_rows_behind_them(grid):
    task = given()["care_person"]
    clerk = grid.at(grid.clerk)
    metrics = [registry.metrics[n] for n in ("visit_open", "visit_overdue", "visit_done", "visit_on_time")]
    assert [f.value for f in board(metrics, clerk)] == [2, 0, 0, None]
    act(grid.at(grid.worker), task, "visit", made(grid))
    figures = board(metrics, clerk)
    assert [f.value for f in figures] == [1, 0, 1, 100.0]
    for figure in figures[:3]:
        assert Query(registry.register("visit_task"), clerk, figure.query).count().number == figure.value
    stranger = grid.at(grid.post("leader", grid.office, "3205"))
    assert [f.value for f in board(metrics, stranger)] == [None] * 4

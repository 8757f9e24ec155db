"""A programme is seen by those it names and by its unit, by nobody else, and by nobody after it was left."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from gezhi.domains.programmes.closing import ALL
from gezhi.domains.programmes.models import CarePerson, CorrectionPerson, KeyYouth, MentalCare, Referral, VisitRecord
from gezhi.engines.access import grants_of
from gezhi.engines.access.grants import permissions
from gezhi.engines.access.reveal import reveal
from gezhi.engines.tables.query import Query
from gezhi.foundation.people.models import Person
from gezhi.foundation.units.models import Role, Staff, Unit
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.identifiers import id_check
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA, TODAY = "320508001001001", dt.date.today()
DAY = dt.timedelta(days=1)
EVERYBODY = ("grid_member", "grid_leader", "acceptor", "dispatcher", "shift_leader", "unit_clerk", "handler",
             "reviewer", "callback_agent", "supervisor", "archivist", "leader", "admin")


class Town:
    """Two units, four people of the staff, one resident."""

    def __init__(self):
        self.top = self.unit("T", None)
        self.office, self.other = self.unit("J", self.top), self.unit("H", self.top)
        self.keeper, self.helper, self.stranger = (
            write(SYSTEM, "create", Staff, {"username": f"s{n}", "name": f"职员{n}"}) for n in range(3))
        self.resident = resident()

    @staticmethod
    def unit(code, parent):
        return write(SYSTEM, "create", Unit, {"code": code, "name": f"单位{code}", "kind": "department",
                                              "level": "city", "area_code": "3205", "parent": parent})

    def enter(self, model=CarePerson, **values):
        kind = {"kind": "01", "emergency_name": "王五"} if model is CarePerson else {}
        return write(SYSTEM, "create", model, {
            "person": self.resident, "unit": self.office, "keeper": self.keeper, "helper": self.helper, "basis": "01",
            "basis_no": "〔2026〕1号", "begins": TODAY - 60 * DAY, "ends": TODAY + 300 * DAY,
            "plan": "每月上门一次", **kind, **values})


def resident(born=1950, serial=1, **values):
    body = f"320508{born}0101{serial:03d}"
    return write(SYSTEM, "create", Person, {"kind": "01", "name": "欧阳小明", "area_code": AREA, "consent": True,
                                            "id_no": body + id_check(body), **values})


@pytest.fixture
def town():
    return Town()


def actor(role, staff=None, unit=None):
    return Actor(kind="staff", name=role, user_id=staff.pk if staff else 10**9, post_id=1, role=role,
                 unit_id=unit.pk if unit else None, unit_path=unit.path if unit else "", area="3205",
                 grants=grants_of(role), strong=True)


def seen(record, who):
    register = registry.register_of(type(record))
    listed = record.pk in {r.pk for r in Query(register, who, {}).rows()} if who.may(f"{register.name}.view") else False
    assert listed == permits(register, who, "view", record), "list and record agree"
    return listed


def test_only_the_named_and_the_unit_see_it(town):
    record = town.enter()
    assert seen(record, actor("grid_member", town.keeper)) and seen(record, actor("handler", town.helper))
    assert seen(record, actor("unit_clerk", town.stranger, town.office))
    for role in EVERYBODY:
        assert not seen(record, actor(role, town.stranger, town.other)), role
        if role not in ("grid_member", "grid_leader", "handler"):
            assert not seen(record, actor(role, town.keeper, town.top)), "neither a role above nor the unit above"


def test_the_refused_neither_read_nor_write_nor_count(town, monkeypatch):
    record = town.enter()
    for who in (actor("grid_member", town.stranger, town.office), actor("unit_clerk", town.stranger, town.other),
                actor("admin", town.keeper), actor("leader", town.stranger, town.top)):
        with pytest.raises((Missing, Refused)):
            write(who, "change", record, {"level": 1})
        with pytest.raises((Missing, Refused)):
            reveal(who, record, "plan", "想看看内容")
        monkeypatch.setattr("gezhi.surfaces.desk.frame.actor_of_request",
                            lambda _request, via="", who=who: who.through(via))
        browser = Client()
        for path in ("", "edit", "verify", "card/"):
            assert browser.get(f"/desk/care_person/{record.pk}/{path}").status_code == 404, (who.role, path)
        page = browser.get(f"/desk/person/{town.resident.pk}/")
        told = page.content.decode()
        assert f"/care_person/{record.pk}" not in told and "/care_person/?" not in told, "the person's page tells"
    with pytest.raises(Refused):
        write(actor("unit_clerk", town.stranger, town.other), "create", CarePerson, {
            "person": town.resident, "unit": town.office, "keeper": town.keeper, "basis": "01", "basis_no": "1",
            "begins": TODAY, "ends": TODAY, "kind": "01", "emergency_name": "王五"})


def test_the_keeper_sees_a_plan_whole_for_a_reason_only(town):
    record, keeper = town.enter(), actor("grid_member", town.keeper)
    with pytest.raises(Invalid):
        reveal(keeper, record, "plan", "")
    assert reveal(keeper, record, "plan", "准备本月走访") == "每月上门一次"
    with pytest.raises(Refused):
        write(keeper, "change", record, {"level": 1})


def test_no_role_can_be_given_more(town):
    given = permissions()
    for name in ("care_person", "mental_care", "visit_record", "referral", "correction_person"):
        assert not {"all", "area"} & set(given[f"{name}.view"]), name
    with pytest.raises(Invalid):
        write(SYSTEM, "change", Role.objects.get(code="admin"), {"overlay": {"mental_care.view": ["all"]}})


def test_whoever_left_is_out_of_sight(town):
    record = town.enter()
    clerk = actor("unit_clerk", town.stranger, town.office)
    with pytest.raises(Invalid) as caught:
        write(clerk, "change", record, {"left_on": TODAY})
    assert "left_reason" in caught.value.errors
    write(clerk, "change", record, {"left_on": TODAY, "left_reason": "02"})
    record.refresh_from_db()
    assert record.next_visit is None
    assert not seen(record, clerk) and not seen(record, actor("grid_member", town.keeper))
    assert town.enter().pk, "whoever left may enter again"


def test_an_ended_programme_is_its_units_to_decide(town):
    record = town.enter(begins=TODAY - 90 * DAY, ends=TODAY - DAY)
    assert not seen(record, actor("grid_member", town.keeper))
    assert seen(record, actor("unit_clerk", town.stranger, town.office))


def test_twice_in_one_unit_is_refused_and_another_unit_learns_nothing(town):
    town.enter(MentalCare, guardian_name="王五", economy="01", managers=["01"])
    with pytest.raises(Invalid):
        town.enter(MentalCare, guardian_name="王五", economy="01", managers=["01"])
    assert town.enter(MentalCare, unit=town.other, guardian_name="王五", economy="01", managers=["01"]).pk


def test_overdue_visits_follow_from_the_plan(town):
    late = town.enter(visit_days=30)
    soon = town.enter(kind="05", visit_days=65)
    town.enter(kind="06", visit_days=200)
    register, keeper = registry.register("care_person"), actor("grid_member", town.keeper)
    found = {raw: [r.pk for r in Query(register, keeper, {"visit": raw}).rows()] for raw in ("overdue", "week")}
    assert found == {"overdue": [late.pk], "week": [soon.pk]}
    assert late.next_visit == TODAY - 30 * DAY
    with pytest.raises(Invalid):
        Query(register, keeper, {"visit": "never"})


def visit(town, staff, at, **values):
    return write(actor("grid_member", staff, town.office), "create", VisitRecord, {
        "person": town.resident, "visitor": staff, "kind": "01", "visited_at": at, "need": "想装扶手", **values})


def test_a_visit_moves_the_plan_of_those_it_names(town):
    record, now = town.enter(visit_days=30), timezone.now()
    visit(town, town.stranger, now)
    record.refresh_from_db()
    assert record.last_visit is None, "a stranger's visit is none of the programme"
    made = visit(town, town.keeper, now - 2 * DAY)
    visit(town, town.helper, now - 20 * DAY)
    record.refresh_from_db()
    day = timezone.localtime(now - 2 * DAY).date()
    assert (record.last_visit, record.next_visit) == (day, day + 30 * DAY)
    assert made.unit == town.office
    assert seen(made, actor("unit_clerk", town.stranger, town.office))
    assert not seen(made, actor("unit_clerk", town.stranger, town.other))
    assert not seen(made, actor("grid_member", town.stranger, town.office))
    with pytest.raises(Invalid):
        visit(town, town.keeper, now + DAY)


def test_nobody_writes_down_a_visit_in_anothers_name(town):
    with pytest.raises(Refused):
        write(actor("grid_member", town.stranger), "create", VisitRecord, {
            "person": town.resident, "visitor": town.keeper, "kind": "01", "visited_at": timezone.now()})


def test_a_death_ends_every_programme(town):
    care = town.enter()
    correction = town.enter(CorrectionPerson, correction_no="J1", kind="02", received="01")
    write(SYSTEM, "change", town.resident, {"life_state": "02"})
    for record in (care, correction):
        record.refresh_from_db()
        assert record.left_on and record.left_reason == "04"
    assert correction.end_kind == "03"
    assert not any(model.objects.filter(left_on=None).exists() for model in ALL)


@pytest.mark.parametrize(("values", "field"), [
    ({"ends": TODAY - 90 * DAY}, "ends"), ({"last_visit": TODAY + DAY}, "last_visit"),
    ({"visit_days": 0}, "visit_days"), ({"basis_no": ""}, "basis_no"), ({"kind": "02"}, "disability"),
    ({"emergency_phone": "1"}, "emergency_phone"),
    ({"left_on": TODAY - 90 * DAY, "left_reason": "01"}, "left_on")])
def test_what_cannot_be_is_refused(town, values, field):
    with pytest.raises(Invalid) as caught:
        town.enter(**values)
    assert field in caught.value.errors


def test_a_minor_needs_a_guardian_who_agrees(town):
    young = {"kind": "02", "family": "02", "help_means": "02"}
    for person, more, field in (
            (town.resident, {}, "person"), (resident(TODAY.year - 15), {}, "consent"),
            (resident(TODAY.year - 16), {"consent": True, "guardian_name": "王五"}, "consent")):
        with pytest.raises(Invalid) as caught:
            town.enter(KeyYouth, person=person, **young, **more)
        assert field in caught.value.errors
    assert town.enter(KeyYouth, person=resident(TODAY.year - 20), **young).pk


def test_a_referral_needs_consent_and_is_seen_by_both_units(town):
    values = {"person": town.resident, "unit": town.office, "to_unit": town.other, "keeper": town.keeper, "to": "01",
              "referred_on": TODAY, "need": "需要陪同就医"}
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", Referral, values)
    assert "consent" in caught.value.errors
    record = write(SYSTEM, "create", Referral, {**values, "consent": True})
    assert all(seen(record, actor("unit_clerk", town.stranger, unit)) for unit in (town.office, town.other))
    assert seen(record, actor("grid_member", town.keeper))
    assert not seen(record, actor("unit_clerk", town.stranger, town.top)) and not seen(record, actor("admin"))

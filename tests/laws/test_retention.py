"""Terms: shown first, carried out by order, held records stay, a trail is left; every declared term makes sense."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from gezhi.domains.population.models import RegisteredResident
from gezhi.domains.vehicles.use import VehicleUse
from gezhi.domains.vehicles.vehicle import Vehicle
from gezhi.engines.access import grants_of
from gezhi.engines.access.reveal import reveal
from gezhi.engines.history import verify
from gezhi.engines.privacy import lasting, retention
from gezhi.engines.privacy.models import LegalHold, RetentionRule, RetentionRun, RevealLog
from gezhi.engines.privacy.terms import Term, conditions, due
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.foundation.people.models import Person
from gezhi.foundation.units.models import Staff
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.identifiers import id_check
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
NOW, YEAR = timezone.now(), dt.timedelta(days=365)


def who(role, strong=True, unit=5):
    return Actor(kind="staff", name=role, user_id=77, post_id=1, role=role, unit_id=unit, unit_path="/5/", area="3205",
                 grants=grants_of(role), strong=strong)


def person(serial, years=6, life_state="02"):
    body = f"32050819500101{serial:03d}"
    with door(SYSTEM, at=NOW - years * YEAR) as session:
        return session.create(Person, {
            "kind": "01", "name": "欧阳小明", "area_code": "320508001001001", "id_no": body + id_check(body),
            "phone": "13812345678", "life_state": life_state})


@pytest.fixture
def rule():
    return RetentionRule.objects.get(register="person", act="sensitive")


def preview(rule):
    return act(who("auditor"), RetentionRun, "preview", {"rule": rule})


def carry(run):
    run = act(who("auditor"), run, "carry_out", {"opinion": "同意"})
    retention.carry(run.pk)
    run.refresh_from_db()
    return run


def test_every_declared_term_is_a_rule_that_can_be_carried_out():
    declared = registry.of(Term)
    assert len(declared) >= 10
    for term in declared:
        rule = RetentionRule.objects.get(register=term.register, act=term.act)
        register = registry.register(term.register)
        assert conditions(register, rule.where) is not None
        assert due(rule, NOW).count() == 0


def test_what_is_due_is_shown_and_not_touched_before_somebody_orders_it(rule):
    old, living, recent = person(1), person(2, life_state="01"), person(3, years=1)
    run = preview(rule)
    assert (run.due, run.held, run.status) == (1, 0, "previewed")
    panel = registry.register("retention_run").panels[0].context(run, who("auditor"))
    assert [row["id"] for row in panel["rows"]] == [old.pk] and "欧阳小明" not in str(panel["rows"])
    old.refresh_from_db()
    assert old.phone == "13812345678"
    with pytest.raises(Conflict):
        preview(rule)
    done = carry(run)
    assert (done.status, done.done, done.kept) == ("done", 1, 0)
    for one, phone in ((old, None), (living, "13812345678"), (recent, "13812345678")):
        one.refresh_from_db()
        assert one.phone == phone
    assert (old.name, old.id_no, old.id_index, old.phone_index, old.birth, old.current_address) == (
        "＊＊＊", None, None, None, None, "")
    trail = History.objects.get(register="person", record_id=old.pk, verb="anonymise")
    assert "13812345678" not in str(trail.changes) and "欧阳小明" not in str(trail.changes) and trail.opinion
    assert verify(old).whole and due(rule, NOW).count() == 0


def test_a_hold_on_a_record_a_register_or_what_it_points_at_keeps_it(rule):
    one, two = person(1), person(2)
    today = timezone.localdate()
    hold = write(who("auditor"), "create", LegalHold, {"register": "person", "record_id": one.pk,
                                                       "document": "〔2026〕封1号", "reason": "诉讼", "since": today})
    run = preview(rule)
    assert (run.due, run.held) == (1, 1)
    carry(run)
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.phone and two.phone is None
    write(who("auditor"), "change", hold, {"until": today})
    assert preview(rule).due == 1
    with pytest.raises(Invalid):
        write(who("auditor"), "create", LegalHold, {"register": "person", "record_id": 10**9, "document": "1",
                                                    "reason": "诉讼", "since": today})


def test_removing_takes_the_record_and_leaves_its_history_and_what_is_pointed_at_stays(rule):
    write(SYSTEM, "change", rule, {"active": False})
    whole = write(who("admin"), "create", RetentionRule, {"register": "person", "act": "remove", "since": "updated_at",
                                                          "days": 100, "where": "life_state=02"})
    free, bound = person(1), person(2)
    write(SYSTEM, "create", Vehicle, {"plate_no": "苏E12345", "plate_colour": "1", "kind": "K3", "owner": bound,
                                      "area_code": bound.area_code})
    done = carry(preview(whole))
    assert (done.done, done.kept) == (1, 1)
    assert not Person.objects.filter(pk=free.pk).exists() and Person.objects.filter(pk=bound.pk).exists()
    gone = History.objects.filter(register="person", record_id=free.pk, verb="remove").get()
    assert "13812345678" not in str(gone.changes)
    assert not History.objects.filter(register="person", record_id=bound.pk, verb="remove").exists()


def test_a_stop_half_way_is_gone_on_from(rule, monkeypatch):
    for n in range(5):
        person(n + 1)
    monkeypatch.setattr(retention, "BATCH", 2)
    run = act(who("auditor"), preview(rule), "carry_out", {"opinion": "同意"})
    plain, calls = retention._emptied, []

    def once(record):
        if calls:
            raise RuntimeError("the worker dies")
        calls.append(1)
        return plain(record)

    monkeypatch.setattr(retention, "_emptied", once)
    with pytest.raises(RuntimeError):
        retention.carry(run.pk)
    monkeypatch.setattr(retention, "_emptied", plain)
    assert retention.carry(run.pk) == 3
    run.refresh_from_db()
    assert (run.status, run.done) == ("done", 5)
    assert retention.carry(run.pk) == 0


def test_only_the_auditor_with_a_second_factor_orders_it(rule):
    person(1)
    run = preview(rule)
    for actor in (who("admin"), who("leader"), who("unit_clerk"), who("auditor", strong=False)):
        with pytest.raises((Missing, Refused)):
            act(actor, run, "carry_out", {"opinion": "同意"})
    assert act(who("admin"), run, "drop", {"opinion": "先核对"}).status == "dropped"


def test_the_periodic_job_prepares_previews_and_carries_nothing_out(rule):
    old = person(1)
    assert retention.prepare() == 1 and retention.prepare() == 0
    old.refresh_from_db()
    assert old.phone and RetentionRun.objects.get().status == "previewed"


@pytest.mark.parametrize(("values", "field"), [
    ({"register": "nothing"}, "register"), ({"since": "name"}, "since"), ({"days": 3}, "days"),
    ({"where": "nothing=1"}, "where"), ({"register": "calendar_day", "since": "date"}, "act")])
def test_a_rule_that_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        write(who("admin"), "create", RetentionRule, {"register": "person", "act": "high", "since": "updated_at",
                                                      "days": 400, **values})
    assert field in caught.value.errors


def test_every_look_is_listed_for_the_auditor_the_unit_and_oneself():
    one = person(1, years=0, life_state="01")
    looker = who("grid_member")
    assert reveal(looker, one, "phone", "核实联系电话") == "13812345678"
    row = RevealLog.objects.get()
    assert (row.register, row.record_id, row.field, row.reason) == ("person", one.pk, "phone", "核实联系电话")
    assert "欧阳小明" not in row.title and "13812345678" not in str(vars(row))
    register = registry.register("reveal_log")
    others = {role: replace(who(role), user_id=78) for role in ("auditor", "unit_clerk", "admin", "leader")}
    for actor, sees in ((looker, True), (others["auditor"], True), (others["unit_clerk"], True),
                        (others["admin"], False), (others["leader"], False),
                        (replace(others["unit_clerk"], unit_id=6), False)):
        assert permits(register, actor, "view", row) is sees, actor.role
    assert register.says(row, "field") == "联系电话"
    assert [r.pk for r in Query(register, who("auditor"), {"register": "person"}).rows()] == [row.pk]
    for verb in ("change", "remove"):
        with pytest.raises((Missing, Refused)):
            write(who("auditor"), verb, row, {"reason": "别的"} if verb == "change" else None)


def test_every_register_of_personal_data_says_how_long(monkeypatch):
    shipped = {r.name for r in registry.registers.values() if not r.model.__module__.startswith("tests.")}
    assert not shipped & set(lasting.untold())
    assert {one.register for one in registry.of(lasting.Lasts)}.isdisjoint({t.register for t in registry.of(Term)})
    assert all(str(one.reason) and one.register in registry.registers for one in registry.of(lasting.Lasts))
    for kind in (Term, lasting.GoesWith, lasting.Lasts):  # the law notices what is taken away
        monkeypatch.setitem(registry.extras, kind, [])
    assert {"person", "care_person", "home", "case_subject", "visit_task", "team_member"} <= set(lasting.untold())
    monkeypatch.setitem(registry.extras, Term, [Term("care_person", "left_on", 700, "sensitive"),
                                                Term("person", "updated_at", 700, "high")])
    assert {"person", "care_person"} <= set(lasting.untold()), "half a term is none"


def test_nothing_points_at_what_goes_with_another_record():
    for register in registry.registers.values():
        for other, goes in lasting.followers(register):
            pointing = [f for r in registry.registers.values() for f in r.model._meta.concrete_fields
                        if f.is_relation and f.remote_field.model is other.model]
            assert goes.act in ("sensitive", "remove") and (goes.act != "remove" or not pointing), goes


def test_what_adds_to_a_person_is_emptied_with_them_unless_it_is_held(rule):
    one, two = person(1), person(2)
    rows = [write(SYSTEM, "create", RegisteredResident, {
        "person": each, "household_no": "H1", "relation": "01", "head_name": "欧阳大明", "head_phone": "13912345678"})
        for each in (one, two)]
    write(who("auditor"), "create", LegalHold, {"register": "registered_resident", "record_id": rows[1].pk,
                                                "document": "〔2026〕封1号", "reason": "诉讼",
                                                "since": timezone.localdate()})
    assert carry(preview(rule)).done == 2
    for row in rows:
        row.refresh_from_db()
    assert (rows[0].head_name, rows[0].household_no, rows[0].head_phone) == ("＊＊＊", "＊＊＊", None)
    assert (rows[1].head_name, rows[1].head_phone) == ("欧阳大明", "13912345678")
    assert History.objects.get(register="registered_resident", verb="anonymise").record_id == rows[0].pk


def test_a_vehicle_that_has_gone_takes_its_journeys_along():
    owner = person(1, years=1)
    car = write(SYSTEM, "create", Vehicle, {
        "plate_no": "苏E12345", "plate_colour": "1", "kind": "K3", "owner": owner, "area_code": owner.area_code,
        "gone_on": (NOW - 4 * YEAR).date()})
    driver = write(SYSTEM, "create", Staff, {"username": "d1", "name": "职员"})
    write(SYSTEM, "create", VehicleUse, {"vehicle": car, "user": driver, "purpose": "巡查", "from_at": NOW})
    done = carry(preview(RetentionRule.objects.get(register="vehicle", act="remove")))
    assert (done.done, done.kept) == (1, 0)
    assert not Vehicle.objects.exists() and not VehicleUse.objects.exists()
    assert History.objects.filter(register="vehicle_use", verb="remove").exists()

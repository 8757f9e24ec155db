"""Cards and ways are read from declarations: what leads where, told to nobody who may not see it, at a bounded cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gezhi.engines.access import grants_of
from gezhi.engines.relations import paths
from gezhi.engines.relations.cards import FEW, groups
from gezhi.engines.relations.paths import connect, most_queries, things
from gezhi.engines.relations.ties import carriers, from_, leading_to, ties
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.registry import registry
from gezhi.surfaces.api import http
from gezhi.surfaces.desk.page import related

from .conftest import ALL, actor
from .factory import AREA, make, values
from .recipes import _person

HUBS = [r for r in ALL if r.hub]
pytestmark = pytest.mark.django_db


def new(name: str, seed: int = 0, /, **more: Any) -> Any:
    """A record of a register, with what the test wants of it."""
    register = registry.register(name)
    return write(SYSTEM, "create", register.model, values(register, seed) | more)


def keeper() -> Actor:
    """A grid member of the area, who sees homes, people, organisations and vehicles."""
    return actor("grid_member")


# -- what is declared --------------------------------------------------------------------------------------
def test_there_are_hubs_and_each_is_tied():
    assert {r.name for r in HUBS if leading_to(r)} >= {"home", "person", "organisation", "building", "vehicle", "case"}
    said = {(t.register.name, t.field, t.other.name) for t in ties() if t.by}
    assert said >= {("home", "owner_id_index", "person"), ("organisation", "legal_id_index", "person"),
                    ("rental", "tenant_id_index", "person"), ("registered_resident", "head_id_index", "person"),
                    ("case_subject", "plate_no", "vehicle")}, "who is named by number is found by number"
    assert {r.name for r in carriers()} >= {"rental", "employment", "case_subject", "case_party", "vehicle", "home"}
    assert all(t.label for t in ties())


def test_what_a_number_leads_to_is_asked_of_an_index():
    for tie in (t for r in carriers() for t in from_(r)):
        field: Any = tie.register.model._meta.get_field(tie.field)
        there = field.unique or field.db_index or any(
            i.fields and i.fields[0].lstrip("-") == tie.field for i in tie.register.model._meta.indexes)
        assert there, (tie.register.name, tie.field)


# -- cards -------------------------------------------------------------------------------------------------
def test_a_homes_page_shows_people_and_firms_to_those_who_may_see_them(as_actor):
    home = new("home")
    for seed in range(FEW + 1):
        new("person", seed, home=home)
    organisation = new("organisation", 1, home=home, name="演示便利店")
    address = f"/desk/home/{home.pk}/"
    page = as_actor(keeper()).get(address).content.decode()
    assert "演示便利店" in page and f"/desk/person/?home={home.pk}" in page
    people = registry.register("person").model.objects.all()
    assert not [p for p in people if p.name in page], "a name stands there whole"
    found = {g["url"]: g for g in related(registry.register("home"), home, keeper())}
    assert len(found[f"/desk/person/?home={home.pk}"]["rows"]) == FEW
    assert found[f"/desk/person/?home={home.pk}"]["more"]
    desk = as_actor(actor("acceptor")).get(address).content.decode()
    assert str(organisation) in desk and "/desk/person/" not in desk
    assert related(registry.register("home"), home, actor("grid_member", area="9999")) == []


def test_a_persons_card_shows_home_work_vehicles_firms_and_cases(as_actor):
    person = _person(1)
    home = new("home", owner_id_no=person.id_no)
    firm = new("organisation", 1, legal_id_no=person.id_no, name="演示作坊")
    write(SYSTEM, "change", person, {"home": home})
    work = new("employment", person=person, organisation=new("organisation", 2, name="演示工厂"))
    car = new("vehicle", owner=person)
    case = write(SYSTEM, "change", make(registry.register("case")), {"area_code": AREA})
    new("case_subject", case=case, person=person, plate_no="")
    new("rental", home=new("home", 5), tenant=None, tenant_id_type="111", tenant_id_no=person.id_no)
    found = {(g.register.name, g.tie.field): g for g in groups(registry.register("person"), person, keeper())}
    assert {("home", "owner_id_index"), ("organisation", "legal_id_index"), ("employment", "person"),
            ("vehicle", "owner"), ("rental", "tenant_id_index"), ("case_subject", "person")} <= set(found)
    assert [e.record.name for e in found["employment", "person"].ends[work.pk]] == ["演示工厂"]
    page = as_actor(keeper()).get(f"/desk/person/{person.pk}/").content.decode()
    for shown in ("演示工厂", "演示作坊", str(car), case.title, f"/desk/home/{home.pk}/"):
        assert shown in page, shown
    assert person.name not in page and firm.name in page


def test_programmes_and_visits_stand_on_the_card_of_those_alone_who_may_see_them():
    entry = make(registry.register("care_person"))
    person, register = entry.person, registry.register("person")

    def seen(who: Actor) -> set[str]:
        return {g.register.name for g in groups(register, person, who)}

    named = Actor(kind="staff", name="责任人", user_id=entry.keeper_id, post_id=1, role="grid_member", area="3205",
                  grants=grants_of("grid_member"), unit_id=10**9, unit_path="/none/")
    assert "care_person" in seen(named)
    for role in ("grid_member", "grid_leader", "admin", "unit_clerk", "leader"):
        other = Actor(kind="staff", name="旁人", user_id=10**9, post_id=2, role=role, area="3205",
                      grants=grants_of(role), unit_id=10**9, unit_path="/none/", strong=True)
        assert "care_person" not in seen(other), role


@pytest.mark.parametrize("register", HUBS, ids=lambda r: r.name)
def test_a_card_costs_one_query_one_a_register_found_and_one_a_far_end(register, sizes_known):
    record = register.model.objects.first() or make(register)
    who = Actor(kind="staff", name="契约", user_id=1, post_id=1, role="all", unit_id=1, unit_path="/", area="3205",
                grants={"*": ("all",)}, strong=True)
    groups(register, record, who)
    with CaptureQueriesContext(connection) as few:
        found = {g.register for g in groups(register, record, who)}
    bound = 1 + len(found) + len({(t.other, t.by) for r in found for t in from_(r)})
    bound += sum(1 for p in register.panels if p.instead and p.when)  # each may ask whether it is shown
    assert len(few) <= bound, [q["sql"][:150] for q in few.captured_queries]


def test_the_page_of_a_person_costs_few_statements(as_actor):
    home = new("home")
    person = new("person", 1, home=home)
    new("rental", 0, home=home, tenant=person)
    new("vehicle", 0, owner=person)
    browser = as_actor(actor("unit_clerk"))
    address = f"/desk/person/{person.pk}/"
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        page = browser.get(address).content.decode()
    assert "/desk/vehicle/" in page and "/desk/home/" in page
    assert len(few) <= 18, [q["sql"][:150] for q in few.captured_queries]


def test_more_records_cost_no_more_queries():
    home = new("home")
    new("person", 0, home=home)
    new("rental", 0, home=home, tenant=_person(1))
    with CaptureQueriesContext(connection) as few:
        groups(registry.register("home"), home, keeper())
    for seed in range(1, 6):
        new("person", seed, home=home)
        new("rental", seed, home=home, tenant=_person(seed + 1))
    with CaptureQueriesContext(connection) as more:
        groups(registry.register("home"), home, keeper())
    assert len(more) <= len(few)


def test_a_grids_card_counts_what_lies_in_it_as_far_as_it_may_be_seen(as_actor):
    from .recipes import _community

    place = _community()
    new("home")
    new("person")
    page = as_actor(actor("unit_clerk")).get(f"/desk/region/{place.pk}/").content.decode()
    assert f"/desk/person/?area_code={place.area_code}" in page and f"/desk/home/?area_code={place.area_code}" in page
    page = as_actor(actor("leader")).get(f"/desk/region/{place.pk}/").content.decode()
    assert f"/desk/home/?area_code={place.area_code}" in page
    assert f"/desk/person/?area_code={place.area_code}" not in page, "who may not see people is told no number of them"


# -- ways --------------------------------------------------------------------------------------------------
def nodes(answer: Any) -> list[list[str]]:
    return [[name for name, _pk in way.nodes] for way in answer.ways]


def test_ways_of_one_to_four_steps_and_none_of_five():
    home, other = new("home", 1), new("home", 2)
    first, second = _person(1), _person(2)
    write(SYSTEM, "change", first, {"home": home})
    rental = new("rental", home=home, tenant=second)
    firm = new("organisation", 1, home=other, legal_id_type="", legal_id_no="")
    new("employment", person=second, organisation=firm)
    car = new("vehicle", 1, owner=None, owner_org=firm)
    who = keeper()
    one = connect(who, ("person", first.pk), ("home", home.pk))
    assert nodes(one) == [["person", "home"]] and one.ways[0].steps[0].forward
    two = connect(who, ("person", first.pk), ("person", second.pk))
    assert nodes(two) == [["person", "home", "person"]]
    step = two.ways[0].steps[1]
    assert step.own and (step.register.name, step.pk) == ("rental", rental.pk) and "承租人" in step.words
    three = connect(who, ("person", first.pk), ("organisation", firm.pk))
    assert nodes(three) == [["person", "home", "person", "organisation"]]
    four = connect(who, ("person", first.pk), ("vehicle", car.pk))
    assert nodes(four) == [["person", "home", "person", "organisation", "vehicle"]]
    back = connect(who, ("vehicle", car.pk), ("person", first.pk))
    assert nodes(back) == [list(reversed(nodes(four)[0]))], "it is the same from the other end"
    five = connect(who, ("home", new("home", 3).pk), ("vehicle", car.pk))
    assert five.kind == "none" and five.whole
    assert nodes(connect(who, ("person", first.pk), ("person", first.pk))) == [["person"]]


def test_numbers_tie_too_and_cases_with_them():
    person = _person(1)
    firm = new("organisation", 1, legal_id_type="111", legal_id_no=person.id_no)
    car = new("vehicle", 1, plate_no="苏E11111", owner=person)
    case = write(SYSTEM, "change", make(registry.register("case")), {"area_code": AREA})
    new("case_subject", case=case, plate_no=car.plate_no)
    who = keeper()
    assert nodes(connect(who, ("organisation", firm.pk), ("person", person.pk))) == [["organisation", "person"]]
    assert nodes(connect(who, ("case", case.pk), ("organisation", firm.pk))) == [
        ["case", "vehicle", "person", "organisation"]]


def test_no_step_is_made_over_what_may_not_be_seen():
    """Neither over a thing out of sight nor over a row that only another unit may see."""
    home, first, second = new("home"), _person(1), _person(2)
    write(SYSTEM, "change", first, {"home": home})
    write(SYSTEM, "change", second, {"home": home})
    ends = ("person", first.pk), ("person", second.pk)
    assert connect(keeper(), *ends).kind == "found"
    write(SYSTEM, "change", home, {"area_code": "320999001001"})
    assert connect(keeper(), *ends).kind == "none", "the home is elsewhere"
    incident = make(registry.register("security_case"))
    for person in (first, second):
        new("case_party", security_case=incident, person=person, name="", id_type="", id_no="")
    assert connect(keeper(), *ends).kind == "none", "an incident's people are known to its unit alone"
    clerk = Actor(kind="staff", name="经办", user_id=7, post_id=7, role="unit_clerk", area="3205",
                  grants=grants_of("unit_clerk"), unit_id=incident.unit_id, unit_path="/1/")
    assert nodes(connect(clerk, *ends)) == [["person", "security_case", "person"]]
    assert connect(actor("unit_clerk", area="3205"), *ends).kind in ("none", "found")
    stranger = Actor(kind="staff", name="外单位", user_id=8, post_id=8, role="unit_clerk", area="3205",
                     grants=grants_of("unit_clerk"), unit_id=10**9, unit_path="/none/")
    assert connect(stranger, *ends).kind == "none"


def test_programmes_tie_nobody_to_anybody():
    """Two people of one keeper or unit are not connected by it, whoever asks."""
    assert not {r.name for r in carriers()} & {"care_person", "released_person", "correction_person", "rehab_person",
                                              "visit_record", "referral"}
    assert not {"staff", "unit", "post"} & {r.name for r in things(Actor(
        kind="staff", name="全", role="all", grants={"*": ("all",)}))}


def test_what_is_tied_to_too_much_is_said_and_not_guessed(monkeypatch):
    monkeypatch.setattr(paths, "ROWS", 3)
    home, other = new("home", 1), new("home", 2)
    for seed in range(1, 7):
        write(SYSTEM, "change", _person(seed), {"home": home})
    answer = connect(keeper(), ("home", home.pk), ("home", other.pk))
    assert answer.kind == "too_many" and not answer.whole


def test_a_question_costs_a_bounded_number_of_queries():
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert connect(who, ("person", first.pk), ("home", far.pk)).kind == "none"
        return len(seen)

    who = Actor(kind="staff", name="契约", user_id=1, post_id=1, role="all", unit_id=1, unit_path="/", area="3205",
                grants={"*": ("all",)}, strong=True)
    home, far, first = new("home", 1), new("home", 2), _person(1)
    write(SYSTEM, "change", first, {"home": home})
    new("vehicle", 1, owner=first)
    few = asked()
    for seed in range(2, 12):
        write(SYSTEM, "change", _person(seed), {"home": home})
        new("vehicle", seed, owner=_person(seed))
        new("rental", seed, home=home, tenant=_person(seed))
    assert asked() <= max(few + 8, 40) and asked() <= most_queries() < 200


# -- surfaces ----------------------------------------------------------------------------------------------
def test_the_page_asks_finds_and_draws(as_actor):
    home, first, second = new("home"), _person(1), _person(2)
    write(SYSTEM, "change", first, {"home": home})
    new("rental", home=home, tenant=second)
    browser = as_actor(keeper())
    assert f"/desk/connections?from=person:{first.pk}" in browser.get(f"/desk/person/{first.pk}/").content.decode()
    page = browser.get(f"/desk/connections?from=person:{first.pk}").content.decode()
    assert str(first) in page and 'name="q"' in page
    page = browser.get(f"/desk/connections?from=person:{first.pk}&in=person&q={second.number}").content.decode()
    assert f"to=person%3A{second.pk}" in page
    page = browser.get(f"/desk/connections?from=person:{first.pk}&to=person:{second.pk}").content.decode()
    assert 'class="way"' in page and str(home) in page and "承租人" in page
    assert first.name not in page and second.name not in page, "names stand there masked"
    page = browser.get(f"/desk/connections?from=person:{first.pk}&to=home:{new('home', 7).pk}").content.decode()
    assert "没有关联" in page and 'class="way"' not in page


@pytest.mark.parametrize("end", ["person:0", "staff:1", "nothing:1", "person:abc", "person", "person:" + "9" * 30])
def test_ends_that_name_nothing_in_sight_are_refused_alike(as_actor, end):
    first = _person(1)
    assert as_actor(keeper()).get(f"/desk/connections?from=person:{first.pk}&to={end}").status_code in (404, 422)
    elsewhere = as_actor(actor("grid_member", area="9999"))
    assert elsewhere.get(f"/desk/connections?from=person:{first.pk}").status_code == 404
    assert as_actor(actor("acceptor")).get(f"/desk/connections?from=person:{first.pk}").status_code in (404, 422)


def test_the_api_answers_the_same(monkeypatch):
    home, first = new("home"), _person(1)
    write(SYSTEM, "change", first, {"home": home})
    monkeypatch.setattr(http, "actor_of", lambda _request: keeper())
    address = f"/api/v1/connections?from=person:{first.pk}&to=home:{home.pk}"
    found = Client().get(address).json()
    assert found["answer"] == "found" and found["complete"]
    assert [t["register"] for t in found["ways"][0]["things"]] == ["person", "home"]
    assert first.name not in str(found)
    assert Client().get(f"/api/v1/connections?from=person:{first.pk}").status_code == 422
    monkeypatch.setattr(http, "actor_of", lambda _request: actor("grid_member", area="9999"))
    assert Client().get(address).status_code == 404

"""What is entered twice is said; two records become one with all that hangs on them, and two again when asked."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from gezhi.domains.programmes.models import MentalCare
from gezhi.domains.vehicles.vehicle import Vehicle
from gezhi.engines.access import grants_of
from gezhi.engines.duplicates.entering import LooksAlike, enter
from gezhi.engines.duplicates.likeness import alike, alike_many
from gezhi.engines.duplicates.models import Merge
from gezhi.engines.history import timeline, verify
from gezhi.engines.workflow.act import act
from gezhi.foundation.people.models import Person
from gezhi.foundation.units.models import Staff, Unit
from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.registry import registry
from gezhi.surfaces.desk import frame
from gezhi.surfaces.desk.tests import people as desk_people

pytestmark = pytest.mark.django_db
AREA, BORN = "320508001001001", dt.date(1980, 3, 4)
NUMBER = "11010519491231002X"


def actor(role="unit_clerk", area="320508", user=7):
    return Actor(kind="staff", name=role, user_id=user, post_id=1, role=role, unit_id=1, unit_path="/A/", area=area,
                 grants=grants_of(role), strong=True)


def person(**values):
    return write(SYSTEM, "create", Person, {"kind": "01", "name": "欧阳小明", "area_code": AREA, "birth": BORN,
                                            "gender": "1", **values})


def like(record, who=None):
    return [one.record for one in alike(registry.register("person"), who or actor(), record)]


@pytest.mark.parametrize(("values", "found"), [
    ({}, True), ({"name": "欧阳晓明"}, True), ({"name": "王五"}, False), ({"birth": dt.date(1981, 3, 4)}, False),
    ({"area_code": "320508002001001"}, False), ({"area_code": "320508001001009"}, True),
    ({"birth": dt.date(1981, 3, 4), "current_address": "安和社区友谊路5号3栋"}, True),
    ({"birth": dt.date(1981, 3, 4), "current_address": "安和社区建设路88号"}, False)])
def test_a_like_name_with_something_beside_it(values, found):
    first = person(current_address="安和社区友谊路５号３栋")
    assert like(person(**{"current_address": "", **values})) == ([first] if found else [])


def test_the_telephone_tells_namesakes_apart():
    first = person(phone="13900000001")
    assert like(person(phone="13900000002", birth=dt.date(1981, 3, 4))) == []
    assert like(person(phone="13900000001", birth=dt.date(1982, 3, 4))) == [first]


def test_nobody_learns_of_a_likeness_out_of_sight():
    first, second = person(), person()
    assert like(second) == [first]
    assert like(second, actor(area="320509")) == [] and like(second, actor("acceptor")) == []


def test_the_form_says_it_once_and_believes_the_person(monkeypatch):
    first, clerk = person(), actor()
    values = {"kind": "01", "name": "欧阳小明", "area_code": AREA, "birth": BORN, "gender": "1"}
    with pytest.raises(LooksAlike) as caught:
        enter(clerk, registry.register("person"), values)
    assert [one.record for one in caught.value.found] == [first] and Person.objects.count() == 1
    monkeypatch.setattr(frame, "actor_of_request", lambda _request, via="": clerk.through(via))
    browser = Client()
    posted = {"kind": "01", "id_type": "111", "name": "欧阳小明", "gender": "1", "birth": "1980-03-04",
              "nationality": "156", "area_code": AREA, "life_state": "01", "source": "01", "permanent": "on"}
    asked = browser.post("/desk/person/new", posted)
    page = asked.content.decode()
    assert asked.status_code == 422 and f"/desk/person/{first.pk}/" in page and 'name="sure"' in page
    assert Person.objects.count() == 1
    assert browser.post("/desk/person/new", posted | {"sure": "1"}).status_code == 302
    assert Person.objects.count() == 2


class Two:
    """One person entered twice: with the number and a car; with a telephone, a programme, and a car too."""

    def __init__(self):
        self.keep = person(id_no=None)
        self.gone = person(id_type="114", id_no="P1234567", phone="13800001234")
        self.cars = [write(SYSTEM, "create", Vehicle, {"plate_no": f"苏E{n}2345", "plate_colour": "1", "kind": "K3",
                                                       "owner": one}) for n, one in enumerate((self.keep, self.gone))]
        unit = write(SYSTEM, "create", Unit, {"code": "A", "name": "单位", "kind": "department", "level": "city",
                                              "area_code": "3205"})
        staff = write(SYSTEM, "create", Staff, {"username": "s", "name": "职员"})
        today = dt.date.today()
        entry = {"unit": unit, "keeper": staff, "basis": "01", "basis_no": "1", "begins": today,
                 "ends": today + dt.timedelta(days=9), "guardian_name": "王五", "economy": "01", "managers": ["01"]}
        self.cares = [write(SYSTEM, "create", MentalCare, {**entry, "person": one, **more}) for one, more in (
            (self.keep, {}), (self.gone, {"rehab_org": "演示康复站"}))]

    def join(self, who=None):
        return act(who or actor(), Merge, "join", {"keep": self.keep.number, "gone": self.gone.number,
                                                   "opinion": "同一人登记了两次"})


def test_everything_is_led_to_the_one_that_stays():
    two = Two()
    made = two.join()
    assert (made.kept_id, made.gone_id, made.by_id, made.links) == (two.keep.pk, two.gone.pk, 7, 1)
    assert not Person.objects.filter(pk=two.gone.pk).exists()
    keep = Person.objects.get(pk=two.keep.pk)
    assert (keep.phone, keep.id_no) == ("13800001234", "P1234567"), "what it lacked is taken over"
    assert set(Vehicle.objects.values_list("owner_id", flat=True)) == {keep.pk}
    care = MentalCare.objects.get()
    assert (care.person_id, care.pk, care.rehab_org) == (keep.pk, two.cares[0].pk, "演示康复站"), "twins become one"
    assert timeline(keep)[-1].verb == "merge" and verify(keep).whole
    assert "13800001234" not in str(made.__dict__.get("kept_title")) + str(timeline(made)[0].changes)


def test_a_merge_is_undone_to_the_letter():
    two = Two()
    before = {model: list(model.objects.order_by("pk").values()) for model in (Person, Vehicle, MentalCare)}
    made = act(actor(), two.join(), "undo", {"opinion": "经核实是两个人"})
    assert made.status == "undone"
    moving = {"version", "seal", "updated_at"}
    for model, rows in before.items():
        now = list(model.objects.order_by("pk").values())
        assert [{k: v for k, v in r.items() if k not in moving} for r in now] == [
            {k: v for k, v in r.items() if k not in moving} for r in rows], model.__name__
    for record in (two.keep, two.gone, *two.cars, *two.cares):
        assert verify(type(record).objects.get(pk=record.pk)).whole, record
    assert [h.verb for h in timeline(two.gone)] == ["create", "remove", "restore"]
    with pytest.raises(Conflict):
        act(actor(), made, "undo", {"opinion": "再撤一次"})


def test_what_was_led_elsewhere_since_stays_there():
    two, third = Two(), person(name="王五", birth=dt.date(1970, 1, 1))
    made = two.join()
    write(SYSTEM, "change", Vehicle.objects.get(pk=two.cars[1].pk), {"owner": third})
    write(SYSTEM, "change", Person.objects.get(pk=two.keep.pk), {"phone": "13900005678"})
    act(actor(), made, "undo", {"opinion": "经核实是两个人"})
    assert Vehicle.objects.get(pk=two.cars[1].pk).owner_id == third.pk
    assert Person.objects.get(pk=two.keep.pk).phone == "13900005678"
    assert Person.objects.get(pk=two.gone.pk).phone == "13800001234"


def test_who_may_not_merge_or_undo_is_refused():
    two = Two()
    with pytest.raises(Refused):
        two.join(actor("grid_member"))
    with pytest.raises(Invalid):
        two.join(actor(area="320509"))
    with pytest.raises(Invalid):
        act(actor(), Merge, "join", {"keep": two.keep.number, "gone": two.keep.number, "opinion": "同一条"})
    assert Person.objects.count() == 2 and not Merge.objects.exists()
    made = two.join()
    with pytest.raises(Exception) as caught:
        act(actor(user=8), made, "undo", {"opinion": "不是我合并的"})
    assert caught.type.__name__ in ("Missing", "Refused")


def test_the_phone_says_it_too_and_believes_the_person():
    clerk = desk_people.person("grid_member", area=AREA)
    first, phone = person(), desk_people.client(clerk)
    posted = {"kind": "01", "id_type": "111", "name": "欧阳小明", "gender": "1", "birth": "1980-03-04",
              "nationality": "156", "area_code": AREA, "life_state": "01", "source": "01", "permanent": "on"}
    path = "/pocket/registers/person/new/"
    page = phone.post(path, posted)
    assert page.status_code == 409 and 'name="sure"' in page.content.decode() and Person.objects.get() == first
    told = phone.post(path, posted, headers={"X-Outbox": "1"})
    assert (told.status_code, told.json()["code"]) == (409, "looks_alike") and told.json()["alike"][0]["id"] == first.pk
    assert phone.post(path, posted | {"sure": "1"}).status_code == 302 and Person.objects.count() == 2


def test_equal_facts_are_found_for_many_at_once():
    first = person(phone="13800001234", birth=dt.date(1970, 1, 1))
    register = registry.register("person")
    rows = [Person(name=first.name, area_code=AREA, phone_index=seal.blind("13800001234")),
            Person(name=first.name, area_code=AREA, birth=BORN),
            Person(name=first.name, area_code=AREA, birth=dt.date(1970, 1, 1)),
            Person(name=first.name, area_code="320508002001001", birth=dt.date(1970, 1, 1))]
    found = alike_many(register, actor(), rows)
    assert [one.record if one else None for one in found] == [first, None, first, None]
    assert alike_many(register, actor(area="320509"), rows) == [None] * 4


def test_a_like_name_and_the_same_telephone():
    first = person(phone="13800001234", birth=dt.date(1970, 1, 1))
    assert like(person(name="欧阳晓明", phone="13800001234")) == [first]

"""A person is there once, agrees with the identity number, and is named through a mask."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.foundation.people.models import Person
from gezhi.foundation.people.person import _years_before
from gezhi.foundation.premises.models import Home, StandardAddress
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.identifiers import id_check
from gezhi.kernel.registry import registry

AREA = "320508001001001"
NUMBER = "11010519491231002X"
pytestmark = pytest.mark.django_db


def person(**values):
    return write(SYSTEM, "create", Person, {
        "kind": "01", "name": "欧阳小明", "area_code": AREA, "id_no": NUMBER, **values})


def test_birth_and_sex_come_from_the_number():
    made = person(id_no=NUMBER.lower())
    assert (made.birth, made.gender, made.id_no) == (dt.date(1949, 12, 31), "2", NUMBER)
    assert str(made) == "欧阳**（1949）" and made.number[0] == "P"


@pytest.mark.parametrize(("values", "field"), [
    ({"birth": dt.date(1949, 12, 30)}, "birth"), ({"gender": "1"}, "gender"),
    ({"id_no": "110105194912310021"}, "id_no"),
    ({"id_no": None, "gender": "1"}, "birth"), ({"id_no": None, "birth": dt.date(1899, 1, 1), "gender": "1"}, "birth"),
    ({"phone": "123456789"}, "phone"), ({"kind": "77"}, "kind"), ({"area_code": ""}, "area_code")])
def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        person(**values)
    assert field in caught.value.errors
    assert not Person.objects.exists()


def test_the_same_document_twice_is_refused_and_found_by_its_number():
    first = person()
    register = registry.register("person")
    assert register.find(NUMBER) == first == register.find(first.number)
    with pytest.raises(Invalid):
        person(name="别名")


def test_a_child_needs_a_guardians_consent():
    body = f"320508{dt.date.today().year - 6}0101001"
    with pytest.raises(Invalid) as caught:
        person(id_no=body + id_check(body))
    assert "consent" in caught.value.errors
    assert person(id_no=body + id_check(body), consent=True).pk
    assert _years_before(dt.date(2024, 2, 29), 14) == dt.date(2010, 2, 28)


def test_a_person_follows_the_home():
    place = write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5"})
    home = write(SYSTEM, "create", Home, {"address": place, "use": "01", "status": "01"})
    made = person(home=home, area_code="", household_address="友谊路 ５号")
    assert (made.area_code, made.current_address, made.at_registered) == (AREA, "友谊路5号", "01")


def test_nothing_personal_in_history():
    from gezhi.engines.history import timeline

    made = person(phone="13800001234", household_address="安和社区友谊路5号")
    told = str(timeline(made)[0].changes)
    assert not [text for text in ("欧阳小明", NUMBER, "13800001234", "1949-12-31", "友谊路5号") if text in told]


def test_part_of_a_name_is_found_through_the_index_of_pieces():
    made = person()
    former = person(id_no=None, birth=dt.date(1990, 1, 1), gender="1", name="李雷", former_name="欧阳雷")
    register = registry.register("person")

    def named(raw):
        return list(Person.objects.filter(register.kinds["name"].q(raw)).order_by("pk"))

    assert named("~阳小") == [made] and named("~欧阳") == [made] and named("~雷") == [former] and named("~欧小") == []
    assert "tokens" in str(register.kinds["name"].q("~阳小")) and "tokens" not in str(register.kinds["name"].q("~Li"))
    assert list(Person.objects.filter(register.kinds["former_name"].q("~阳雷"))) == [former]

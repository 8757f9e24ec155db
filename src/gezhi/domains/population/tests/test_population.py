"""What is added to a person agrees with the person, is there once, and lies where the person lives."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.domains.population.models import (
    FloatingPerson,
    LeftBehindPerson,
    OverseasPerson,
    RegisteredResident,
    UnsettledPerson,
)
from gezhi.engines.access import grants_of
from gezhi.engines.tables.query import Query
from gezhi.foundation.people.models import Person
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.identifiers import id_check
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA, TODAY = "320508001001001", dt.date.today()
NUMBER = "11010519491231002X"
FLOATING = {"reason": "01", "dwelling": "01", "registered_on": dt.date(2025, 3, 1)}
OVERSEAS = {"surname": "Lovelace", "given_name": "Ada", "document_until": dt.date(2030, 1, 1), "purpose": "01",
            "arrived_on": dt.date(2025, 3, 1)}
KIN = {"kin_name": "欧阳小红", "kin_relation": "10"}


def person(kind="01", born=1980, serial=1, **values):
    body = f"320508{born}0101{serial:03d}"
    return write(SYSTEM, "create", Person, {"kind": kind, "name": "欧阳小明", "area_code": AREA,
                                            "id_no": body + id_check(body), "consent": True, **values})


@pytest.mark.parametrize(("model", "kind", "born", "values", "field"), [
    (RegisteredResident, "01", 1980, {"household_no": "1", "relation": "01", "head_name": "张三", "move_kind": "01"},
     "moved_on"),
    (RegisteredResident, "01", 1980, {"household_no": "1", "relation": "01", "head_name": "张三",
                                      "head_id_no": NUMBER[:-1] + "1"}, "head_id_no"),
    (FloatingPerson, "01", 1980, FLOATING, "person"),
    (FloatingPerson, "02", 1980, FLOATING | {"expires_on": dt.date(2025, 2, 1)}, "expires_on"),
    (OverseasPerson, "01", 1980, OVERSEAS, "person"),
    (OverseasPerson, "03", 1980, OVERSEAS | {"leaves_on": dt.date(2025, 2, 1)}, "leaves_on"),
    (LeftBehindPerson, "01", 1980, KIN | {"kind": "01"}, "kind"),
    (LeftBehindPerson, "01", 1980, KIN | {"kind": "03"}, "kind"),
    (LeftBehindPerson, "01", TODAY.year - 70, KIN | {"kind": "01", "kin_phone": "12"}, "kin_phone")])
def test_what_cannot_be_is_refused(model, kind, born, values, field):
    one = person(kind, born)
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", model, {"person": one, **values})
    assert field in caught.value.errors


def test_each_is_there_once_and_names_the_person_through_a_mask():
    one = person()
    made = write(SYSTEM, "create", UnsettledPerson, {"person": one, "reason": "等待补录"})
    assert str(made) == "欧阳**（1980）"
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", UnsettledPerson, {"person": one, "reason": "又一次"})
    assert "person" in caught.value.errors


def test_permits_that_end_soon_are_found():
    ends = [TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=10), TODAY + dt.timedelta(days=90), None]
    made = [write(SYSTEM, "create", FloatingPerson, {"person": person("02", serial=n + 1), **FLOATING,
                                                     "expires_on": day}) for n, day in enumerate(ends)]
    register = registry.register("floating_person")
    found = {raw: {r.pk for r in Query(register, SYSTEM, {"permit": raw}).rows()}
             for raw in ("expired", "expiring", "expired,expiring")}
    assert found == {"expired": {made[0].pk}, "expiring": {made[1].pk}, "expired,expiring": {made[0].pk, made[1].pk}}
    with pytest.raises(Invalid):
        Query(register, SYSTEM, {"permit": "never"})


def test_a_move_of_the_person_moves_what_is_added():
    one = person()
    made = write(SYSTEM, "create", RegisteredResident, {"person": one, "household_no": "88", "relation": "01",
                                                        "head_name": "欧阳小明", "head_id_no": NUMBER})
    register = registry.register("registered_resident")

    def seen(area):
        who = Actor(kind="staff", name="网格员", user_id=1, role="grid_member", area=area,
                    grants=grants_of("grid_member"))
        return {r.pk for r in Query(register, who, {"head_id_no": NUMBER}).rows()}

    assert seen(AREA) == {made.pk} and not seen("320508001002")
    write(SYSTEM, "change", one, {"area_code": "320508001002001"})
    assert not seen(AREA) and seen("320508001002") == {made.pk}

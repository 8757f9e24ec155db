"""A vehicle has an owner, is named by a masked plate, and is found by the whole one."""

from __future__ import annotations

import pytest

from gezhi.domains.vehicles.use import VehicleUse
from gezhi.domains.vehicles.vehicle import Vehicle
from gezhi.foundation.organisations.models import Organisation
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA = "320508001001001"


def firm():
    return write(SYSTEM, "create", Organisation, {"name": "演示运输公司", "kind": "01", "area_code": AREA,
                                                  "uscc": "91350100m000100y43"})


def vehicle(**values):
    return write(SYSTEM, "create", Vehicle, {"plate_no": "黑a·D12345", "plate_colour": "5", "kind": "K3", **values})


def test_a_vehicle_lies_where_its_owner_does():
    owner = firm()
    made = vehicle(owner_org=owner)
    assert (made.plate_no, made.area_code, str(made)) == ("黑AD12345", AREA, "黑A****45")
    assert registry.register("vehicle").find("黑AD12345") == made
    assert registry.register("organisation").find("91350100M000100Y43") == owner
    assert registry.register("vehicle").kinds["owner_org"].parse("91350100M000100Y43") == owner


@pytest.mark.parametrize(("values", "field"), [
    ({}, "owner"), ({"plate_no": "黑A1"}, "plate_no"), ({"seats": 0}, "seats"), ({"kind": "飞机"}, "kind")])
def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        vehicle(**({"owner_org": firm()} if field != "owner" else {}), **values)
    assert field in caught.value.errors


def test_the_same_plate_and_the_same_code_twice_are_refused():
    owner = firm()
    vehicle(owner_org=owner)
    with pytest.raises(Invalid):
        vehicle(owner_org=owner)


def test_a_journey_ends_after_it_began():
    from tests.contract.factory import make

    from gezhi.foundation.units.models import Staff

    make(registry.register("staff"))
    made = vehicle(owner_org=firm())
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", VehicleUse, {"vehicle": made, "user": Staff.objects.first(), "purpose": "送文件",
                                             "from_at": "2026-11-20 09:00", "to_at": "2026-11-20 08:00"})
    assert "to_at" in caught.value.errors

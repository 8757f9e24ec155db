"""An address is there once however it is worded; a building shows its homes by unit and floor."""

from __future__ import annotations

import pytest

from gezhi.engines.access import grants_of
from gezhi.foundation.premises.chart import chart
from gezhi.foundation.premises.models import Building, Home, StandardAddress
from gezhi.foundation.premises.wording import number, part_key
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid

AREA = "320508001001001"
pytestmark = pytest.mark.django_db


def address(**parts):
    return write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5", **parts})


def test_text_and_level_follow_the_parts():
    made = address(estate="湖滨花园", building_no="3", unit_no="2", floor="6", room_no="601")
    assert (made.text, made.level) == ("友谊路5号湖滨花园3幢2单元6层601室", "room")
    assert made.number.startswith("A") and len(made.number) == 12
    assert address(estate="湖滨花园").level == "estate"


@pytest.mark.parametrize("again", [
    {"building_no": "３号楼", "room_no": "601室"}, {"building_no": "第三幢", "room_no": "0601"},
    {"building_no": "3栋", "room_no": "601", "house_number": "５号"}])
def test_the_same_place_in_other_words_is_refused_and_named(again):
    first = address(building_no="3", room_no="601")
    with pytest.raises(Invalid) as caught:
        address(**again)
    assert first.number in str(caught.value)
    assert StandardAddress.objects.count() == 1


def test_another_community_has_its_own_addresses():
    address()
    assert address(area_code="320508001002001").pk


def test_an_address_needs_something_to_be_called_by():
    with pytest.raises(Invalid):
        write(SYSTEM, "create", StandardAddress, {"area_code": AREA})
    with pytest.raises(Invalid):
        write(SYSTEM, "create", StandardAddress, {"road": "友谊路"})  # neither area nor point


@pytest.mark.parametrize(("text", "digits"), [("十二", "12"), ("二十", "20"), ("三", "3"), ("一〇二", "102"),
                                             ("二十一", "21")])
def test_numerals(text, digits):
    assert number(text) == digits
    assert part_key("building_no", f"{text}号楼") == digits


def test_a_home_finds_its_building_and_is_called_by_its_address():
    site = address(building_no="3")
    building = write(SYSTEM, "create", Building, {"name": "3幢", "address": site, "use": "01", "floors": 6, "units": 2})
    homes = [write(SYSTEM, "create", Home, {"address": address(building_no="3号楼", unit_no=unit, room_no=room),
                                            "use": "01", "status": "01"})
             for unit, room in (("1", "101"), ("1", "601"), ("2", "101"))]
    assert {h.building_id for h in homes} == {building.pk} and homes[0].area_code == AREA
    grants = grants_of("grid_member")
    member = Actor(kind="staff", name="网格员", user_id=1, role="grid_member", area=AREA, grants=grants)
    drawn = chart(building, member)
    assert drawn["units"] == ["1", "2"]
    assert [(floor, [[h["room"] for h in cell] for cell in row]) for floor, row in drawn["floors"]] == [
        ("6", [["601"], []]), ("1", [["101"], ["101"]])]
    stranger = Actor(kind="staff", name="外人", user_id=2, role="grid_member", area="9999", grants=grants)
    assert chart(building, stranger)["floors"] == []
    write(SYSTEM, "change", homes[0].address, {"estate": "湖滨花园"})
    homes[0].refresh_from_db()
    assert homes[0].text == "友谊路5号湖滨花园3号楼1单元101室"

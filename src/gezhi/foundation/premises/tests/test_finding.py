"""Places named in free text are found in the registers, as narrowly as the words allow."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from gezhi.foundation.premises.finding import places_in
from gezhi.foundation.premises.models import StandardAddress
from gezhi.foundation.territory.models import Region
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

HERE, THERE = "320508001001", "320508001002"
pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    def put(place: tuple[float, float] | None = None, area: str = HERE, **parts: str) -> None:
        write(SYSTEM, "create", StandardAddress, {
            "area_code": area, **parts, "place": Point(*place, srid=4326) if place else None})

    put((120.60, 31.30), road="友谊路", house_number="5", estate="湖滨花园", building_no="3", room_no="601")
    put((120.60, 31.30), road="友谊路", house_number="5", estate="湖滨花园", building_no="3", room_no="602")
    put((120.601, 31.301), road="友谊路", house_number="5", estate="湖滨花园", building_no="十二")
    put((120.63, 31.30), road="友谊路", house_number="188")
    put((120.70, 31.40), area=THERE, estate="阳光水岸", building_no="3")
    put((120.60, 31.31), estate="阳光水岸", building_no="3")


def first(text: str, within: str = ""):
    found = places_in(text, within)
    return found[0] if found else None


@pytest.mark.parametrize(("text", "level", "words", "lon"), [
    ("我住在湖滨花园3号楼，楼下垃圾成堆", "building", "湖滨花园3号楼", 120.60),
    ("湖滨花园小区第十二幢电梯坏了", "building", "湖滨花园小区第十二幢", 120.601),
    ("友谊路 188 号门口井盖没了", "house", "友谊路188号", 120.63),
    ("湖滨花园里路灯不亮", "estate", "湖滨花园", 120.60)])
def test_a_named_place_is_found_as_narrowly_as_it_is_named(register, text, level, words, lon):
    found = first(text)
    assert (found.level, found.words) == (level, words)
    assert found.lon == pytest.approx(lon, abs=0.001) and found.area_code.startswith(HERE)
    assert found.confidence >= 0.8


def test_a_long_road_is_no_point_and_less_sure(register):
    found = first("友谊路路面坑洼")
    assert (found.level, found.lon) == ("road", None) and found.confidence == 0.5


def test_a_name_that_two_places_have_shares_its_confidence_unless_the_area_is_known(register):
    both = places_in("阳光水岸3幢漏水")
    assert {f.area_code for f in both} == {HERE, THERE} and {f.confidence for f in both} == {0.475}
    assert [f.area_code for f in places_in("阳光水岸3幢漏水", within=THERE)] == [THERE]


def test_nothing_is_found_where_nothing_is_named_and_homes_are_never(register):
    assert places_in("请尽快处理，谢谢") == [] == places_in("")
    assert all("601" not in f.words for f in places_in("湖滨花园3幢601室"))


def test_a_named_community_is_an_area_and_decides_between_places(register):
    for code, name in (("3205", "苏州市"), ("320508", "姑苏区"), ("320508001", "双塔街道"), (THERE, "钟楼社区居委会")):
        write(SYSTEM, "create", Region, {"area_code": code, "name": name})
    found = first("双塔街道钟楼社区的路灯坏了")
    assert (found.level, found.area_code, found.lon) == ("community", THERE, None)
    decided = first("钟楼社区阳光水岸3幢漏水")
    assert decided.area_code == THERE and decided.level == "building" and decided.confidence > 0.95

"""Moves on cells and regions: the ground stays tiled, neighbours and records follow, nonsense is refused."""

from __future__ import annotations

import json

import pytest
import shapely
from django.contrib.gis.geos import Point
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.history import timeline, verify
from gezhi.engines.workflow.act import act, allowed
from gezhi.foundation.territory import checking, shapes
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.public import RELINKED, area_name, check, grid_at
from gezhi.foundation.territory.tests.conftest import COUNTY, TOWN, A, B, cell
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.records import Event

pytestmark = pytest.mark.django_db


def geojson(shape):
    return json.loads(shapely.to_geojson(shape))


def tree(code, area, at=None):
    place = Point(*at, srid=4326) if at else None
    return write(SYSTEM, "create", Tree, {"code": code, "area_code": area, "place": place})


def area_of(code):
    return Tree.objects.get(code=code).area_code


def test_split_keeps_the_ground_tiled_and_moves_open_records_by_place(territory, admin):
    west, east = tree("W", f"{A}001", (120.501, 31.215)), tree("E", f"{A}001", (120.5095, 31.215))
    none, felled = tree("N", f"{A}001"), tree("F", f"{A}001", (120.5095, 31.216))
    act(SYSTEM, felled, "fell")
    line = shapely.LineString([(120.508, 31.1), (120.508, 31.3)])
    done = act(admin, cell(1), "split", {"line": geojson(line)})
    assert done.area_code == f"{A}001"
    new = cell(7)
    assert (new.name, new.community, new.status) == ("石湖社区第7网格", territory, "active")
    assert new.area_m2 < done.area_m2
    assert check(A) == []
    assert [area_of(c) for c in "WENF"] == [f"{A}001", f"{A}007", f"{A}001", f"{A}001"]
    assert grid_at(120.5095, 31.215) == f"{A}007"
    east.refresh_from_db()
    assert timeline(east)[-1].verb == "relink"
    assert verify(east).whole
    assert timeline(west)[-1].verb != "relink"
    event = Event.objects.get(kind=RELINKED)
    assert event.payload["counts"] == {"tree": 1}
    assert set(event.payload["areas"]) == {f"{A}001", f"{A}007"}
    assert none.area_code == f"{A}001"


def test_merge_disables_the_others_and_hands_on_their_records(territory, admin):
    tree("P", f"{A}002", (120.515, 31.215))
    tree("N", f"{A}002")
    done = act(admin, cell(1), "merge", {"others": [cell(2).pk]})
    assert check(A) == []
    gone = cell(2)
    assert (gone.status, gone.successor) == ("disabled", done)
    assert timeline(gone)[-1].verb == "merged"
    assert area_of("P") == area_of("N") == f"{A}001"
    assert grid_at(120.515, 31.215) == f"{A}001"
    assert area_name(f"{A}002") == "虎丘区横塘街道石湖社区居委会2号网格"


def test_split_after_merge_never_gives_a_code_again(territory, admin):
    done = act(admin, cell(5), "merge", {"others": [cell(6).pk]})
    line = shapely.LineString([(120.52, 31.1), (120.52, 31.3)])
    act(admin, done, "split", {"line": geojson(line)})
    assert set(GridCell.objects.filter(community=territory).values_list("area_code", flat=True)) == {
        f"{A}{n:03}" for n in range(1, 8)
    }


def test_disable_needs_an_heir_and_enable_brings_the_land_back(territory, admin):
    tree("N", f"{A}003")
    with pytest.raises(Invalid, match="请选择接收土地的相邻网格"):
        act(admin, cell(3), "disable", {"opinion": "撤销"})
    with pytest.raises(Invalid, match="不相邻"):
        act(admin, cell(3), "disable", {"opinion": "撤销", "heir": cell(4).pk})
    with pytest.raises(Invalid, match="不能跨社区"):
        act(admin, cell(3), "disable", {"opinion": "撤销", "heir": cell(1, B).pk})
    gone = act(admin, cell(3), "disable", {"opinion": "撤销", "heir": cell(2).pk})
    assert check(A) == []
    assert area_of("N") == f"{A}002"
    back = act(admin, gone, "enable")
    assert back.successor is None
    assert check(A) == []
    assert grid_at(120.525, 31.215) == f"{A}003"


def test_reshape_moves_the_border_of_the_neighbour_too(territory, admin):
    tree("P", f"{A}002", (120.511, 31.215))
    done = act(admin, cell(1), "reshape", {"boundary": geojson(shapely.box(120.5, 31.21, 120.512, 31.22))})
    assert check(A) == []
    assert not done.made
    assert timeline(cell(2))[-1].verb == "yield"
    assert area_of("P") == f"{A}001"
    before = timeline(done)[-1].changes["boundary"][0]
    assert shapely.from_wkb(before["wkb"]).area == pytest.approx(1e-4)


def test_draw_takes_land_and_micro_cells_take_none(territory, admin):
    made = act(
        admin,
        GridCell,
        "draw",
        {
            "community": territory.pk,
            "kind": "dedicated",
            "name": "石湖中学",
            "boundary": geojson(shapely.box(120.502, 31.212, 120.506, 31.216)),
        },
    )
    assert (made.area_code, made.name) == (f"{A}007", "石湖中学")
    assert check(A) == []
    assert grid_at(120.504, 31.214) == f"{A}007"
    micro = {
        "community": territory.pk,
        "kind": "micro",
        "boundary": geojson(shapely.box(120.51, 31.2, 120.515, 31.205)),
    }
    small = act(admin, GridCell, "draw", micro)
    assert grid_at(120.512, 31.202) == f"{A}005"
    assert check(A) == []
    with pytest.raises(Invalid, match="与微网格"):
        act(admin, GridCell, "draw", micro)
    placed = act(admin, GridCell, "draw", {"boundary": geojson(shapely.box(120.552, 31.202, 120.558, 31.208))})
    assert placed.area_code == f"{B}007"
    with pytest.raises(Invalid, match="请选择所属社区"):
        act(admin, GridCell, "draw", {"boundary": geojson(shapely.box(121, 31.202, 121.1, 31.208))})
    assert act(admin, small, "disable", {"opinion": "合并"}).status == "disabled"


@pytest.mark.parametrize(
    ("move", "inputs", "word"),
    [
        ("split", {"line": {"type": "LineString", "coordinates": [[121, 31], [121, 32]]}}, "没有把区域分开"),
        ("split", {"line": {"type": "Polygon", "coordinates": []}}, "GeoJSON"),
        ("split", {"line": "x"}, "GeoJSON"),
        ("split", {}, "请填写"),
        ("split", {"line": {"type": "Point", "coordinates": [120, 31]}}, "应为线"),
        ("reshape", {"boundary": {"type": "LineString", "coordinates": [[121, 31], [121, 32]]}}, "应为面"),
        ("reshape", {"boundary": geojson(shapely.box(120, 31, 121, 32))}, "之外|盖住"),
        (
            "reshape",
            {"boundary": geojson(shapely.Polygon([(120.5, 31.2), (120.51, 31.21), (120.51, 31.2), (120.5, 31.21)]))},
            "与自身相交",
        ),
        ("reshape", {"boundary": geojson(shapely.box(200, 31, 201, 32))}, "超出范围"),
    ],
)
def test_nonsense_is_refused_in_words_and_changes_nothing(territory, admin, move, inputs, word):
    before = list(GridCell.objects.order_by("pk").values_list("boundary", "version"))
    with pytest.raises(Invalid, match=word):
        act(admin, cell(1), move, inputs)
    assert list(GridCell.objects.order_by("pk").values_list("boundary", "version")) == before


def test_who_may_not_is_refused(territory):
    member = Actor(kind="staff", name="网格员", role="grid_member", area=A, grants=grants_of("grid_member"))
    assert allowed(member, cell(1)) == []
    with pytest.raises(Refused):
        act(member, cell(1), "split", {"line": geojson(shapely.LineString([(120.505, 31), (120.505, 32)]))})
    elsewhere = Actor(kind="staff", name="B", role="admin", area=B, grants=grants_of("admin"))
    with pytest.raises(Refused):
        act(elsewhere, cell(1), "merge", {"others": [cell(2).pk]})
    with pytest.raises(Refused):
        act(
            elsewhere,
            GridCell,
            "draw",
            {"community": territory.pk, "boundary": geojson(shapely.box(120.502, 31.212, 120.506, 31.216))},
        )


def test_recode_takes_everything_below_and_all_records_with_it(territory, admin):
    tree("N", f"{A}003")
    act(SYSTEM, tree("F", f"{A}003"), "fell")
    town = Region.objects.get(area_code=TOWN)
    done = act(admin, town, "recode", {"code": "320505009000", "opinion": "苏政发〔2026〕1 号"})
    assert (done.area_code, done.code) == ("320505009", "320505009000")
    assert not Region.objects.filter(area_code__startswith=TOWN).exists()
    assert not GridCell.objects.filter(area_code__startswith=TOWN).exists()
    moved = GridCell.objects.get(area_code="320505009001003")
    assert moved.former_codes == [f"{A}003"]
    assert moved.community.area_code == "320505009001"
    assert area_of("N") == area_of("F") == "320505009001003"
    assert area_name(f"{A}003").endswith("石湖社区居委会3号网格") or "3号网格" in area_name(f"{A}003")
    assert verify(moved).whole
    assert checking.check_below("3205") == {}


@pytest.mark.parametrize(
    ("code", "word"),
    [("320505", "级别"), (TOWN, "相同"), ("320599001", "上级"), ("x", "数字"), (f"{COUNTY}002", "已被")],
)
def test_recode_refusals(territory, admin, code, word):
    write(SYSTEM, "create", Region, {"area_code": f"{COUNTY}002", "name": "狮山街道"})
    with pytest.raises(Invalid, match=word):
        act(admin, Region.objects.get(area_code=TOWN), "recode", {"code": code, "opinion": "-"})


def test_absorb_a_community(territory, admin):
    tree("N", f"{B}003")
    tree("C", B)
    act(SYSTEM, tree("F", f"{B}003"), "fell")
    done = act(admin, territory, "absorb", {"others": [Region.objects.get(area_code=B).pk], "opinion": "撤并"})
    assert Region.objects.get(area_code=B).status == "disabled"
    assert done.cells.filter(status="active").count() == 12
    assert check(A) == []
    assert area_of("N") == area_of("F") == f"{A}009"
    assert area_of("C") == A
    assert grid_at(120.535, 31.215) == f"{A}007"
    assert area_name(f"{B}003")


def test_outline_of_a_region_moves_its_sibling(territory, admin):
    act(admin, territory, "outline", {"boundary": geojson(shapely.box(120.5, 31.2, 120.54, 31.22))})
    other = shapes.to_shapely(Region.objects.get(area_code=B).boundary)
    assert other.bounds == pytest.approx((120.54, 31.2, 120.56, 31.22))
    assert check(TOWN) == []
    assert {v.fault.value for v in check(A)} == {"gap"}
    assert {v.fault.value for v in check(B)} == {"outside"}


def test_disable_region_refuses_while_something_is_in_use(territory, admin):
    with pytest.raises(Invalid, match="6 个启用中的网格"):
        act(admin, territory, "disable", {"opinion": "-"})
    with pytest.raises(Invalid, match="2 个启用中的下级"):
        act(admin, Region.objects.get(area_code=TOWN), "disable", {"opinion": "-"})


def test_regions_are_created_below_their_parent(territory, admin):
    made = write(admin, "create", Region, {"area_code": f"{TOWN}077000"[:12], "name": "新社区"})
    assert (made.level, made.code, made.parent.area_code) == ("community", f"{TOWN}077", TOWN)
    for code, word in (("320505002001", "上级"), (f"{A}001", "网格代码"), ("", "填写"), ("320505001077", "重复")):
        with pytest.raises(Invalid, match=word):
            write(admin, "create", Region, {"area_code": code, "name": "x"})

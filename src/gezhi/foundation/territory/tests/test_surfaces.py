"""What surfaces derive from the declarations works: lists, filters, forms of records and moves, the panel."""

from __future__ import annotations

import json
import math

import pytest
import shapely
from django.template.loader import render_to_string

from gezhi.engines.forms.build import MoveForm, RecordForm
from gezhi.engines.layers.tiles import tile
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.foundation.territory import outlines
from gezhi.foundation.territory.checking import check_panel
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.tests.conftest import TOWN, A, B, cell
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("register", "params", "count"),
    [
        ("grid_cell", {}, 12),
        ("grid_cell", {"area_code": A}, 6),
        ("grid_cell", {"status": "disabled"}, 0),
        ("grid_cell", {"kind": "general", "q": "3号网格"}, 2),
        ("region", {"level": "community"}, 2),
        ("region", {"area_code": TOWN}, 3),
        ("region", {"former_codes": "320505"}, 0),
        ("region", {"made": "1"}, 0),
    ],
)
def test_lists_and_filters(territory, admin, register, params, count):
    assert len(Query(register, admin, params).page(50).rows) == count


def test_every_form_asks_what_it_declares(territory, admin):
    for record in (cell(1), territory):
        register = registry.register_of(type(record))
        assert set(RecordForm(register, admin, record).fields) == set(register.form_names)
        for move in register.flow.moves().values():
            form = MoveForm(move, admin, record)
            assert list(form.fields) == [ask.name for ask in move.ask]
            assert all(field.label for field in form.fields.values())


def test_a_boundary_starts_from_the_present_one_and_comes_back_through_the_form(territory, admin):
    move = registry.register("grid_cell").flow.moves()["reshape"]
    form = MoveForm(move, admin, cell(1))
    assert "Polygon" in str(form["boundary"])
    drawn = shapely.to_geojson(shapely.box(120.5, 31.21, 120.512, 31.22))
    filled = MoveForm(
        move,
        admin,
        cell(1),
        data={"boundary": json.dumps({"type": "Feature", "properties": {}, "geometry": json.loads(drawn)})},
    )
    assert filled.is_valid(), filled.errors
    assert act(admin, cell(1), "reshape", filled.inputs()).version == 2


def test_a_region_form_makes_a_region(territory, admin):
    register = registry.register("region")
    form = RecordForm(register, admin, None, data={"area_code": f"{TOWN}088", "name": "新村", "population": "12"})
    assert form.is_valid(), form.errors
    assert form.values()["area_code"] == f"{TOWN}088"
    wrong = RecordForm(register, admin, None, data={"area_code": "3205xx", "name": "新村"})
    assert not wrong.is_valid()


def test_the_panel_tells_faults_and_soundness(territory, admin):
    fine = render_to_string("territory/check.html", check_panel(territory, admin))
    assert "没有空隙" in fine
    act(
        admin,
        territory,
        "outline",
        {"boundary": json.loads(shapely.to_geojson(shapely.box(120.5, 31.2, 120.54, 31.22)))},
    )
    bad = render_to_string("territory/check.html", check_panel(Region.objects.get(area_code=B), admin))
    assert "超出上级边界" in bad


def test_layers_and_grants_are_declared(territory):
    for register in (registry.register("region"), registry.register("grid_cell")):
        assert register.problems() == []
        assert register.default_grants["public"]
    assert GridCell.objects.count() == 12


def test_a_name_stands_once_however_many_tiles_its_shape_lies_in(territory):
    west, south, east, north = outlines.bounds(TOWN)
    side = 2**15

    def down(lat):
        return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)

    across = range(int((west + 180) / 360 * side), int((east + 180) / 360 * side) + 1)
    found = [tile("region", SYSTEM, 15, x, y) for x in across for y in range(down(north), down(south) + 1)]
    name = Region.objects.get(area_code=A).name.encode()
    drawn = sum(name in one for one in found)
    assert drawn > 1 and sum(one.count(name) for one in found) == drawn + 1


def test_outlines_say_where_a_name_stands(territory):
    for feature in outlines.below(TOWN)["features"]:
        outline = shapely.geometry.shape(feature["geometry"]).buffer(1e-4)
        assert outline.contains(shapely.Point(feature["properties"]["at"]))

"""Tiles carry what the actor sees and nothing else."""

import math

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.layers import tiles
from gezhi.engines.layers.tiles import Tile, cells, tile
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError, Invalid, Missing, Refused
from gezhi.kernel.registers import Layer
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
LON, LAT = 120.62, 31.30


def at(z, lon=LON, lat=LAT):
    n = 2 ** z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return z, int((lon + 180) / 360 * n), int(y)


@pytest.fixture(autouse=True)
def wood(db):
    with door(SYSTEM) as session:
        for i in range(30):
            session.create(Tree, {"code": f"树{i:02d}", "area_code": "320508001" if i < 20 else "320509001",
                                  "place": Point(LON + i * 1e-4, LAT, srid=4326), "keeper_phone": "13800001234"})


def gardener(area):
    return Actor(kind="staff", name="园丁", role="gardener", area=area, grants=grants_of("gardener"))


def numbers(data):
    """How often each tree's number stands in a tile."""
    return sum(1 for i in range(30) if f"树{i:02d}".encode() in data)


def test_street_tile_holds_each_visible_point_with_its_title():
    data = tile("tree", SYSTEM, *at(14))
    assert numbers(data) == 30 and b"planted" in data
    assert numbers(tile("tree", gardener("320508"), *at(14))) == 20
    assert tile("tree", gardener("99"), *at(14)) == b""
    assert numbers(tile("tree", SYSTEM, *at(14), {"code": "树01,树02"})) == 2


def test_low_zoom_counts_by_cells_and_loses_nothing():
    data = tile("tree", SYSTEM, *at(8))
    assert b"count" in data and numbers(data) == 0
    assert sum(c["count"] for c in cells("tree", SYSTEM, 8)) == 30
    assert sum(c["count"] for c in cells("tree", gardener("320509"), 8)) == 10


def test_light_and_any_plain_field_can_colour(monkeypatch):
    register = registry.register("tree")
    monkeypatch.setattr(type(register), "layer", Layer("place", colour="light", title="code", show="planted_on height"))
    assert numbers(tile("tree", SYSTEM, *at(14))) == 30


def test_a_sensitive_field_never_gets_on_a_map(monkeypatch):
    register = registry.register("tree")
    monkeypatch.setattr(type(register), "layer", Layer("place", show="keeper_phone"))
    with pytest.raises(Invalid):
        tile("tree", SYSTEM, *at(14))


def test_no_declared_layer_carries_a_sensitive_field_and_all_can_be_drawn():
    drawn = 0
    for register in registry.registers.values():
        if register.layer is not None:
            for z in (8, 15):
                tile(register.name, SYSTEM, *at(z))
                drawn += 1
    assert drawn >= 2


def test_wrong_addresses_and_actors():
    with pytest.raises(Missing):
        tile("tree", SYSTEM, 3, 9, 1)
    with pytest.raises(Missing):
        tile("nothing", SYSTEM, 1, 0, 0)
    with pytest.raises(Refused):
        tile("tree", Actor(kind="staff", name="无"), 1, 0, 0)
    with pytest.raises(GezhiError):
        tile("tree", SYSTEM, 1, 0, 0, {"nonsense": "1"})


def test_box_of_the_whole_world_and_of_a_quarter():
    assert Tile(0, 0, 0).box() == pytest.approx((-180, -85.0511287798, 180, 85.0511287798))
    assert Tile(1, 1, 0).box() == pytest.approx((0, 0, 180, 85.0511287798))
    assert tiles.clustered(registry.register("tree"), 12) and not tiles.clustered(registry.register("tree"), 13)


def many(monkeypatch, sample):
    """The planner takes every table for very large."""
    from gezhi.engines.tables import counts

    monkeypatch.setattr(counts, "table_size", lambda _model: 1_000_000)
    monkeypatch.setattr(counts, "planned", lambda _rows: 2_000_000)
    monkeypatch.setattr(tiles, "SAMPLE", sample)


def test_very_many_points_are_estimated_from_a_part_with_the_same_permission(monkeypatch):
    many(monkeypatch, 1_000_000)
    listen = []
    with connection.execute_wrapper(lambda run, sql, *more: (listen.append(sql), run(sql, *more))[1]):
        for _n in range(2):
            found = cells("tree", SYSTEM, 8)
    assert "TABLESAMPLE SYSTEM (50.000000) REPEATABLE" in listen[0] and listen[0] == listen[1]
    assert all(c["about"] and c["count"] in range(2, 61, 2) for c in found)  # whole blocks, each row for two
    many(monkeypatch, 1_998_000)  # all blocks but one in a thousand
    assert sum(c["count"] for c in cells("tree", SYSTEM, 8)) == 30
    assert sum(c["count"] for c in cells("tree", gardener("320509"), 8)) == 10
    data = tile("tree", SYSTEM, *at(8))
    assert b"count" in data and b"about" in data and tile("tree", gardener("99"), *at(8)) == b""


def test_points_that_are_a_small_part_of_a_large_table_are_counted(monkeypatch):
    from gezhi.engines.tables import counts

    many(monkeypatch, 20_000)
    monkeypatch.setattr(counts, "planned", lambda _rows: 99_000)
    assert cells("tree", SYSTEM, 8)[0]["count"] == 30 and b"about" not in tile("tree", SYSTEM, *at(8))

"""Whatever is done to a community's cells, and in whatever order: the ground stays tiled, records stay placed."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point
from tests.house.models import Tree

from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act
from gezhi.foundation.territory import importing, shapes
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.public import check, grid_at, grids_at
from gezhi.foundation.territory.sources import Outline
from gezhi.foundation.territory.tests.conftest import A, divisions
from gezhi.foundation.territory.tests.shapes import star
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import GezhiError

pytestmark = pytest.mark.django_db


def geojson(shape):
    return json.loads(shapely.to_geojson(shape))


def one_move(rng, community):
    """Try a random move with random input; return its name."""
    cells = list(GridCell.objects.filter(community=community).order_by("area_code"))
    cell = cells[rng.integers(len(cells))]
    shape = shapes.to_shapely(cell.boundary)
    west, south, east, north = shape.bounds
    other = cells[rng.integers(len(cells))]
    angle, reach = rng.uniform(0, np.pi), east - west + north - south
    way = np.array([np.cos(angle), np.sin(angle)]) * reach
    middle = np.array(shape.centroid.coords[0])
    blob = shapely.Point(*rng.uniform([west, south], [east, north])).buffer(rng.uniform(0.05, 0.4) * reach, 4)
    name, inputs = [
        ("split", {"line": geojson(shapely.LineString([middle - way, middle + way]))}),
        ("merge", {"others": [other.pk]}),
        ("reshape", {"boundary": geojson(shapely.union(shape, blob))}),
        ("reshape", {"boundary": geojson(shapely.difference(shape, blob))}),
        ("draw", {"community": community.pk, "boundary": geojson(blob)}),
        ("disable", {"heir": other.pk, "opinion": "-"}),
        ("enable", {}),
    ][rng.choice(7, p=[0.25, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1])]
    act(SYSTEM, GridCell if name == "draw" else cell, name, inputs)
    return name


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_moves(db, seed):
    rng = np.random.default_rng(seed)
    ground = star(seed, 14, size=0.03)
    plan = importing.draft(
        divisions(), [Outline(A, "石湖社区居委会", ground, "test", {})], make=True, grids=7, seed=seed
    )
    importing.carry_out(SYSTEM, plan)
    community = Region.objects.get(area_code=A)
    west, south, east, north = ground.bounds
    placed = []
    while len(placed) < 40:
        x, y = rng.uniform([west, south], [east, north])
        if code := grid_at(x, y):
            values = {"code": f"T{len(placed)}", "area_code": code, "place": Point(x, y, srid=4326)}
            placed.append(write(SYSTEM, "create", Tree, values))
    done, refused = Counter(), 0
    for _ in range(30):
        try:
            done[last := one_move(rng, community)] += 1
        except GezhiError as error:
            assert str(error)
            refused += 1
            continue
        assert [fault.message for fault in check(A)] == [], last
        trees = list(Tree.objects.order_by("pk"))
        assert [t.area_code for t in trees] == grids_at([t.place.x for t in trees], [t.place.y for t in trees]).tolist()
    assert sum(done.values()) >= 8
    assert len(done) >= 2
    everything = [*GridCell.objects.filter(community=community), *Tree.objects.all()]
    assert all(verify(record).whole for record in everything if record.seal)

"""Measure: against pyproj's geodesics, and what a vertex more may not change."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gezhi.foundation.territory import measure
from gezhi.foundation.territory.tests.shapes import square, star

GEOD = pyproj.Geod(ellps="WGS84")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 30), st.floats(75, 134), st.floats(4, 53))
def test_area_is_the_geodesic_one(seed, points, lon, lat):
    """Edges are straight in degrees here and geodesics there: over five kilometres that is up to 2 in 10,000."""
    shape = star(seed, points, (lon, lat), 0.05)
    assert measure.area_m2(shape) == pytest.approx(abs(GEOD.geometry_area_perimeter(shape)[0]), rel=4e-4)


def test_straight_border_with_more_vertices_has_the_same_area():
    shape = star(3, 7)
    assert measure.area_m2(shapely.segmentize(shape, 0.001)) == pytest.approx(measure.area_m2(shape), rel=1e-12)


def test_holes_parts_collections_and_emptiness():
    hole = square(120.02, 31.02, 0.01)
    holed = square(120, 31, 0.1).difference(hole)
    whole = measure.area_m2(square(120, 31, 0.1))
    assert measure.area_m2(holed) == pytest.approx(whole - measure.area_m2(hole))
    mixed = shapely.GeometryCollection([shapely.MultiPolygon([holed, hole]), shapely.Point(1, 1)])
    values = measure.area_m2([mixed, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), hole])
    assert values == pytest.approx([whole, 0, 0, measure.area_m2(hole)])


def test_point():
    assert shapely.intersects_xy(star(1, 9), *measure.point_of(star(1, 9)))
    assert np.isnan(measure.point_of(shapely.Polygon())).all()

"""Datums: round trips, a fixed point from outside, and what must not move."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gezhi.foundation.territory import crs

lons = st.floats(73.0, 136.0)
lats = st.floats(2.0, 54.0)
points = st.lists(st.tuples(lons, lats), min_size=1, max_size=40)


@given(points, st.sampled_from(crs.DATUMS), st.sampled_from(crs.DATUMS))
def test_there_and_back_is_the_same_point(coords, source, target):
    back = crs.convert(crs.convert(coords, source, target), target, source)
    assert np.abs(back - np.array(coords)).max() < 1e-9


@given(points)
def test_shift_is_some_hundred_metres_inside(coords):
    moved = crs.convert(coords, "wgs84", "gcj02") - np.array(coords)
    metres = np.hypot(moved[:, 0] * 111_320 * np.cos(np.radians(np.array(coords)[:, 1])), moved[:, 1] * 110_574)
    assert metres.max() < 1_500
    assert metres.min() > 1


@given(st.lists(st.tuples(st.floats(-180, 60), st.floats(-89, 89)), min_size=1), st.sampled_from(crs.DATUMS))
def test_outside_china_nothing_moves(coords, datum):
    assert (crs.convert(coords, "wgs84", datum) == np.array(coords)).all()
    assert (crs.convert(coords, datum, "wgs84") == np.array(coords)).all()


def test_cgcs2000_is_taken_for_wgs84():
    assert crs.convert_point(120.6, 31.3, "cgcs2000", "wgs84") == (120.6, 31.3)
    assert crs.convert_point(120.6, 31.3, "cgcs2000", "gcj02") == crs.convert_point(120.6, 31.3, "wgs84", "gcj02")


# Pairs of WGS84 and GCJ-02 that converters in public use agree on.
KNOWN = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.parametrize(("true", "shifted"), KNOWN)
def test_known_points(true, shifted):
    assert crs.convert_point(*true, "wgs84", "gcj02") == pytest.approx(shifted, abs=1e-9)
    assert crs.convert_point(*shifted, "gcj02", "wgs84") == pytest.approx(true, abs=1e-9)


def test_bd09_of_a_known_point():
    moved = crs.convert_point(116.404, 39.915, "gcj02", "bd09")
    assert moved == pytest.approx((116.41036949, 39.92133699), abs=1e-7)


def test_shared_borders_stay_shared_in_every_datum():
    left = shapely.Polygon([(120, 31), (120.5, 31), (120.51234, 31.27), (120.5, 31.5), (120, 31.5)])
    right = shapely.Polygon([(120.5, 31), (121, 31), (121, 31.5), (120.5, 31.5), (120.51234, 31.27)])
    for datum in crs.DATUMS:
        assert shapely.coverage_is_valid(crs.convert_geometry([left, right], "wgs84", datum))


def test_unknown_datum_is_refused():
    with pytest.raises(crs.DatumError, match="mars"):
        crs.convert([[120, 31]], "mars", "wgs84")

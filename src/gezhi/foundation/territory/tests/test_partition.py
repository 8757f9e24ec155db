"""Partition: exact tiling by construction, in any polygon."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gezhi.foundation.territory import measure, partition, planar
from gezhi.foundation.territory.tests.shapes import square, star


def tiles(whole, pieces):
    assert planar.is_coverage(pieces)
    union = shapely.union_all(pieces)
    assert float(measure.area_m2(shapely.symmetric_difference(union, whole))) < 0.01


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 40), st.integers(2, 30))
def test_pieces_tile_any_simple_polygon(seed, points, number):
    whole = star(seed, points)
    pieces = partition.split(whole, [1.0] * number, seed)
    assert len(pieces) == number
    tiles(whole, pieces)


def test_areas_follow_the_weights():
    weights = [1, 1, 2, 4]
    pieces = partition.split(square(120, 31, 0.1), weights, 7)
    shares = np.array([p.area for p in pieces]) / 0.01
    assert shares == pytest.approx(np.array(weights) / 8, rel=0.35)


def test_same_seed_same_cuts_other_seed_other_cuts():
    whole = star(3, 20)
    first, again, other = (partition.split(whole, [1] * 9, seed) for seed in (5, 5, 6))
    assert all(a.equals_exact(b) for a, b in zip(first, again, strict=True))
    assert not all(a.equals_exact(b) for a, b in zip(first, other, strict=True))


def test_pieces_of_neighbours_share_vertices_across_the_old_border():
    halves = {"a": shapely.box(120, 31, 120.1, 31.1), "b": shapely.box(120.1, 31, 120.2, 31.1)}
    dense = partition.densify_coverage(halves, {"a": 0.004, "b": 0.009})
    pieces = [p for k, half in dense.items() for p in partition.split(half, [1] * 12, ord(k), 0.004, dense=True)]
    tiles(shapely.box(120, 31, 120.2, 31.1), pieces)


def test_holes_and_islands():
    lake = square(120.04, 31.04, 0.02)
    whole = shapely.MultiPolygon([shapely.difference(square(120, 31, 0.1), lake), square(120.3, 31, 0.01)])
    tiles(whole, partition.split(whole, [1] * 7, 1))
    two = partition.split(whole, [1, 1], 1)
    tiles(whole, two)
    assert [p.geom_type for p in partition.split(square(120, 31, 0.1).union(square(120.3, 31, 0.001)), [1] * 3, 1)] == [
        "Polygon"
    ] * 3


def test_first_pieces_lie_near_the_centre():
    corner = (120.0, 31.0)
    pieces = partition.split(square(120, 31, 0.1), [1] * 8, 2, centre=corner)
    far = [shapely.distance(shapely.centroid(p), shapely.Point(corner)) for p in pieces]
    assert np.mean(far[:4]) < np.mean(far[4:])


@pytest.mark.parametrize("weights", [[], [1, 0], [1, -2]])
def test_nonsense_weights_are_refused(weights):
    with pytest.raises(partition.PartitionError):
        partition.split(square(120, 31, 0.1), weights, 1)


def test_empty_polygon_is_refused():
    with pytest.raises(partition.PartitionError):
        partition.split(shapely.Polygon(), [1, 1], 1)

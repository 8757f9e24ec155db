"""Validator: every kind of fault is found, and nothing else."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gezhi.foundation.territory import measure, partition
from gezhi.foundation.territory.tests.shapes import square, star
from gezhi.foundation.territory.validate import Fault, violations

PARENT = "320505001002"
A, B, C = (f"{PARENT}00{n}" for n in (1, 2, 3))


def kinds(*args):
    return [v.fault for v in violations(PARENT, *args)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_a_partition_has_no_faults_and_without_a_piece_has_one_gap(seed, number):
    whole = star(seed, 12)
    pieces = [(f"{PARENT}{n:03}", p) for n, p in enumerate(partition.split(whole, [1] * number, seed), 1)]
    assert violations(PARENT, whole, pieces) == []
    gone = violations(PARENT, whole, pieces[1:])
    assert {v.fault for v in gone} == {Fault.GAP}
    assert sum(v.area_m2 for v in gone) == pytest.approx(float(measure.area_m2(pieces[0][1])), rel=1e-6)


def test_overlap_is_measured_and_placed():
    found = violations(
        PARENT,
        shapely.box(120, 31, 120.02, 31.01),
        [(A, shapely.box(120, 31, 120.011, 31.01)), (B, shapely.box(120.01, 31, 120.02, 31.01))],
    )
    assert [(v.fault, v.codes) for v in found] == [(Fault.OVERLAP, (A, B))]
    assert found[0].area_m2 == pytest.approx(95.4 * 1108.7, rel=0.01)
    assert 120.01 <= found[0].lon <= 120.011
    assert "互相重叠" in found[0].message
    assert A in found[0].message


def test_each_fault():
    whole = square(120, 31, 0.02)
    bow = shapely.Polygon([(120, 31), (120.02, 31.02), (120.02, 31), (120, 31.02)])
    assert kinds(whole, [(A, whole), (A, None)]) == [Fault.EMPTY, Fault.DUPLICATE]
    assert kinds(whole, [("320505001003001", whole)]) == [Fault.STRANGER]
    assert Fault.OUTSIDE in kinds(whole, [(A, square(120, 31, 0.03))])
    found = violations(PARENT, None, [(A, bow)])
    assert [v.fault for v in found] == [Fault.INVALID]
    assert found[0].lon == pytest.approx(120.01)
    assert kinds(None, [(A, whole)]) == []
    assert kinds(whole, []) == [Fault.GAP]


def test_tolerance_forgives_rounding_only():
    whole = square(120, 31, 0.01)
    nearly = shapely.box(120, 31, 120.01, 31.01 - 1e-10)
    assert kinds(whole, [(A, nearly)]) == []
    assert kinds(whole, [(A, shapely.box(120, 31, 120.01, 31.01 - 1e-7))]) == [Fault.GAP]

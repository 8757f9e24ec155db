"""Edits: after split, merge, reshape and draw the areas tile as before, and nonsense is refused in words."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gezhi.foundation.territory import edit, partition, planar
from gezhi.foundation.territory.tests.shapes import square, star
from gezhi.foundation.territory.validate import violations

P = "320505001002"


def coded(pieces):
    return {f"{P}{n:03}": piece for n, piece in enumerate(pieces, 1)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_split_then_merge_is_the_same_area(seed, tilt, shift):
    area = star(seed, 12)
    line = shapely.LineString([(120.3, 31.3 + shift - tilt), (120.9, 31.3 + shift + tilt)])
    pieces = edit.split(area, line)
    assert len(pieces) >= 2
    assert planar.is_coverage(pieces)
    assert edit.merge(pieces).symmetric_difference(area).area < 1e-14


def test_split_carries_a_short_line_on():
    area = square(120, 31, 0.01)
    assert len(edit.split(area, shapely.LineString([(120.005, 31.0001), (120.005, 31.0099)]))) == 2


@pytest.mark.parametrize(
    "line",
    [
        shapely.LineString([(120.003, 31.004), (120.006, 31.005)]),
        shapely.LineString([(121, 31), (121, 32)]),
        shapely.LineString(),
        shapely.Point(120, 31),
    ],
)
def test_split_refuses_a_line_that_does_not_cross(line):
    with pytest.raises(edit.EditError, match="分割线"):
        edit.split(square(120, 31, 0.01), line)


def test_merge_refuses_areas_apart_and_says_where():
    with pytest.raises(edit.EditError, match="不相邻") as caught:
        edit.merge([square(120, 31, 0.01), square(120.1, 31, 0.005)])
    assert caught.value.lon == pytest.approx(120.1025)
    with pytest.raises(edit.EditError, match="两个"):
        edit.merge([square(120, 31, 0.01)])


def test_merge_refuses_areas_that_touch_in_one_point():
    with pytest.raises(edit.EditError, match="不相邻"):
        edit.merge([square(120, 31, 0.01), square(120.01, 31.01, 0.01)])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.004, 0.02))
def test_reshape_keeps_the_partition(seed, radius):
    whole = square(120.5, 31.2, 0.1)
    areas = coded(partition.split(whole, [1] * 8, seed))
    code = f"{P}003"
    wished = shapely.Point(*areas[code].point_on_surface().coords[0]).buffer(radius, 12)
    try:
        changed = edit.reshape(code, wished, areas, whole)
    except edit.EditError as refused:
        assert any(word in str(refused) for word in ("盖住", "断开", "接收", "之外"))
        return
    after = {**areas, **changed}
    assert violations(P, whole, list(after.items())) == []
    assert changed[code].symmetric_difference(wished.intersection(whole)).area < 1e-6


def test_reshape_moves_a_border_and_leaves_others_alone():
    whole = shapely.box(120, 31, 120.03, 31.01)
    areas = coded([square(120 + k / 100, 31, 0.01) for k in range(3)])
    changed = edit.reshape(f"{P}001", shapely.box(120, 31, 120.012, 31.01), areas, whole)
    assert set(changed) == {f"{P}001", f"{P}002"}
    assert violations(P, whole, list({**areas, **changed}.items())) == []
    back = edit.reshape(f"{P}001", areas[f"{P}001"], {**areas, **changed}, whole)
    assert violations(P, whole, list({**areas, **back}.items())) == []
    assert back[f"{P}002"].symmetric_difference(areas[f"{P}002"]).area < 1e-12


def test_reshape_refusals():
    whole = shapely.box(120, 31, 120.02, 31.01)
    areas = coded([square(120, 31, 0.01), square(120.01, 31, 0.01)])
    bow = shapely.Polygon([(120, 31), (120.01, 31.01), (120.01, 31), (120, 31.01)])
    for wished, word in (
        (whole, "盖住"),
        (square(121, 31, 0.01), "之外"),
        (bow, "相交"),
        (shapely.Polygon(), "为空"),
        (shapely.box(120.013, 31, 120.016, 31.01), "接收|断开"),
    ):
        with pytest.raises(edit.EditError, match=word):
            edit.reshape(f"{P}001", wished, areas, whole)


def test_draw_takes_free_land_and_clips():
    whole = shapely.box(120, 31, 120.02, 31.01)
    areas = coded([square(120, 31, 0.01)])
    new, changed = edit.draw(shapely.box(120.009, 30.999, 120.02, 31.01), areas, whole)
    assert violations(P, whole, [*{**areas, **changed}.items(), (f"{P}002", new)]) == []


def test_a_point_inside_is_inside_where_geos_gives_a_vertex():
    face = shapely.from_wkt(
        "POLYGON ((120.59472351074446 31.300939511656523, 120.59382662413385 31.303854000500785, "
        "120.59372030609808 31.303832852528593, 120.59321015233728 31.30393432842088, "
        "120.59277766486201 31.30422330731302, 120.59248868596987 31.30465579478829, "
        "120.59238721007759 31.30516594854908, 120.59248868596987 31.305676102309874, "
        "120.59263861803116 31.305900491496807, 120.59323324830316 31.305782212181686, "
        "120.59472351074446 31.300939511656523))"
    )
    assert face.contains(planar.middle(face))
    assert planar.owners([face], {"a": face.buffer(1e-4)}) == [["a"]]

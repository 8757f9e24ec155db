"""Plausible boundaries: a small city by hand, cleaning, the zone, and all of Suzhou."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
import shapely

from gezhi.foundation.territory import crs, measure, planar, plausible, sources
from gezhi.foundation.territory.codes import Level
from gezhi.foundation.territory.sources import Division
from gezhi.foundation.territory.tests.shapes import SHARED, square, star


def small_city():
    outlines = {"320505": square(120.5, 31.2, 0.1), "320506": shapely.box(120.6, 31.2, 120.75, 31.3)}
    found = []
    for county in outlines:
        for town in (1, 2, 101):
            found.append(Division(f"{county}{town:03}", f"第{town}街道", Level.TOWN))
            found += [Division(f"{county}{town:03}{n:03}", f"{n}号社区居委会", Level.COMMUNITY) for n in (1, 2, 3)]
    return outlines, found


def test_small_city_tiles_on_every_level_and_is_marked_as_made():
    outlines, divisions = small_city()
    seen = []
    areas = plausible.make_below(outlines, divisions, grids=80, seed=4, progress=lambda *at: seen.append(at))
    assert Counter(a.level for a in areas) == {
        Level.COUNTY: 2,
        Level.TOWN: 6,
        Level.COMMUNITY: 18,
        Level.GRID_CELL: 80,
    }
    assert {a.made for a in areas if a.level is not Level.COUNTY} == {True}
    assert not any(a.made for a in areas if a.level is Level.COUNTY)
    assert seen[-1] == (104, 104)
    shapes = {a.code: a.geometry for a in areas}
    for level in Level:
        if level is not Level.CITY:
            assert planar.is_coverage([a.geometry for a in areas if a.level is level])
    for parent in {a.parent for a in areas if a.parent in shapes}:
        union = shapely.union_all([a.geometry for a in areas if a.parent == parent])
        assert float(measure.area_m2(union.symmetric_difference(shapes[parent]))) < 0.01


def test_same_seed_same_city_whatever_the_order():
    outlines, divisions = small_city()
    first = plausible.make_below(outlines, divisions, grids=30, seed=4)
    again = plausible.make_below(outlines, divisions[::-1], grids=30, seed=4)
    other = plausible.make_below(outlines, divisions, grids=30, seed=5)
    assert all(a.code == b.code and a.geometry.equals_exact(b.geometry) for a, b in zip(first, again, strict=True))
    assert any(not a.geometry.equals_exact(b.geometry) for a, b in zip(first, other, strict=True))


def test_villages_get_more_land():
    divisions = [Division("320505001", "镇", Level.TOWN)]
    divisions += [
        Division(f"320505001{n:03}", f"{n}{'村委会' if n > 10 else '社区居委会'}", Level.COMMUNITY)
        for n in range(1, 21)
    ]
    areas = plausible.make_below({"320505001": star(1, 12)}, divisions, grids=0, seed=1)
    size = {a.code: a.geometry.area for a in areas if a.level is Level.COMMUNITY}
    assert np.mean([size[c] for c in size if c[-3:] > "010"]) > 2 * np.mean([size[c] for c in size if c[-3:] <= "010"])


def test_deal_grids():
    communities = [f"{n:03}" for n in range(100)]
    dealt = plausible.deal_grids(communities, 450, 1)
    assert sum(dealt.values()) == 450
    assert min(dealt.values()) >= 1
    assert max(dealt.values()) > 6
    assert sum(plausible.deal_grids(communities, 20, 1).values()) == 100
    assert sum(plausible.deal_grids(communities, 0, 1).values()) == 0


def test_clean_mends_overlap_gap_and_crumbs():
    drawn = {
        "320505": shapely.union(shapely.box(120, 31, 120.101, 31.1), square(120.5, 31.5, 0.0005)),
        "320506": shapely.box(120.1, 31, 120.2, 31.0995),
        "320507": shapely.box(120.1, 31.1, 120.2, 31.2),
    }
    mended = plausible.clean(drawn)
    assert planar.is_coverage(mended.values())
    assert {m.geom_type for m in mended.values()} == {"Polygon"}
    assert shapely.union_all(list(mended.values())).area == pytest.approx(0.03, rel=0.01)


def test_zone_is_carved_once_and_elsewhere_nothing_happens():
    donors = {"320506": shapely.box(120.4, 31.1, 121.0, 31.6)}
    carved = plausible.carve_zone(donors, "320576")
    assert planar.is_coverage(carved.values())
    assert set(carved) == {"320506", "320576"}
    assert float(measure.area_m2(carved["320576"])) == pytest.approx(3.0e8, rel=0.15)
    lake = shapely.Point(*crs.convert_point(120.70, 31.31, "gcj02", "wgs84"))
    assert carved["320576"].contains(lake)
    assert set(plausible.carve_zone({"110101": square(116, 39, 0.1)}, "320576")) == {"110101"}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("横塘社区居委会", "横塘社区"),
        ("文渊社区居民委员会", "文渊社区"),
        ("新民村委会", "新民村"),
        ("石码头居委会", "石码头社区"),
        ("某某", "某某"),
    ],
)
def test_short_name(name, short):
    assert plausible.short_name(name) == short


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real divisions are not here")
def test_all_of_suzhou():
    divisions, errors = sources.read_divisions(SHARED, "3205", "苏州市")
    assert errors == []
    assert Counter(d.level for d in divisions) == {
        Level.CITY: 1,
        Level.COUNTY: 10,
        Level.TOWN: 118,
        Level.COMMUNITY: 2248,
    }
    fine, _errors = sources.read_outlines(SHARED / "districts_fine.geojson", crs.GCJ02)
    coarse, _errors = sources.read_outlines(SHARED / "districts_gcj02.geojson", crs.GCJ02)
    counties = plausible.carve_zone(plausible.clean({o.code: o.geometry for o in fine}), "320576")
    real = _shape(coarse, "320506").intersection(_shape(fine, "320508"))
    zone = counties["320576"]
    assert zone.intersection(real).area / zone.union(real).area > 0.95
    started = time.monotonic()
    areas = plausible.make_below(counties, divisions, grids=10_000, seed=1)
    assert time.monotonic() - started < 90
    assert Counter(a.level for a in areas) == {
        Level.COUNTY: 10,
        Level.TOWN: 118,
        Level.COMMUNITY: 2248,
        Level.GRID_CELL: 10_000,
    }
    for level in (Level.COUNTY, Level.TOWN, Level.COMMUNITY, Level.GRID_CELL):
        assert planar.is_coverage([a.geometry for a in areas if a.level is level])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real outlines are not here")
def test_the_package_outline_is_drawn_in_gcj02():
    reference = shapely.union_all([o.geometry for o in sources.read_outlines(SHARED / "districts_gcj02.geojson")[0]])
    unknown = shapely.union_all([o.geometry for o in sources.read_outlines(SHARED / "districts_fine.geojson")[0]])

    def misfit(datum):
        moved = crs.convert_geometry(unknown, datum, crs.GCJ02)
        return shapely.area(shapely.symmetric_difference(moved, reference))

    assert min(crs.DATUMS, key=misfit) == crs.GCJ02


def _shape(outlines, code):
    return next(o.geometry for o in outlines if o.code == code)

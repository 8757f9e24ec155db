"""A small territory in the database: one city, one county, one town, two communities of six cells each."""

from __future__ import annotations

import pytest
import shapely

from gezhi.engines.access import grants_of
from gezhi.foundation.territory import codes, importing, lookup, sources
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.tests.shapes import square
from gezhi.kernel.actors import SYSTEM, Actor

CITY, COUNTY, TOWN = "3205", "320505", "320505001"
A, B = f"{TOWN}001", f"{TOWN}002"
NAMES = {CITY: "苏州市", COUNTY: "虎丘区", TOWN: "横塘街道", A: "石湖社区居委会", B: "学府社区居委会"}


@pytest.fixture(autouse=True)
def _fresh_atlas():
    """A test's territory is rolled back behind the back of the process's picture of it."""
    lookup.forget()
    yield
    lookup.forget()


def divisions():
    return [sources.Division(code, name, codes.level_of(code)) for code, name in NAMES.items()]


def outlines():
    """Two communities of 0.03 by 0.02 degrees side by side, cells of 0.01 degrees in rows from north-west."""
    found = []
    for k, community in enumerate((A, B)):
        west = 120.5 + 0.03 * k
        found.append(_outline(community, NAMES[community], shapely.box(west, 31.2, west + 0.03, 31.22)))
        for n in range(6):
            cell = square(west + 0.01 * (n % 3), 31.21 - 0.01 * (n // 3), 0.01)
            cell = shapely.set_precision(cell, 1e-7)
            found.append(_outline(f"{community}{n + 1:03}", f"{n + 1}号网格", cell))
    return [o if o.code and len(o.code) == 15 else _rounded(o) for o in found]


@pytest.fixture
def territory(db):
    plan = importing.draft(divisions(), outlines())
    assert plan.errors == []
    report = importing.carry_out(SYSTEM, plan)
    assert report.errors == []
    return Region.objects.get(area_code=A)


@pytest.fixture
def admin():
    return Actor(
        kind="staff", name="管理员", user_id=1, role="admin", area=CITY, grants=grants_of("admin"), strong=True
    )


def cell(number: int, community: str = A) -> GridCell:
    return GridCell.objects.get(area_code=f"{community}{number:03}")


def _outline(code, name, shape):
    return sources.Outline(code, name, shape, "test", {})


def _rounded(outline):
    return _outline(outline.code, outline.name, shapely.set_precision(outline.geometry, 1e-7))

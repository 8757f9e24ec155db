"""Look-ups: one indexed query, the tree in memory, and both agreeing with each other."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gezhi.engines.workflow.act import act
from gezhi.foundation.territory import lookup
from gezhi.foundation.territory.public import area_name, grid_at, grids_at
from gezhi.foundation.territory.tests.conftest import CITY, COUNTY, A, B, cell

pytestmark = pytest.mark.django_db


def test_database_and_memory_agree_also_on_borders(territory):
    lons, lats = (g.ravel() for g in np.meshgrid(np.linspace(120.495, 120.565, 36), np.linspace(31.195, 31.225, 16)))
    found = grids_at(lons, lats)
    assert found.tolist() == [grid_at(x, y) for x, y in zip(lons, lats, strict=True)]
    assert (found == "").any()
    assert len(set(found)) == 13
    assert grid_at(120.51, 31.21) == f"{A}001"


def test_one_query_by_the_index(territory):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        grid_at(120.505, 31.205)
    assert len(queries) == 1
    with connection.cursor() as cursor:
        # in a table this small reading it all in order of code costs as little: leave only what needs an index
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute("EXPLAIN " + lookup._AT, [120.505, 31.205])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "gridcell_boundary" in plan


def test_memory_asks_nothing_twice_within_a_second_and_sees_a_change_at_once(territory, admin):
    grids_at([120.505], [31.205])
    with CaptureQueriesContext(connection) as queries:
        assert grids_at([120.525], [31.215]).tolist() == [f"{A}003"]
    assert len(queries) == 0
    act(admin, cell(2), "merge", {"others": [cell(3).pk]})
    assert grids_at([120.525], [31.215]).tolist() == [f"{A}002"]


def test_a_newer_version_is_seen_after_a_second(territory, settings):
    settings.GEZHI_TERRITORY_SECONDS = 0.0
    first = lookup.atlas()
    assert lookup.atlas() is first
    lookup.bump()
    assert lookup.atlas() is not first


def test_names(territory):
    assert area_name(CITY) == "苏州市"
    assert area_name(COUNTY) == "虎丘区"
    assert area_name(B) == "虎丘区横塘街道学府社区居委会"
    assert area_name(f"{A}002") == "虎丘区横塘街道石湖社区居委会2号网格"
    assert area_name(f"{A}999") == f"虎丘区横塘街道石湖社区居委会（{A}999）"
    assert area_name("110101") == "110101"


def test_empty_territory(db):
    assert grid_at(120.5, 31.2) == ""
    assert grids_at([120.5], [31.2]).tolist() == [""]
    assert area_name("3205") == "3205"

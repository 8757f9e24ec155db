"""Territory: how fast a city is cut into grids, and how fast a point finds its grid.

Ceilings of the same run: `SELECT 1` for the look-up in the database, the bare tree of shapely for the one in
memory. A made-up city of Suzhou's size is written in one transaction that is rolled back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from house import house, tell

HERE = "--here"
if HERE not in sys.argv:  # the programs of an installation would only disturb: its database alone is left running
    print(__doc__, flush=True)
    with house(city=False) as home:
        home.stop_programs()
        sys.exit(subprocess.run([sys.executable, str(Path(__file__)), HERE], env=home.environ).returncode)

os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
import shapely  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from gezhi.foundation.territory import codes, importing, lookup, partition  # noqa: E402
from gezhi.foundation.territory.sources import Division, Outline  # noqa: E402
from gezhi.kernel.actors import SYSTEM  # noqa: E402

CITY, COUNTIES, TOWNS, COMMUNITIES, CELLS = "8201", 10, 12, 19, 10_000


def city() -> tuple[list[Division], list[Outline]]:
    """Codes of a city of ten counties, 120 towns and 2,280 communities, and outlines of the counties."""
    found = [CITY]
    for level in range(3):
        count = (COUNTIES, TOWNS, COMMUNITIES)[level]
        above = [code for code in found if len(code) == (4, 6, 9)[level]]
        found += [codes.child_code(code, n) for code in above for n in range(1, count + 1)]
    divisions = [Division(code, f"区{code}", codes.level_of(code)) for code in found]
    land = partition.split(shapely.box(113.0, 21.0, 114.2, 21.9), [1.0] * COUNTIES, 1)
    counties = [code for code in found if len(code) == 6]
    return divisions, [Outline(code, "", shape, "bench", {}) for code, shape in zip(counties, land, strict=True)]


def median_us(call: Callable[[float, float], object], points: np.ndarray) -> float:
    """Median time of a call a point, in microseconds."""
    times = []
    for x, y in points:
        start = time.perf_counter()
        call(x, y)
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1e6)


def nothing(_x: float, _y: float) -> None:
    """One round trip to the database that does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def main() -> None:
    """Make, write, ask, roll back, print."""
    divisions, outlines = city()
    start = time.perf_counter()
    plan = importing.draft(divisions, outlines, make=True, grids=CELLS, seed=1)
    made = time.perf_counter() - start
    points = np.random.default_rng(1).uniform([113.0, 21.0], [114.2, 21.9], (20_000, 2))
    with transaction.atomic():
        start = time.perf_counter()
        report = importing.carry_out(SYSTEM, plan)
        written = time.perf_counter() - start
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE territory_gridcell")
        in_database = median_us(lookup.grid_at, points[:2000])
        round_trip = median_us(nothing, points[:2000])
        atlas = lookup.atlas()
        transaction.set_rollback(True)
    lookup.forget()
    in_memory = median_us(lambda x, y: atlas.codes_at([x], [y]), points[:5000])
    bare = median_us(lambda x, y: atlas.tree.query(shapely.Point(x, y), predicate="covered_by"), points[:5000])
    start = time.perf_counter()
    atlas.codes_at(points[:, 0], points[:, 1])
    many = time.perf_counter() - start
    tell({
        "bench": "territory", "areas": len(plan.items), "errors": len(report.errors),
        "make_s": round(made, 2), "write_s": round(written, 2),
        "grid_at_us": round(in_database, 1), "select_1_us": round(round_trip, 1),
        "grid_at_to_select_1": round(in_database / round_trip, 2),
        "atlas_us": round(in_memory, 1), "bare_tree_us": round(bare, 1),
        "atlas_to_bare_tree": round(in_memory / bare, 2),
        "points_20000_s": round(many, 3), "ratio": round(in_database / round_trip, 2),
    })


if __name__ == "__main__":
    main()

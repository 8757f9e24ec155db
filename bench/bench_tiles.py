"""Tiles of the cases' layer at a million points: the engine, with permission and filters, against bare SQL.

The ceiling is one hand-written statement of the same tile: ``ST_AsMVT`` of the rows in its box from zoom 13 on,
counted by the same cells below. Aim: 1.3 at every zoom from 8 to 16.

Usage: ``bench_tiles.py [--rows 1000000] [--url DATABASE]`` (a database filled before).
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench_lists import build

from house import ROOT, house, tell

SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
POINTS = """
SELECT ST_AsMVT(t.*, 'case', 4096, 'geom', 'id') FROM (
  SELECT id, ST_AsMVTGeom(ST_Transform(place, 3857), ST_TileEnvelope({z}, {x}, {y}), 4096, 96, true) AS geom,
         case_no, urgency, channel, title AS name, status AS colour
  FROM cases_case WHERE place && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326) LIMIT 20000) t"""
CELLS = """
SELECT ST_AsMVT(t.*, 'case', 4096, 'geom', 'id') FROM (
  SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(ST_X(place)), avg(ST_Y(place))), 4326), 3857),
           ST_TileEnvelope({z}, {x}, {y}), 4096, 96, true) AS geom, count(*) AS count, min(id) AS id
  FROM cases_case WHERE place && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)
  GROUP BY floor((ST_X(place) - {west}) / {side_x}), floor((ST_Y(place) - {south}) / {side_y})) t"""


def address(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile a point lies in."""
    n = 2 ** z
    return int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


def pair(ours: Any, bare: Any) -> tuple[float, float]:
    """Medians in milliseconds of two calls made in turns, so that a neighbour's load falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    ours(), bare()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(taken[0]) < 3:
        for call, times in zip((ours, bare), taken, strict=True):
            begin = time.perf_counter()
            call()
            times.append((time.perf_counter() - begin) * 1000)
    return tuple(sorted(times)[len(times) // 2] for times in taken)  # type: ignore[return-value]


def measure() -> dict[str, Any]:
    """Every zoom on the database of DATABASE_URL, at the spot with the most cases."""
    from bench_lists import actors
    from django.db import connection

    from gezhi.engines.layers.tiles import CELLS as CUT
    from gezhi.engines.layers.tiles import STREET_ZOOM, Tile, tile

    actor = actors()["admin"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_X(place), ST_Y(place), count(*) OVER () FROM cases_case TABLESAMPLE SYSTEM (0.1) "
                       "WHERE place IS NOT NULL LIMIT 1")
        lon, lat, _n = cursor.fetchone()
    out: dict[str, Any] = {}
    for z in range(8, 17):
        x, y = address(lon, lat, z)
        at = Tile(z, x, y)
        west, south, east, north = at.box(96 / 4096 if z >= STREET_ZOOM else 0)
        sql = (POINTS if z >= STREET_ZOOM else CELLS).format(
            z=z, x=x, y=y, west=west, south=south, east=east, north=north, side_x=(east - west) / CUT,
            side_y=(north - south) / CUT)

        def bare(sql: str = sql) -> bytes:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return bytes(cursor.fetchone()[0] or b"")

        ours_ms, bare_ms = pair(lambda z=z, x=x, y=y: tile("case", actor, z, x, y), bare)
        out[str(z)] = {"ms": round(ours_ms, 1), "bare_ms": round(bare_ms, 1), "ratio": round(ours_ms / bare_ms, 2),
                       "bytes": len(bare())}
        print(f"  zoom {z}: {out[str(z)]}", flush=True)
    return out


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
        import django

        django.setup()
        zooms = measure()
        worst = max(zooms, key=lambda z: zooms[z]["ratio"])
        tell({"bench": "tiles", "rows": options.rows, "ratio": zooms[worst]["ratio"], "worst_zoom": int(worst),
              "aim": 1.3, "slowest_ms": max(z["ms"] for z in zooms.values()), "zooms": zooms})
        return
    print(__doc__, flush=True)
    again = [sys.executable, str(Path(__file__)), "--here", "--rows", str(options.rows)]
    if options.url:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DATABASE_URL": options.url}
        sys.exit(subprocess.run(again, env=environ).returncode)
    with house() as home:
        home.stop_programs()
        url = build(home, options.rows, "points")
        subprocess.run(again, env={**home.environ, "DATABASE_URL": url}, check=True)


if __name__ == "__main__":
    main()

"""Tiles of the cases' layer at a million points: the engine, with permission and filters, against bare SQL.

The ceiling is one hand-written statement of the same tile: ``ST_AsMVT`` of the rows in its box from zoom 13 on,
counted by the same cells below. Aim: 1.3 at every zoom from 8 to 16.

Usage: ``bench_tiles.py [--rows 1000000] [--url DATABASE]`` (a database filled before).
"""

from __future__ import annotations

import argparse
import math
import os
from typing import Any

from house import actors, apart, pair

SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
POINTS = """
SELECT ST_AsMVT(t.*, '{name}', 4096, 'geom', 'id') FROM (
  SELECT id, ST_AsMVTGeom(ST_Transform(place, 3857), ST_TileEnvelope({z}, {x}, {y}), 4096, 96, true) AS geom,
         {carried}
  FROM {table} WHERE place && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326) LIMIT 20000) t"""
CELLS = """
SELECT ST_AsMVT(t.*, '{name}', 4096, 'geom', 'id') FROM (
  SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(ST_X(place)), avg(ST_Y(place))), 4326), 3857),
           ST_TileEnvelope({z}, {x}, {y}), 4096, 96, true) AS geom, count(*) AS count, min(id) AS id
  FROM {table} WHERE place && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)
  GROUP BY floor((ST_X(place) - {west}) / {side_x}), floor((ST_Y(place) - {south}) / {side_y})) t"""


def address(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile a point lies in."""
    n = 2 ** z
    return int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


def measure(name: str = "case", table: str = "cases_case",
            carried: str = "case_no, urgency, channel, title AS name, status AS colour") -> dict[str, Any]:
    """Every zoom of a layer on the database of DATABASE_URL, at a spot where there are points.

    Args:
        name: the register; ``table`` is its table.
        carried: what its points carry in the hand-written statement, as SQL.

    Returns:
        Figures by zoom, the worst ratio with its zoom, the slowest tile.
    """
    from django.db import connection

    from gezhi.engines.layers.tiles import CELLS as CUT
    from gezhi.engines.layers.tiles import STREET_ZOOM, Tile, tile

    actor = actors({"admin": "city"})["admin"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ST_X(place), ST_Y(place) FROM {table} TABLESAMPLE SYSTEM (0.1) "
                       "WHERE place IS NOT NULL LIMIT 1")
        lon, lat = cursor.fetchone()
    out: dict[str, Any] = {}
    for z in range(8, 17):
        x, y = address(lon, lat, z)
        at = Tile(z, x, y)
        west, south, east, north = at.box(96 / 4096 if z >= STREET_ZOOM else 0)
        sql = (POINTS if z >= STREET_ZOOM else CELLS).format(
            name=name, table=table, carried=carried, z=z, x=x, y=y, west=west, south=south, east=east, north=north,
            side_x=(east - west) / CUT, side_y=(north - south) / CUT)

        def bare(sql: str = sql) -> bytes:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return bytes(cursor.fetchone()[0] or b"")

        ours_ms, bare_ms = pair(lambda z=z, x=x, y=y: tile(name, actor, z, x, y), bare, SECONDS)
        out[str(z)] = {"ms": round(ours_ms, 1), "bare_ms": round(bare_ms, 1), "ratio": round(ours_ms / bare_ms, 2),
                       "bytes": len(bare())}
        print(f"  zoom {z}: {out[str(z)]}", flush=True)
    worst = max(out, key=lambda z: out[z]["ratio"])
    return {"ratio": out[worst]["ratio"], "worst_zoom": int(worst), "aim": 1.3,
            "slowest_ms": max(z["ms"] for z in out.values()), "zooms": out}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    apart(parser, __file__, lambda options: {"bench": "tiles", "rows": options.rows, **measure()},
          lambda home, options: home.filled(options.rows, "points"))


if __name__ == "__main__":
    main()

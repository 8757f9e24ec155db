"""Outlines of the areas just below one, light enough to draw on any screen."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection

from gezhi.foundation.territory.lookup import atlas

STEPS = {0: 6, 4: 6, 6: 9, 9: 12, 12: 15}
"""Length of an area's code to the length of its children's codes."""
TOLERANCE = {6: 0.0008, 9: 0.0003, 12: 0.00008, 15: 0.0}
"""Degrees by which outlines are simplified, by the length of the code: about half a pixel when all fit a wall."""

_SQL = """
SELECT area_code, name, ST_AsGeoJSON(ST_SimplifyPreserveTopology(boundary, %s), 5), made,
  ST_X(ST_PointOnSurface(boundary)), ST_Y(ST_PointOnSurface(boundary))
FROM territory_region WHERE length(area_code) = %s AND area_code LIKE %s || '%%'
  AND status = 'active' AND boundary IS NOT NULL ORDER BY area_code"""
_GRIDS = """
SELECT area_code, name, ST_AsGeoJSON(boundary, 6), made,
  ST_X(ST_PointOnSurface(boundary)), ST_Y(ST_PointOnSurface(boundary)) FROM territory_gridcell
WHERE area_code LIKE %s || '%%' AND status = 'active' AND kind <> 'micro' AND boundary IS NOT NULL ORDER BY area_code"""
_BOUNDS = """
SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
FROM (SELECT ST_Extent(boundary) AS e FROM {table} WHERE area_code LIKE %s || '%%' {more}) AS x"""


def below(code: str) -> dict[str, Any]:
    """GeoJSON of the children of an area (``""``: the counties of the city); ``id`` of a feature is its code,
    ``at`` where its name stands."""
    length = STEPS.get(len(code))
    if length is None:
        return {"type": "FeatureCollection", "features": []}
    with connection.cursor() as cursor:
        if length == 15:
            cursor.execute(_GRIDS, [code])
        else:
            cursor.execute(_SQL, [TOLERANCE[length], length, code])
        rows = cursor.fetchall()
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": orjson.loads(shape),
             "properties": {"id": area, "name": name, "made": made, "at": [round(x, 6), round(y, 6)]}}
            for area, name, shape, made, x, y in rows
        ],
    }


def bounds(code: str) -> list[float] | None:
    """West, south, east, north of an area, ``None`` where nothing is drawn."""
    grid = len(code) == 15
    sql = _BOUNDS.format(
        table="territory_gridcell" if grid else "territory_region",
        more="" if grid else f"AND length(area_code) <= {max(len(code), 6)}",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [code])
        row = cursor.fetchone()
    return list(row) if row and row[0] is not None else None


def path(code: str) -> list[dict[str, str]]:
    """The area and those above it, from the city down: ``[{code, name}]``, names short."""
    names = atlas().names
    return [{"code": code[:n], "name": names.get(code[:n], code[:n])} for n in (4, 6, 9, 12, 15) if len(code) >= n]

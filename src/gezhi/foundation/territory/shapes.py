"""Between the database's geometries (GEOS by Django) and shapely's, and the codes of GeoJSON input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from shapely.geometry.base import BaseGeometry

SRID = 4326


def to_shapely(shape: GEOSGeometry | None) -> BaseGeometry | None:
    """Return a database geometry as shapely's."""
    return None if shape is None else shapely.from_wkb(bytes(shape.wkb))


def to_django(shape: BaseGeometry) -> GEOSGeometry:
    """Return a shapely geometry as the database's, in WGS84."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shapely.force_2d(shape))), srid=SRID)


def to_multi(shape: BaseGeometry) -> MultiPolygon:
    """Return a shapely polygon or multipolygon as a database multipolygon."""
    found = to_django(shape)
    return found if isinstance(found, MultiPolygon) else MultiPolygon(found, srid=SRID)


def known(pairs: Iterable[tuple[str, Any]]) -> dict[str, BaseGeometry]:
    """Return shapely shapes by code for those (code, database geometry) pairs that have one."""
    return {code: shape for code, raw in pairs if (shape := to_shapely(raw)) is not None}

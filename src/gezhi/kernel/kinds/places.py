"""Kinds of points, shapes and territory."""

from __future__ import annotations

import json
import random
import struct
from functools import cached_property
from typing import Any

from django.contrib.gis.gdal.error import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, LineString, MultiPolygon, Point, Polygon
from django.contrib.gis.geos.coordseq import GEOSCoordSeq
from django.contrib.gis.geos.prototypes import get_cs
from django.db.models import Q
from django.utils.translation import gettext as _

from ..registry import registry
from .base import Kind
from .basic import TextKind

_EWKB = struct.Struct("<BIIdd")


class Spot(Point):
    """A WGS84 point that knows its coordinates and asks GEOS for a geometry only when one is needed. Not to be moved.

    Making a geometry and asking it for anything costs a dozen calls of a foreign library, which a report's way into
    the table can do without.
    """

    def __init__(self, lon: float, lat: float) -> None:
        self.lonlat = (lon, lat)

    @property  # type: ignore[misc]  # Django lets one set it
    def ptr(self) -> Any:
        """The geometry in GEOS, made at the first question to it."""
        mine: Any = self
        if mine._ptr is None:
            made: Any = Point(*self.lonlat, srid=4326)
            mine._ptr, made._ptr = made._ptr, None  # it is ours to free now
        return mine._ptr

    @property
    def srid(self) -> int:
        """Known without GEOS: Django asks each geometry it is given, and sets what it heard."""
        return 4326

    @srid.setter
    def srid(self, srid: int) -> None:
        if srid != 4326:
            raise ValueError("a spot stays where it is")

    @cached_property
    def _cs(self) -> GEOSCoordSeq:
        return GEOSCoordSeq(get_cs(self.ptr), False)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Spot):
            return self.lonlat == other.lonlat
        return isinstance(other, GEOSGeometry) and super().__eq__(other)

    __hash__ = Point.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return Spot, self.lonlat

    @property  # type: ignore[misc]  # Django lets one set it; a spot stays
    def x(self) -> float:
        return self.lonlat[0]

    @property  # type: ignore[misc]
    def y(self) -> float:
        return self.lonlat[1]

    @property
    def ewkb(self) -> bytes:  # type: ignore[override]  # Django: memoryview
        """Little-endian EWKB: type 1 (point) with the flag of an SRID, the SRID, two doubles."""
        return _EWKB.pack(1, 0x20000001, 4326, *self.lonlat)


class PointKind(Kind):
    """A WGS84 point (EPSG:4326). Takes ``{"lon","lat"}``, ``[lon, lat]``, ``"lon,lat"`` or GeoJSON."""

    widget_type = "point"
    sortable = False

    def clean(self, raw: Any) -> Point:
        try:
            lon, lat = self._pair(raw)
        except (ValueError, TypeError, KeyError, IndexError):
            raise self.wrong(_("“%s”应为经度和纬度，如 120.62,31.30") % self.label) from None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise self.wrong(_("“%s”的经纬度超出范围") % self.label)
        return raw if isinstance(raw, Spot) else Spot(lon, lat)

    @staticmethod
    def _pair(raw: Any) -> tuple[float, float]:
        if isinstance(raw, Point):
            return raw.x, raw.y
        if isinstance(raw, str):
            text = raw.strip()
            raw = json.loads(text) if text.startswith("{") else text.replace("，", ",").split(",")
        if isinstance(raw, dict):
            raw = raw["coordinates"] if "coordinates" in raw else (raw["lon"], raw["lat"])
        lon, lat = float(raw[0]), float(raw[1])
        if lon != lon or lat != lat:
            raise ValueError
        return lon, lat

    def show(self, value: Any) -> str:
        return "" if value is None else f"{value.x:.6f},{value.y:.6f}"

    def json(self, value: Any) -> Any:
        return None if value is None else {"lon": round(value.x, 7), "lat": round(value.y, 7)}

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "bbox", "required": False}

    def q(self, raw: str) -> Q:
        """``west,south,east,north`` in degrees, or ``lon,lat,radius`` with the radius in metres."""
        try:
            parts = [float(p) for p in raw.split(",")]
            if len(parts) == 4:
                return Q(**{f"{self.lookup}__bboverlaps": Polygon.from_bbox(parts)})  # type: ignore[arg-type]
            lon, lat, metres = parts
        except ValueError:
            raise self.wrong(_("地图范围应为 西,南,东,北 或 经度,纬度,半径（米）")) from None
        degrees = metres / 111_320
        box = Polygon.from_bbox((lon - degrees * 1.3, lat - degrees, lon + degrees * 1.3, lat + degrees))
        return Q(**{f"{self.lookup}__bboverlaps": box})

    def schema(self) -> dict[str, Any]:
        return {"type": ["object", "null"], "title": self.label, "required": ["lon", "lat"],
                "properties": {"lon": {"type": "number", "minimum": -180, "maximum": 180},
                               "lat": {"type": "number", "minimum": -90, "maximum": 90}}}

    def sample(self, rng: random.Random) -> Point:
        return Spot(round(120.5 + rng.random() / 5, 6), round(31.2 + rng.random() / 5, 6))


class ShapeKind(Kind):
    """A line or polygon in WGS84, exchanged as GeoJSON."""

    widget_type = "shape"
    sortable = False

    @property
    def wanted(self) -> str:
        """What is kept: ``LINESTRING``, ``POLYGON`` or ``MULTIPOLYGON``."""
        return getattr(self.field, "geom_type", "POLYGON")

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "draw": "line" if self.wanted == "LINESTRING" else "polygon"}

    def clean(self, raw: Any) -> GEOSGeometry:
        try:
            shape = raw if isinstance(raw, GEOSGeometry) else GEOSGeometry(
                json.dumps(raw) if isinstance(raw, dict) else str(raw))
        except (GEOSException, GDALException, ValueError, TypeError):
            raise self.wrong(_("“%s”不是正确的图形（GeoJSON）") % self.label) from None
        shape.srid = 4326
        if self.wanted == "MULTIPOLYGON" and shape.geom_type == "Polygon":
            shape = MultiPolygon(shape, srid=4326)
        if shape.geom_type.upper() != self.wanted:
            raise self.wrong(_("“%s”应是一条线") % self.label if self.wanted == "LINESTRING"
                             else _("“%s”应是一块范围") % self.label)
        if not shape.valid:
            raise self.wrong(_("“%(label)s”的图形有误：%(why)s") % {"label": self.label, "why": shape.valid_reason})
        return shape

    def show(self, value: Any) -> str:
        return "" if value is None else _("已绘制")

    def json(self, value: Any) -> Any:
        return None if value is None else json.loads(value.json)

    def history(self, value: Any) -> Any:
        if value is None:
            return None
        return {"type": value.geom_type, "points": value.num_coords, "wkb": value.hex.decode()}

    def filter_widget(self) -> None:
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": ["object", "null"], "title": self.label}

    def sample(self, rng: random.Random) -> GEOSGeometry:
        x, y = 120.5 + rng.random() / 5, 31.2 + rng.random() / 5
        if self.wanted == "LINESTRING":
            return LineString((x, y), (x + 0.01, y + 0.005), (x + 0.02, y + 0.02), srid=4326)
        box = Polygon.from_bbox((x, y, x + 0.01, y + 0.01))
        box.srid = 4326
        return MultiPolygon(box, srid=4326) if self.wanted == "MULTIPOLYGON" else box


class AreaKind(TextKind):
    """``area_code``: shown as a name through the ``area_names`` port, filtered by prefix."""

    widget_type = "area"

    def show(self, value: Any) -> str:
        if not value:
            return ""
        return registry.port("area_names")(value)

    def q(self, raw: str) -> Q:
        q = Q()
        for code in raw.split(","):
            if code and not (code.isdecimal() and len(code) <= 15):
                raise self.wrong(_("区域代码只能是数字"))
            if code:
                q |= area_q(self.lookup, code)
        return q

    def sample(self, rng: random.Random) -> str:
        return "320508001001001"


def area_q(lookup: str, prefix: str) -> Q:
    """Rows whose area_code starts with ``prefix``, as a range that a C-collated b-tree serves."""
    if not prefix:
        return Q()
    return Q(**{f"{lookup}__gte": prefix, f"{lookup}__lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)})

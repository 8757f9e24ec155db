"""A part of the map as a filter: a box, a circle or a drawn outline, written in the address bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSException, GEOSGeometry, Polygon
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

NAME = "within"
MOST_POINTS = 300
MOST_METRES = 100_000
DEGREE = 110_574
"""Metres of a degree of latitude at the equator, where it is shortest."""


class _Near(Func):
    """Whether a geometry lies within metres of a point, measured on the ellipsoid."""

    output_field = models.BooleanField()

    def __init__(self, path: str, lon: float, lat: float, metres: float) -> None:
        super().__init__(F(path))
        self.template = (f"ST_DWithin((%(expressions)s)::geography, "
                         f"ST_SetSRID(ST_MakePoint({lon!r}, {lat!r}), 4326)::geography, {metres!r})")


@dataclass(frozen=True)
class Part:
    """A part of the map.

    Args:
        shape: its outline, or the box around a circle, in WGS84.
        circle: longitude, latitude and metres, when it is a circle.
    """

    shape: GEOSGeometry
    circle: tuple[float, float, float] | None = None

    def q(self, path: str) -> Q:
        """Records whose geometry at ``path`` touches this part."""
        if self.circle is None:
            return Q(**{f"{path}__intersects": self.shape})
        return Q(**{f"{path}__bboverlaps": self.shape}) & Q(_Near(path, *self.circle))

    def words(self) -> str:
        """The part in words, for a chip above a list."""
        if self.circle is not None:
            return _("以 %(lon).5f，%(lat).5f 为圆心 %(metres)d 米内") % {
                "lon": self.circle[0], "lat": self.circle[1], "metres": self.circle[2]}
        w, s, e, n = self.shape.extent
        middle = math.cos(math.radians((s + n) / 2))
        return _("地图选区，约 %(wide).1f × %(high).1f 公里") % {
            "wide": (e - w) * 111.32 * middle, "high": (n - s) * 111.32}


def read(raw: str) -> Part:
    """A part of the map from its text.

    Args:
        raw: ``west,south,east,north`` or ``lon,lat,metres`` or the corners of an outline, ``lon,lat;lon,lat;…``;
            degrees in WGS84.

    Raises:
        Invalid: what is wrong with it.
    """
    pairs = [_numbers(part) for part in raw.strip().strip(";").split(";")]
    if len(pairs) > 1:
        return _outline(pairs)
    only = pairs[0]
    if len(only) == 4:
        return _box(*only)
    if len(only) == 3:
        return _circle(*only)
    raise _wrong(_("地图选区应为“西,南,东,北”“经度,纬度,半径（米）”或至少三个“经度,纬度”，以分号隔开"))


def _wrong(words: str) -> Invalid:
    return Invalid({NAME: [words]})


def _numbers(text: str) -> list[float]:
    try:
        out = [float(part) for part in text.split(",")]
    except ValueError:
        raise _wrong(_("地图选区里的“%s”不是坐标") % text.strip()[:40]) from None
    if not all(math.isfinite(number) for number in out):
        raise _wrong(_("地图选区里的“%s”不是坐标") % text.strip()[:40])
    return out


def _placed(lon: float, lat: float) -> None:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _wrong(_("地图选区的坐标 %(lon)s，%(lat)s 超出范围：经度在前，纬度在后") % {"lon": lon, "lat": lat})


def _box(west: float, south: float, east: float, north: float) -> Part:
    _placed(west, south)
    _placed(east, north)
    if west >= east or south >= north:
        raise _wrong(_("地图选区的西边应小于东边，南边应小于北边"))
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    return Part(box)


def _circle(lon: float, lat: float, metres: float) -> Part:
    _placed(lon, lat)
    if not 1 <= metres <= MOST_METRES:
        raise _wrong(_("地图选区的半径应在 1 米到 %d 公里之间") % (MOST_METRES // 1000))
    high = metres / DEGREE * 1.01
    wide = high / max(math.cos(math.radians(min(89.0, abs(lat) + high))), 0.01)
    box = Polygon.from_bbox((lon - wide, lat - high, lon + wide, lat + high))
    box.srid = 4326
    return Part(box, (lon, lat, metres))


def _outline(pairs: list[list[float]]) -> Part:
    if len(pairs) > MOST_POINTS:
        raise _wrong(_("地图选区最多 %d 个点") % MOST_POINTS)
    for pair in pairs:
        if len(pair) != 2:
            raise _wrong(_("地图选区的每个点应为“经度,纬度”"))
        _placed(*pair)
    ring: list[Any] = [tuple(pair) for pair in pairs]
    if ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(set(ring)) < 3:
        raise _wrong(_("地图选区至少要有三个不同的点"))
    try:
        shape: GEOSGeometry = Polygon(ring, srid=4326)
        if not shape.valid:  # a hand-drawn line crosses itself: what it encloses is meant
            shape = shape.make_valid()
    except GEOSException:
        raise _wrong(_("地图选区的图形有误")) from None
    if shape.area == 0:
        raise _wrong(_("地图选区没有面积，请重新圈画"))
    return Part(shape)

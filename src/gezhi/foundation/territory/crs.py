"""Datums of Chinese maps: WGS84, CGCS2000, GCJ-02 and BD-09, forward and back.

Inside the house every coordinate is WGS84 longitude and latitude in degrees; other datums exist only
at the doors. Three facts decide the arithmetic:

* CGCS2000 (EPSG:4490) and WGS84 differ by 0.11 mm at most in latitude through their ellipsoids (Cheng
  et al., 2000国家大地坐标系椭球参数与GRS80和WGS84的比较, 2009) and by some centimetres through their
  epochs. A street boundary is not known to a decimetre, so the two are treated as identical.
* GCJ-02 shifts a point by 300 to 700 m with a smooth, published-by-reconstruction formula. It has no
  closed inverse; the shift changes by less than 0.2 % from place to place, so a fixed-point iteration
  gains nearly three digits a round and ends at the rounding of a double.
* BD-09 is a second, smaller shift on top of GCJ-02 and is inverted the same way.

Outside the rectangle in which GCJ-02 is defined points stay unchanged. On the rim of that rectangle
(within about 700 m) the inverse is ambiguous by nature; no Chinese city lies there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

WGS84, CGCS2000, GCJ02, BD09 = DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")

Floats = NDArray[np.float64]

# The Krasovsky ellipsoid, which the GCJ-02 formula uses.
_A = 6378245.0
_EE = 0.00669342162296594323
# Where GCJ-02 is defined: west, south, east, north in degrees.
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_BD_K = math.pi * 3000.0 / 180.0
_ROUNDS = 30
_ENOUGH = 1e-12


class DatumError(ValueError):
    """The name of a datum is not one of `DATUMS`."""


def convert(coords: ArrayLike, source: str, target: str) -> Floats:
    """Convert coordinates from one datum to another.

    Args: coords: array of shape (n, 2), longitude and latitude in degrees; source, target: of `DATUMS`.
    Returns: a new (n, 2) array in degrees. Not-a-number stays not-a-number.
    Raises: DatumError: a datum is unknown.
    """
    xy = np.array(coords, dtype=np.float64, copy=True).reshape(-1, 2)
    source, target = _canonical(source), _canonical(target)
    if source == target:
        return xy
    lon, lat = xy[:, 0], xy[:, 1]
    if source == BD09:
        lon, lat = bd09_to_gcj02(lon, lat)
    if source in (BD09, GCJ02) and target == WGS84:
        lon, lat = gcj02_to_wgs84(lon, lat)
    if source == WGS84:
        lon, lat = wgs84_to_gcj02(lon, lat)
    if target == BD09:
        lon, lat = gcj02_to_bd09(lon, lat)
    return np.column_stack([lon, lat])


def convert_geometry(geometry: Any, source: str, target: str) -> Any:
    """Convert a shapely geometry, or an array of them, from one datum to another.

    Each vertex is converted by itself, so borders shared before are shared after.
    Args: geometry: a geometry or array of geometries in degrees; source, target: of `DATUMS`.
    Raises: DatumError: a datum is unknown.
    """
    if _canonical(source) == _canonical(target):
        return geometry
    return shapely.transform(geometry, lambda xy: convert(xy, source, target))


def convert_point(lon: float, lat: float, source: str, target: str) -> tuple[float, float]:
    """Convert one point in degrees; see `convert`."""
    x, y = convert([[lon, lat]], source, target)[0]
    return float(x), float(y)


def in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Tell for each point (degrees) whether GCJ-02 is defined there."""
    west, south, east, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift WGS84 degrees to GCJ-02; points outside `CHINA` stay."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    dx, dy = _gcj_shift(lon, lat)
    inside = in_china(lon, lat)
    return np.where(inside, lon + dx, lon), np.where(inside, lat + dy, lat)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Undo `wgs84_to_gcj02` by iteration, to well below 1e-7 degrees."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = _undo(lambda a, b: _added(a, b, _gcj_shift(a, b)), lon, lat)
    inside = in_china(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift GCJ-02 degrees to BD-09; points outside `CHINA` stay."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = _bd_forward(lon, lat)
    inside = in_china(lon, lat)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Undo `gcj02_to_bd09` by iteration, to well below 1e-7 degrees."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = _undo(_bd_forward, lon, lat)
    inside = in_china(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _canonical(datum: str) -> str:
    name = datum.lower().replace("-", "").replace("_", "")
    if name not in DATUMS:
        raise DatumError(f"unknown datum {datum!r}: expected one of {', '.join(DATUMS)}")
    return WGS84 if name == CGCS2000 else name


def _added(x: Floats, y: Floats, shift: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return x + shift[0], y + shift[1]


def _undo(forward: Any, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Find the point that `forward` sends to (lon, lat): step by what is still missing until nothing is."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        fx, fy = forward(x, y)
        dx, dy = lon - fx, lat - fy
        x, y = x + dx, y + dy
        if not np.any(np.abs(dx) + np.abs(dy) > _ENOUGH):
            break
    return x, y


def _gcj_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the shift in degrees that GCJ-02 adds to a WGS84 point, whether or not it is in China."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root, cross = np.sqrt(np.abs(x)), 0.1 * x * y
    wave = 20.0 * (np.sin(6 * pi * x) + np.sin(2 * pi * x))
    wave_x = 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3)
    wave_y = 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3)
    long_x = 150.0 * np.sin(pi * x / 12) + 300.0 * np.sin(pi * x / 30)
    long_y = 160.0 * np.sin(pi * y / 12) + 320.0 * np.sin(pi * y / 30)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + cross + 0.1 * root + (wave + wave_x + long_x) * 2 / 3
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + cross + 0.2 * root + (wave + wave_y + long_y) * 2 / 3
    phi = np.radians(lat)
    w2 = 1.0 - _EE * np.sin(phi) ** 2
    # metres to degrees: by the radius of the parallel, and by the radius of the meridian's curve
    dlon = np.degrees(east * np.sqrt(w2) / (_A * np.cos(phi)))
    dlat = np.degrees(north * w2 * np.sqrt(w2) / (_A * (1.0 - _EE)))
    return dlon, dlat


def _bd_forward(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_K)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_K)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006

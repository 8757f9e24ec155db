"""Areas in square metres of shapes drawn in degrees of WGS84, without a projection library.

Areas are taken on the ellipsoid: the integral of the authalic function q(latitude) along the outline
(Snyder, Map Projections: A Working Manual, 1987, p. 82, formula 10-15). An edge counts as straight in
degrees, as the geometry predicates have it, so a vertex more on a straight border changes no area.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_A = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_E = math.sqrt(_E2)


def area_m2(geometry: Any) -> Any:
    """Return the area in square metres of a geometry in WGS84 degrees, or of an array of them."""
    shapes = np.atleast_1d(np.asarray(geometry, dtype=object))
    parts, whose = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a collection may hold multipolygons
    rings, part = shapely.get_rings(parts, return_index=True)
    totals = np.zeros(len(shapes))
    if len(rings):
        areas = np.abs(_ring_areas(rings))
        shell = np.concatenate([[True], part[1:] != part[:-1]])
        np.add.at(totals, whose[inner[part]], np.where(shell, areas, -areas))
    return totals if np.ndim(geometry) else float(totals[0])


def point_of(geometry: Any) -> tuple[float, float]:
    """Return a point (longitude, latitude) that surely lies on the geometry; (nan, nan) when it is empty."""
    if shapely.is_empty(geometry):
        return math.nan, math.nan
    point = shapely.point_on_surface(geometry)
    return float(shapely.get_x(point)), float(shapely.get_y(point))


def _ring_areas(rings: Any) -> NDArray[np.float64]:
    """Integrate q(latitude) over the longitude along each ring, by Simpson's rule edge by edge."""
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start, end = xy[:-1], xy[1:]
    middle = _authalic((start[:, 1] + end[:, 1]) / 2)
    q = (_authalic(start[:, 1]) + 4 * middle + _authalic(end[:, 1])) / 6
    step = np.radians(end[:, 0] - start[:, 0]) * (q - _authalic(xy[:1, 1]))
    step[ring[1:] != ring[:-1]] = 0.0
    return np.bincount(ring[1:], step, minlength=len(rings)) * _A * _A / 2


def _authalic(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    s = np.sin(np.radians(latitude))
    return (1 - _E2) * (s / (1 - _E2 * s * s) + np.arctanh(_E * s) / _E)


def _local_metres(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    phi = np.radians(np.mean(xy[:, 1])) if len(xy) else 0.0
    w2 = 1 - _E2 * np.sin(phi) ** 2
    east, north = _A * np.cos(phi) / np.sqrt(w2), _A * (1 - _E2) / (w2 * np.sqrt(w2))
    return np.radians(xy) * [east, north]

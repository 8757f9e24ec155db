"""Small tools for planar coverages: polygons that tile a place and share their borders vertex by vertex.

Everything here works on faces: take all the lines, break them where they meet, and rebuild the faces
between them. Whoever owns a face then owns exactly the same vertices as the owner next door, which no
chain of pairwise differences can promise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Key = TypeVar("Key", bound=Hashable)


def polygons_of(geometry: BaseGeometry | None) -> list[BaseGeometry]:
    """Return the non-empty polygons in a geometry, leaving lines and points behind."""
    if geometry is None or shapely.is_empty(geometry):
        return []
    kind = shapely.get_type_id(geometry)
    if kind == 3:
        return [geometry]
    if kind in (6, 7):
        return [p for part in shapely.get_parts(geometry) for p in polygons_of(part)]
    return []


def areal(geometry: BaseGeometry) -> BaseGeometry:
    """Return the valid areal part of a geometry: mended if it crosses itself, without lines and points."""
    if not shapely.is_valid(geometry):
        geometry = shapely.make_valid(geometry)
    parts = polygons_of(geometry)
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def faces(geometries: Iterable[BaseGeometry], grid: float | None = None) -> np.ndarray:
    """Return every bounded face between the outlines and lines given.

    Args: geometries: polygons (their outlines count) and lines, degrees; grid: round all vertices to
    multiples of it in degrees while noding, None keeps them.
    """
    lines = [shapely.boundary(g) if shapely.get_dimensions(g) == 2 else g for g in geometries]
    noded = shapely.union_all(lines, grid_size=grid) if grid else shapely.union_all(lines)
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))


def middle(face: BaseGeometry) -> BaseGeometry:
    """Return a point surely inside a polygon, off its outline.

    GEOS's point_on_surface sometimes returns a vertex of the outline; then the centroid serves, or the centre
    of the largest circle inside.
    """
    shapely.prepare(face)
    for find in (shapely.point_on_surface, shapely.centroid):
        point = find(face)
        if shapely.contains_properly(face, point):
            return point
    return shapely.Point(shapely.get_coordinates(shapely.maximum_inscribed_circle(face))[0])


def owners(found: np.ndarray, polygons: Mapping[Key, BaseGeometry]) -> list[list[Key]]:
    """Return for each face the keys of the polygons that hold a point in its middle, smallest first."""
    keys = list(polygons)
    tree = shapely.STRtree([polygons[key] for key in keys])
    sizes = [shapely.area(polygons[key]) for key in keys]
    result: list[list[Key]] = [[] for _ in found]
    middles = np.array([middle(face) for face in found], dtype=object)
    for face, place in sorted(
        zip(*tree.query(middles, predicate="within"), strict=True), key=lambda pair: sizes[pair[1]]
    ):
        result[face].append(keys[place])
    return result


def longest_neighbour(face: BaseGeometry, polygons: Mapping[Key, BaseGeometry]) -> Key | None:
    """Return the key of the polygon that shares the longest border with a face; None if none does."""
    best, longest = None, 0.0
    for key, polygon in polygons.items():
        if shapely.intersects(face, polygon):
            shared = shapely.length(shapely.intersection(shapely.boundary(face), shapely.boundary(polygon)))
            if shared > longest:
                best, longest = key, float(shared)
    return best


def joined(found: Iterable[Any]) -> BaseGeometry:
    """Join parts of one coverage into one geometry without moving a vertex.

    Where the parts do not share all vertices (hairline leftovers of earlier edits) they are united.
    """
    parts = list(found)
    if len(parts) == 1:
        return parts[0]
    if is_coverage(parts):
        # the two judge hairlines differently: what is valid for one may still be refused by the other
        with contextlib.suppress(shapely.errors.GEOSException):
            return shapely.coverage_union_all(parts)
    return shapely.union_all(parts)


def is_coverage(polygons: Iterable[BaseGeometry]) -> bool:
    """Tell whether the polygons meet only along borders whose vertices they share."""
    shapes = list(polygons)
    return bool(shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes))

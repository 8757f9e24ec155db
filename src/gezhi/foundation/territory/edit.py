"""Split, merge and reshape areas so that neighbours go on sharing their borders vertex by vertex.

Pure functions on WGS84 geometries; who may do it and what is written stands in the verbs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import measure, planar

# A line drawn by hand may end this far (degrees, about 30 m) before the border it should reach.
REACH = 3e-4
CRUMB_M2 = 1.0


class EditError(ValueError):
    """An edit of boundaries makes no sense; the message says what and where, for the user."""

    def __init__(self, message: str, lon: float | None = None, lat: float | None = None) -> None:
        super().__init__(message)
        self.lon, self.lat = lon, lat


def split(polygon: BaseGeometry, line: BaseGeometry) -> list[BaseGeometry]:
    """Cut a polygon along a line into two or more, ordered from west to east and north to south.

    An end of the line that stops inside the polygon but within `REACH` of its border is carried on to it.
    Args: polygon: one area; line: a LineString or MultiLineString, degrees.
    Raises: EditError: the line is empty, or does not cross the polygon from border to border.
    """
    if shapely.is_empty(line) or shapely.get_dimensions(line) != 1:
        raise EditError(_("分割线为空，或不是线。"))
    reaching = shapely.union_all([_reach(part, polygon) for part in shapely.get_parts(line)])
    pieces = [face for face in planar.faces([polygon, reaching]) if shapely.contains(polygon, planar.middle(face))]
    pieces = _without_crumbs(pieces)
    if len(pieces) < 2:
        lon, lat = measure.point_of(shapely.centroid(line))
        raise EditError(
            _("分割线没有把区域分开：线必须从边界到边界穿过区域（线的中点 %(lon).6f, %(lat).6f）。")
            % {"lon": lon, "lat": lat},
            lon,
            lat,
        )
    return sorted(pieces, key=lambda piece: _reading_order(measure.point_of(piece)))


def merge(polygons: Sequence[BaseGeometry]) -> BaseGeometry:
    """Join areas that border on one another into one polygon.

    Raises: EditError: fewer than two, or they do not form one connected piece.
    """
    if len(polygons) < 2:
        raise EditError(_("合并至少需要两个区域。"))
    together = shapely.union_all(list(polygons))
    if not planar.is_coverage(polygons):
        together = _without_threads(together)
    parts = planar.polygons_of(together)
    if len(parts) != 1:
        lon, lat = measure.point_of(min(parts, key=shapely.area))
        raise EditError(
            _("这些区域不相邻，不能合并：位于 %(lon).6f, %(lat).6f 的部分与其余部分没有公共边界。")
            % {"lon": lon, "lat": lat},
            lon,
            lat,
        )
    return parts[0]


def reshape(
    code: str, shape: BaseGeometry, areas: Mapping[str, BaseGeometry], parent: BaseGeometry | None
) -> dict[str, BaseGeometry]:
    """Give an area a new boundary; its neighbours yield what it takes and fill what it leaves.

    Args: code: the area; shape: the boundary as drawn, degrees; areas: the present boundaries of the
    area and all its siblings; parent: the boundary above, outside which nothing may reach, or None.
    Returns: new boundaries of the areas that changed, the area itself among them.
    Raises: EditError: the shape is no polygon, lies outside the parent, would swallow or tear a
    neighbour, or leaves land that borders on no neighbour.
    """
    wished = _polygon(shape)
    if parent is not None:
        wished = _within(wished, parent)
    before = areas[code]
    near = {key: area for key, area in areas.items() if key != code and shapely.intersects(area, wished)}
    near |= {key: area for key, area in areas.items() if key != code and shapely.intersects(area, before)}
    return _dealt(code, wished, before, near)


def draw(
    shape: BaseGeometry, areas: Mapping[str, BaseGeometry], parent: BaseGeometry | None
) -> tuple[BaseGeometry, dict[str, BaseGeometry]]:
    """Draw a new area into its parent; siblings it covers yield, free land stays free.

    Returns: the new boundary, and the new boundaries of the siblings that changed.
    Raises: EditError: as `reshape`.
    """
    wished = _polygon(shape)
    if parent is not None:
        wished = _within(wished, parent)
    near = {key: area for key, area in areas.items() if shapely.intersects(area, wished)}
    changed = _dealt("", wished, wished, near)
    return changed.pop(""), changed


def _dealt(
    code: str, wished: BaseGeometry, before: BaseGeometry, near: Mapping[str, BaseGeometry]
) -> dict[str, BaseGeometry]:
    """Deal the faces between all outlines out: the wished ones to the area, freed ones to a neighbour."""
    found = planar.faces([wished, before, *near.values()])
    claims = planar.owners(found, {"wished": wished, "before": before, **{f"_{k}": v for k, v in near.items()}})
    parts: dict[str, list[BaseGeometry]] = {code: [], **{key: [] for key in near}}
    freed: list[BaseGeometry] = []
    for face, claim in zip(found, claims, strict=True):
        holders = [key[1:] for key in claim if key.startswith("_")]
        crumb = float(measure.area_m2(face)) < CRUMB_M2
        if "wished" in claim and not (crumb and holders):
            parts[code].append(face)
        elif holders:
            parts[holders[0]].append(face)
        elif "before" in claim:
            freed.append(face)
    result = {key: planar.joined(faces) for key, faces in parts.items() if faces}
    for key in near:
        if key not in result:
            raise EditError(_("新边界完全盖住了“%(code)s”，请改用合并。") % {"code": key}, *measure.point_of(near[key]))
    for face in sorted(freed, key=shapely.area, reverse=True):
        taker = planar.longest_neighbour(face, {key: result[key] for key in near})
        if taker is None:
            lon, lat = measure.point_of(face)
            raise EditError(
                _("让出的 %(area).1f 平方米土地没有相邻区域接收（%(lon).6f, %(lat).6f）。")
                % {"area": float(measure.area_m2(face)), "lon": lon, "lat": lat},
                lon,
                lat,
            )
        result[taker] = planar.joined([*planar.polygons_of(result[taker]), face])
    for key, area in result.items():
        _still_whole(key or _("新区域"), area, near.get(key, wished))
    return {key: area for key, area in result.items() if key == code or not _same(area, near[key])}


def _still_whole(code: str, area: BaseGeometry, before: BaseGeometry) -> None:
    parts = planar.polygons_of(area)
    if len(parts) > max(1, len(planar.polygons_of(before))):
        lon, lat = measure.point_of(min(parts, key=shapely.area))
        raise EditError(
            _("新边界会把“%(code)s”断开成 %(n)d 块（%(lon).6f, %(lat).6f）。")
            % {"code": code, "n": len(parts), "lon": lon, "lat": lat},
            lon,
            lat,
        )


def _same(area: BaseGeometry, before: BaseGeometry) -> bool:
    return float(measure.area_m2(shapely.symmetric_difference(area, before))) < CRUMB_M2


def _polygon(shape: BaseGeometry) -> BaseGeometry:
    if shape is None or shapely.is_empty(shape) or shapely.get_dimensions(shape) != 2:
        raise EditError(_("边界为空，或不是面。"))
    if not shapely.is_valid(shape):
        reason = str(shapely.is_valid_reason(shape))
        lon, lat = (float(part) for part in reason.partition("[")[2].rstrip("]").split()[:2])
        raise EditError(_("边界与自身相交（%(lon).6f, %(lat).6f）。") % {"lon": lon, "lat": lat}, lon, lat)
    if len(planar.polygons_of(shape)) != 1:
        raise EditError(_("边界必须是一块完整的面。"))
    return planar.polygons_of(shape)[0]


def _within(wished: BaseGeometry, parent: BaseGeometry) -> BaseGeometry:
    """Clip a hand-drawn shape to its parent when it barely leaves it; refuse when it goes astray."""
    outside = shapely.difference(wished, parent)
    area = float(measure.area_m2(outside))
    if area > 0.5 * float(measure.area_m2(wished)):
        lon, lat = measure.point_of(outside)
        raise EditError(
            _("边界有 %(area).1f 平方米在上级区域之外（%(lon).6f, %(lat).6f）。")
            % {"area": area, "lon": lon, "lat": lat},
            lon,
            lat,
        )
    inside = [
        face
        for face in planar.faces([wished, parent])
        if shapely.contains(parent, middle := planar.middle(face)) and shapely.contains(wished, middle)
    ]
    parts = planar.polygons_of(planar.joined(inside))
    return max(parts, key=shapely.area)


def _reach(line: BaseGeometry, polygon: BaseGeometry) -> BaseGeometry:
    """Carry a line's ends on, in their own direction, when they stop just before the border."""
    points = shapely.get_coordinates(line)
    if len(points) < 2:
        return line
    border = shapely.boundary(polygon)
    for end, before in ((0, 1), (-1, -2)):
        tip = shapely.Point(points[end])
        way = points[end] - points[before]
        length = float(np.hypot(*way))
        if length and shapely.contains(polygon, tip) and shapely.distance(tip, border) <= REACH:
            points[end] = points[end] + way / length * 4 * REACH
    return shapely.LineString(points)


def _without_crumbs(pieces: list[BaseGeometry]) -> list[BaseGeometry]:
    """Join pieces below a square metre to the neighbour with the longest border."""
    small = [float(measure.area_m2(piece)) < CRUMB_M2 for piece in pieces]
    kept = {k: piece for k, piece in enumerate(pieces) if not small[k]}
    for k, piece in enumerate(pieces):
        taker = planar.longest_neighbour(piece, kept) if small[k] else None
        if taker is not None:
            kept[taker] = planar.joined([kept[taker], piece])
    return list(kept.values())


def _without_threads(area: BaseGeometry) -> BaseGeometry:
    """Drop holes below a square metre, which rounding leaves between areas that were drawn apart."""
    parts = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if float(measure.area_m2(shapely.Polygon(ring))) >= CRUMB_M2],
        )
        for part in planar.polygons_of(area)
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _reading_order(place: tuple[float, float]) -> tuple[float, float]:
    return (-round(place[1], 3), place[0])

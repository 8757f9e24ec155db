"""Cut a polygon into n pieces that share their borders exactly, quickly and the same way every time.

A cut runs from one vertex of the outline to another, never to a point between two vertices. Therefore
a piece and its neighbours, also those on the far side of the outline and those made by later cuts,
always have the same vertices along a common border: a partition by construction, with nothing to snap
and nothing to repair. `densify` first gives long edges enough vertices to end cuts on.

Of all pairs of vertices the one is taken whose cut is short and whose share of the area is near to the
wished share; pieces come out compact. Areas of all pairs follow from one running sum (the shoelace
formula), so a choice among a thousand pairs costs a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import planar

Ring = NDArray[np.float64]
_MOST_ENDS = 200
_TRIES = 80
_ROUND = 7  # decimals of a degree: a centimetre
_AREA_WEIGHT = 6.0


class PartitionError(ValueError):
    """A polygon cannot be cut into as many pieces as asked."""


def split(
    polygon: BaseGeometry,
    weights: Sequence[float],
    seed: int,
    spacing: float | None = None,
    centre: tuple[float, float] | None = None,
    dense: bool = False,
) -> list[BaseGeometry]:
    """Cut a polygon or multipolygon into pieces whose areas are about proportional to the weights.

    Args: polygon: degrees of WGS84; weights: one positive number a piece; seed: the same seed gives the
    same cuts; spacing: wished distance of vertices along new borders in degrees of latitude, by default
    a quarter of a piece's side; centre: (lon, lat) towards which the first pieces in order are laid;
    dense: the outline has vertices enough already (see `densify_coverage`), leave it exactly as it is.
    Returns: pieces in the order of the weights. A piece is a multipolygon only where the polygon has
    more parts than pieces.
    Raises: PartitionError: the polygon is empty, or too small for so many pieces.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if not len(shares) or (shares <= 0).any():
        raise PartitionError("weights must be one or more positive numbers")
    if shapely.is_empty(polygon) or not shapely.area(polygon):
        raise PartitionError("the polygon is empty")
    if len(shares) == 1:
        return [polygon]
    rng = np.random.default_rng(seed)
    spacing = spacing or spacing_for(polygon, len(shares))
    parts = sorted(
        (p for whole in planar.polygons_of(polygon) for p in _without_holes(whole)),
        key=shapely.area,
        reverse=True,
    )
    pieces: list[list[BaseGeometry]] = [[] for _ in shares]
    for part, members in zip(parts, _allot(parts, shares), strict=True):
        if not members:
            _attach(part, pieces)
            continue
        ring = _ring_of(part)
        if not dense:
            ring = densify([ring], [spacing])[0]
        cut = _Cutter(rng, spacing, centre).split(ring, shares[members])
        for member, piece in zip(members, cut, strict=True):
            pieces[member].append(shapely.Polygon(piece))
    return [planar.joined(found) for found in pieces]


def spacing_for(polygon: BaseGeometry, pieces: int) -> float:
    """Return a distance of vertices in degrees with which `pieces` pieces come out well."""
    scale = _x_scale(shapely.bounds(polygon)[[1, 3]].mean())
    return float(np.sqrt(shapely.area(polygon) * scale / pieces)) / 4


def densify(rings: Sequence[Ring], spacings: Sequence[float]) -> list[Ring]:
    """Put vertices on long edges so that no step is longer than the ring's spacing.

    An edge that two rings share gets the same vertices in both, by the smaller of their spacings: the
    points are reckoned from the edge's lower end, whichever way a ring runs.
    """
    wished: dict[tuple[float, ...], float] = {}
    for ring, spacing in zip(rings, spacings, strict=True):
        for key in _edge_keys(ring):
            wished[key] = min(wished.get(key, spacing), spacing)
    result = []
    for ring in rings:
        points: list[NDArray[np.float64]] = []
        for start, end, key in zip(ring, np.roll(ring, -1, axis=0), _edge_keys(ring), strict=True):
            low, high = np.array(key[:2]), np.array(key[2:])
            steps = max(1, int(np.ceil(_distance(low, high) / wished[key])))
            between = low + (high - low) * (np.arange(1, steps) / steps)[:, None]
            points += [start[None], between if start[0] == low[0] and start[1] == low[1] else between[::-1]]
            del end
        result.append(np.concatenate(points))
    return result


def densify_coverage(polygons: Mapping[str, BaseGeometry], spacings: Mapping[str, float]) -> dict[str, BaseGeometry]:
    """Apply `densify` to a whole coverage of polygons, keeping shared borders shared."""
    rings, limits, shape = [], [], []
    for key, polygon in polygons.items():
        for part in planar.polygons_of(polygon):
            for place, ring in enumerate([part.exterior, *part.interiors]):
                rings.append(shapely.get_coordinates(ring)[:-1])
                limits.append(spacings[key])
                shape.append((key, place))
    parts: dict[str, list[list[Ring]]] = {key: [] for key in polygons}
    for (key, place), ring in zip(shape, densify(rings, limits), strict=True):
        if place == 0:
            parts[key].append([])
        parts[key][-1].append(ring)
    built = {key: [shapely.Polygon(found[0], found[1:]) for found in groups] for key, groups in parts.items()}
    return {key: found[0] if len(found) == 1 else shapely.MultiPolygon(found) for key, found in built.items()}


class _Cutter:
    """Cuts one ring by halves until every piece has one weight."""

    def __init__(self, rng: np.random.Generator, spacing: float, centre: tuple[float, float] | None) -> None:
        self.rng, self.spacing = rng, spacing
        self.centre = None if centre is None else np.array(centre)

    def split(self, ring: Ring, weights: NDArray[np.float64]) -> list[Ring]:
        if len(weights) == 1:
            return [ring]
        total = weights.sum()
        half = int(np.argmin(np.abs(np.cumsum(weights)[:-1] - total / 2))) + 1
        first, second = self.cut(ring, float(weights[:half].sum() / total))
        return self.split(first, weights[:half]) + self.split(second, weights[half:])

    def cut(self, ring: Ring, share: float) -> tuple[Ring, Ring]:
        """Return two rings, the first with about the wished share of the area."""
        scale = _x_scale(ring[:, 1].mean())
        body = shapely.Polygon(ring)
        shapely.prepare(body)
        for most in (_MOST_ENDS, len(ring)):
            ends = _spread(len(ring), most)
            for start, stop, swap in self._candidates(ring, ends, share, scale, body):
                for bend in (1.0, 0.4, 0.0):
                    path = self._path(ring[start], ring[stop], scale, bend)
                    if not _runs_inside(body, path):
                        continue
                    there = np.concatenate([ring[start:stop], path[:0:-1]])
                    back = np.concatenate([ring[stop:], ring[:start], path[:-1]])
                    if shapely.is_valid(shapely.Polygon(there)) and shapely.is_valid(shapely.Polygon(back)):
                        return (back, there) if swap else (there, back)
        raise PartitionError("the polygon is too thin to be cut")

    def _candidates(
        self, ring: Ring, ends: NDArray[np.int64], share: float, scale: float, body: BaseGeometry
    ) -> Iterable[tuple[int, int, bool]]:
        points = ring - ring.mean(axis=0)
        cross = points[:, 0] * np.roll(points[:, 1], -1) - np.roll(points[:, 0], -1) * points[:, 1]
        running = np.concatenate([[0.0], np.cumsum(cross)])
        whole = running[-1]
        first, second = (ends[side] for side in np.triu_indices(len(ends), 1))
        p, q = points[first], points[second]
        part = (running[second] - running[first] + q[:, 0] * p[:, 1] - p[:, 0] * q[:, 1]) / whole
        length2 = ((p[:, 0] - q[:, 0]) * scale) ** 2 + (p[:, 1] - q[:, 1]) ** 2
        smaller = min(share, 1 - share)
        swap = self._swaps(p, q, part, share, ring.mean(axis=0))
        miss = np.where(swap, 1 - part, part) - share
        cost = _AREA_WEIGHT * (miss / smaller) ** 2 + length2 / (abs(whole) / 2 * scale)
        cost[(part < 0.2 * smaller) | (part > 1 - 0.2 * smaller)] = np.inf
        best = np.argsort(cost, kind="stable")[:_TRIES]
        best = best[np.isfinite(cost[best])]
        lines = shapely.linestrings(_shrunk(np.stack([ring[first[best]], ring[second[best]]], axis=1)))
        clear = shapely.contains_properly(body, lines)
        return [(int(first[k]), int(second[k]), bool(swap[k])) for k in best[clear]]

    def _swaps(
        self, p: Ring, q: Ring, part: NDArray[np.float64], share: float, origin: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell for each cut whether the piece left of it, not the one right of it, gets the first weights.

        The first weights lie towards the centre; without a centre the better fit of the areas decides.
        """
        if self.centre is None:
            return np.abs(1 - part - share) < np.abs(part - share)
        way, middle = q - p, self.centre - origin - p
        return way[:, 0] * middle[:, 1] - way[:, 1] * middle[:, 0] > 0

    def _path(self, start: Ring, stop: Ring, scale: float, bend: float) -> Ring:
        """Draw a border from start to stop that bends a little, as streets and rivers do."""
        step = (stop - start) * [scale, 1.0]
        length = float(np.hypot(*step))
        pieces = max(1, int(np.ceil(1.1 * length / self.spacing)))
        if pieces == 1:
            return np.stack([start, stop])
        t = np.arange(1, pieces) / pieces
        a, b, c = self.rng.uniform(-1, 1, 3)
        swing = 0.07 * a * np.sin(np.pi * t) + 0.04 * b * np.sin(2 * np.pi * t) + 0.02 * c * np.sin(5 * np.pi * t)
        side = np.array([-step[1] / scale, step[0]])
        inner = start + (stop - start) * t[:, None] + side * (bend * swing)[:, None]
        return np.concatenate([start[None], np.round(inner, _ROUND), stop[None]])


def _runs_inside(body: BaseGeometry, path: Ring) -> bool:
    line = shapely.LineString(_shrunk(path[None])[0])
    return bool(shapely.is_simple(line) and shapely.contains_properly(body, line))


def _shrunk(paths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pull the ends of paths (n, k, 2) a little inwards, off the outline on which they lie."""
    moved = paths.copy()
    moved[:, 0] += (paths[:, 1] - paths[:, 0]) * 1e-4
    moved[:, -1] += (paths[:, -2] - paths[:, -1]) * 1e-4
    return moved


def _spread(count: int, most: int) -> NDArray[np.int64]:
    return np.arange(count) if count <= most else np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def _ring_of(part: BaseGeometry) -> Ring:
    ring = shapely.get_coordinates(part.exterior)[:-1]
    return ring if shapely.is_ccw(part.exterior) else ring[::-1]


def _x_scale(latitude: float) -> float:
    return float(np.cos(np.radians(latitude)))


def _distance(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    scale = _x_scale((start[1] + end[1]) / 2)
    return float(np.hypot((end[0] - start[0]) * scale, end[1] - start[1]))


def _edge_keys(ring: Ring) -> list[tuple[float, ...]]:
    pairs = zip(map(tuple, ring.tolist()), map(tuple, np.roll(ring, -1, axis=0).tolist()), strict=True)
    return [a + b if a <= b else b + a for a, b in pairs]


def _without_holes(part: BaseGeometry) -> list[BaseGeometry]:
    """Cut a polygon along the meridians of its holes until no piece has one."""
    if not len(part.interiors):
        return [part]
    _west, south, _east, north = shapely.bounds(part)
    middle = shapely.get_x(shapely.centroid(part.interiors[0]))
    line = shapely.LineString([(middle, south - 1), (middle, north + 1)])
    holes = shapely.union_all([shapely.Polygon(ring) for ring in part.interiors])
    found = planar.faces([part, line])
    inside = ~shapely.contains_xy(holes, shapely.get_coordinates([planar.middle(face) for face in found]))
    return [piece for face in found[inside] for piece in _without_holes(face)]


def _allot(parts: Sequence[BaseGeometry], shares: NDArray[np.float64]) -> list[list[int]]:
    """Deal the pieces out to the parts of a multipolygon, in order, by area; a small part may get none."""
    areas = np.array([shapely.area(part) for part in parts])
    limits = np.cumsum(areas) / areas.sum()
    middles = (np.cumsum(shares) - shares / 2) / shares.sum()
    places = np.minimum(np.searchsorted(limits, middles), len(parts) - 1)
    dealt: list[list[int]] = [[] for _ in parts]
    for member, place in enumerate(places):
        dealt[place].append(member)
    # While pieces are left to give, a part should rather have one of its own than hang on to another.
    for members in dealt:
        rich = max(range(len(dealt)), key=lambda k: len(dealt[k]))
        if not members and len(dealt[rich]) > 1:
            members.append(dealt[rich].pop())
    return dealt


def _attach(part: BaseGeometry, pieces: list[list[BaseGeometry]]) -> None:
    """Give a part without a piece of its own to the piece next to it."""
    made = [k for k, found in enumerate(pieces) if found]
    nearest = min(made, key=lambda k: shapely.distance(part, shapely.union_all(pieces[k])))
    pieces[nearest].append(part)

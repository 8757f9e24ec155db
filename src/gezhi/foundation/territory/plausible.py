"""Make plausible boundaries where no real ones can be had, and say so (`made=True`).

China publishes codes and names down to the community, but hardly any boundary below the county. A demo
city needs some: each county's outline is cut into its towns, a town into its communities and a
community into grids, so that every level tiles the one above exactly. Villages get more land than
urban neighbourhoods, and urban towns lie nearer to the county's centre; for the rest the shapes are
invented, the same every time for the same seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import codes, crs, measure, partition, planar
from gezhi.foundation.territory.sources import Division

Progress = Callable[[int, int], None]

# Development zones that have a code of their own but no outline in public maps: a rough outline drawn
# by hand in GCJ-02 from where the zone lies (here: around Jinji Lake, east of Gusu, about 278 km²). It
# reaches a little over the neighbours' far borders, which then bound it.
ZONES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "320576": (
        (120.654, 31.290),
        (120.645, 31.337),
        (120.694, 31.393),
        (120.722, 31.387),
        (120.771, 31.431),
        (120.834, 31.439),
        (120.823, 31.372),
        (120.851, 31.366),
        (120.869, 31.310),
        (120.848, 31.281),
        (120.809, 31.293),
        (120.800, 31.279),
        (120.806, 31.268),
        (120.776, 31.266),
        (120.760, 31.235),
        (120.738, 31.236),
        (120.682, 31.289),
        (120.666, 31.261),
        (120.653, 31.278),
    ),
}
_SNAP = 1e-6  # degrees, a decimetre: outlines drawn at a hundred metres lose nothing
_CRUMB_M2 = 300_000.0
_SLIVER = 0.003  # degrees: what is left narrower than twice this is not a part of a county
_VILLAGE_SIZE = 3.0


@dataclass(frozen=True, slots=True)
class Area:
    """One area with its boundary: WGS84 geometry, and whether that boundary was made up."""

    code: str
    name: str
    level: codes.Level
    geometry: BaseGeometry
    made: bool = True

    @property
    def parent(self) -> str | None:
        """Area code of the area above."""
        return codes.parent_of(self.code)


def clean(outlines: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Turn outlines that cross, overlap or leave slivers into a coverage with shared borders.

    Overlaps go to the smaller polygon; gaps and crumbs below 0.3 km² go to the neighbour with the longest
    border; loose crumbs vanish. Vertices are rounded to a decimetre.
    """
    shapes = {code: planar.areal(shape) for code, shape in outlines.items()}
    if planar.is_coverage(shapes.values()):
        return shapes
    found = planar.faces(shapes.values(), _SNAP)
    claims = planar.owners(found, shapes)
    sizes = np.atleast_1d(measure.area_m2(found))
    parts: dict[str, list[BaseGeometry]] = defaultdict(list)
    for face, claim in zip(found, claims, strict=True):
        if claim:
            parts[claim[0]].append(face)
    gaps = [face for face, claim, size in zip(found, claims, sizes, strict=True) if not claim and size < _CRUMB_M2]
    whole = {code: planar.joined(faces) for code, faces in parts.items()}
    kept, crumbs = _without_crumbs(whole)
    return _given_away(kept, [*crumbs, *gaps])


def carve_zone(outlines: Mapping[str, BaseGeometry], code: str) -> dict[str, BaseGeometry]:
    """Carve a development zone of `ZONES` out of the counties on whose land it lies.

    Slivers that a donor would keep along the zone's border go to the zone.
    Args: outlines: a coverage in WGS84 by area code, without the zone.
    Returns: the coverage with the zone; outlines unchanged when they do not reach there.
    """
    hint = crs.convert_geometry(shapely.Polygon(ZONES[code]), crs.GCJ02, crs.WGS84)
    donors = {key: shape for key, shape in outlines.items() if _worth(shape, hint)}
    if not donors:
        return dict(outlines)
    zone, rest = [], dict(outlines)
    for key, donor in donors.items():
        core = shapely.buffer(shapely.buffer(shapely.difference(donor, hint), -_SLIVER), _SLIVER * 1.01)
        body = max(planar.polygons_of(core), key=shapely.area, default=None)
        taken: list[BaseGeometry] = []
        kept: list[BaseGeometry] = []
        for face in planar.faces([donor, hint]):
            middle = planar.middle(face)
            if not shapely.contains(donor, middle):
                continue
            (taken if shapely.contains(hint, middle) else kept).append(face)
        slivers = [face for face in kept if body is None or not shapely.intersects(face, body)]
        zone += taken + slivers
        rest[key] = planar.joined([face for face in kept if all(face is not s for s in slivers)] or [donor])
    rest[code] = planar.joined(zone)
    return clean({**rest, code: _whole(rest[code])})


def make_below(
    outlines: Mapping[str, BaseGeometry],
    divisions: Iterable[Division],
    *,
    grids: int,
    seed: int,
    progress: Progress | None = None,
) -> list[Area]:
    """Cut outlines down to grids along a list of divisions.

    Args: outlines: a coverage in WGS84 by area code, all of one level or mixed (counties, or towns and
    communities where those are known); divisions: all below them; grids: how many grid cells in all
    communities together, at least one each; 0 makes none; seed: any integer; progress: called with
    (done, all) for each area made.
    Returns: the outlines themselves (made=False; their borders have gained vertices), then what lies
    below them (made=True), by level and code.
    Raises: partition.PartitionError: an outline is too small or thin for its children.
    """
    tree = _Tree(outlines, divisions, grids, seed)
    spacings = {code: partition.spacing_for(shape, max(1, tree.leaves(code))) for code, shape in outlines.items()}
    known = partition.densify_coverage(outlines, spacings)
    result = [
        Area(code, tree.names.get(code, code), codes.level_of(code), shape, made=False) for code, shape in known.items()
    ]
    total = sum(tree.below(code) for code in known)
    done = 0
    for code, shape in known.items():
        stack = [(code, shape)]
        while stack:
            above, land = stack.pop()
            for area in tree.divide(above, land, spacings[code]):
                result.append(area)
                stack.append((area.code, area.geometry))
                done += 1
                if progress and done % 50 == 0:
                    progress(done, total)
    if progress:
        progress(done, total)
    return sorted(result, key=lambda area: (len(area.code), area.code))


def deal_grids(communities: Sequence[str], grids: int, seed: int) -> dict[str, int]:
    """Deal a number of grids out to communities, each at least one, some more than others.

    Returns: code to number; the numbers add up to `grids` (or to one each when there are fewer grids).
    """
    if not communities or not grids:
        return dict.fromkeys(communities, 0)
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(0.0, 0.35, len(communities))
    counts = np.ones(len(communities), dtype=np.int64)
    spare = max(0, grids - len(communities))
    exact = weights / weights.sum() * spare
    counts += np.floor(exact).astype(np.int64)
    left = max(0, grids - int(counts.sum())) if spare else 0
    counts[np.argsort(-(exact % 1), kind="stable")[:left]] += 1
    return dict(zip(communities, counts.tolist(), strict=True))


class _Tree:
    """The divisions below some outlines, with how much land each should get."""

    def __init__(
        self, outlines: Mapping[str, BaseGeometry], divisions: Iterable[Division], grids: int, seed: int
    ) -> None:
        self.seed = seed
        self.names = {d.code: d.name for d in divisions}
        roots = tuple(outlines)
        under = sorted(
            code for code in self.names if code not in outlines and any(codes.contains(root, code) for root in roots)
        )
        self.children: dict[str, list[str]] = defaultdict(list)
        for code in under:
            self.children[codes.parent_of(code) or ""].append(code)
        everything = {*under, *roots}
        communities = sorted(c for c in everything if codes.level_of(c) is codes.Level.COMMUNITY)
        self.grids = deal_grids(communities, grids, seed)
        self.land: dict[str, float] = {}
        for code in sorted(everything, key=len, reverse=True):
            self.land[code] = sum(self.land[c] for c in self.children[code]) or self._own_land(code)

    def leaves(self, code: str) -> int:
        return sum(self.leaves(c) for c in self.children[code]) or max(1, self.grids.get(code, 1))

    def below(self, code: str) -> int:
        return sum(1 + self.below(c) for c in self.children[code]) + self.grids.get(code, 0)

    def divide(self, code: str, land: BaseGeometry, spacing: float) -> list[Area]:
        """Cut one area into its children; nothing comes out below the lowest level known."""
        number = self.grids.get(code, 0)
        if number:
            return self._grids(code, land, number, spacing)
        members = sorted(self.children[code], key=lambda c: (self.land[c] / max(1, self.leaves(c)), c))
        if not members:
            return []
        weights = [self.land[c] for c in members]
        centre = measure.point_of(shapely.centroid(land)) if len(code) == codes.Level.COUNTY.digits else None
        pieces = partition.split(land, weights, self._seed(code), spacing, centre, dense=True)
        return [Area(c, self.names[c], codes.level_of(c), piece) for c, piece in zip(members, pieces, strict=True)]

    def _grids(self, code: str, land: BaseGeometry, number: int, spacing: float) -> list[Area]:
        number = max(number, len(planar.polygons_of(land)))
        rng = np.random.default_rng(self._seed(code) + 1)
        shares = rng.lognormal(0.0, 0.25, number)
        pieces = partition.split(land, shares.tolist(), self._seed(code), spacing, dense=True)
        # Grids are numbered from west to east and north to south, as DB6101/T 3185 asks.
        middles = [measure.point_of(piece) for piece in pieces]
        order = sorted(range(number), key=lambda k: (-round(middles[k][1], 3), middles[k][0]))
        name = short_name(self.names.get(code, code))
        return [
            Area(codes.child_code(code, n), f"{name}第{n}网格", codes.Level.GRID_CELL, pieces[k])
            for n, k in enumerate(order, 1)
        ]

    def _own_land(self, code: str) -> float:
        size = _VILLAGE_SIZE if self.names.get(code, "").endswith(("村", "村委会", "村民委员会")) else 1.0
        return size * float(np.random.default_rng(self._seed(code)).lognormal(0.0, 0.35))

    def _seed(self, code: str) -> int:
        return abs(self.seed) * 10**15 + int(code)


def short_name(name: str) -> str:
    """Return a community's name without the office that runs it: 横塘社区居委会 becomes 横塘社区."""
    for office in ("居民委员会", "村民委员会", "居委会", "村委会"):
        if name.endswith(office) and len(name) > len(office) + 1:
            stem = name.removesuffix(office)
            return stem if stem.endswith(("社区", "村")) else stem + ("村" if office[0] == "村" else "社区")
    return name


def _worth(shape: BaseGeometry, hint: BaseGeometry) -> bool:
    return bool(shapely.area(shapely.intersection(shape, hint)) > 0.05 * shapely.area(hint))


def _whole(shape: BaseGeometry) -> BaseGeometry:
    """Keep the largest part: a zone is one piece of land."""
    return max(planar.polygons_of(shape), key=shapely.area)


def _without_crumbs(shapes: Mapping[str, BaseGeometry]) -> tuple[dict[str, BaseGeometry], list[BaseGeometry]]:
    kept, crumbs = {}, []
    for code, shape in shapes.items():
        parts = planar.polygons_of(shape)
        sizes = [float(measure.area_m2(part)) for part in parts]
        large = [part for part, size in zip(parts, sizes, strict=True) if size >= min(_CRUMB_M2, max(sizes))]
        crumbs += [part for part in parts if all(part is not p for p in large)]
        kept[code] = planar.joined(large)
    return kept, crumbs


def _given_away(kept: dict[str, BaseGeometry], crumbs: list[BaseGeometry]) -> dict[str, BaseGeometry]:
    for crumb in sorted(crumbs, key=shapely.area, reverse=True):
        taker = planar.longest_neighbour(crumb, kept)
        if taker is not None:
            kept[taker] = planar.joined([*planar.polygons_of(kept[taker]), crumb])
    return kept

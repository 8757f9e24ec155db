"""Places named in free text: buildings, houses, estates and roads of the address register, communities and streets.

Every run of characters that could be a name is looked up by index, so the register may be of any size and nothing is
kept in memory but the names of the areas. A name is taken where it is longest; numbers behind it lead down to the
house or the building. Homes are never looked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from django.db import connection

from gezhi.foundation.territory.public import area_name, atlas, grid_at, short_name

from .address import StandardAddress
from .wording import part_key, plain

LONGEST_TEXT, LONGEST_NAME, MOST_ROWS = 600, 12, 3000
BASE = {"building": 0.95, "house": 0.9, "estate": 0.8, "road": 0.5, "community": 0.55, "town": 0.3, "county": 0.15}
"""How sure a name of one single place is that the matter lies there, by how much it narrows the place down."""
NEAR_DEGREES = 0.004
"""About 400 m: points of a name that lie wider apart are no one point."""
_ROAD_END = frozenset("路街巷弄道里桥村线浜")
_BREAK = re.compile(r"[^\w\u4e00-\u9fff]+")
_N = r"[\dA-Z零〇一二两三四五六七八九十\-]{1,6}"
_HOUSE = re.compile(rf"({_N}号)(?!楼|线)")
_BUILDING = re.compile(rf"[^，。；、]{{0,6}}?(第?{_N}(?:号楼|[幢栋座]))")
_LEVELS = {6: "county", 9: "town", 12: "community"}


@dataclass(frozen=True)
class Found:
    """A place named in a text.

    Attributes:
        words: the words of the text. name: what the register calls it.
        level: building, house, estate, road, community, town or county.
        area_code: of its grid where a point is known, else of its community or area.
        lon, lat: WGS84, ``None`` where it is no one point.
        confidence: 0 to 1, shared among places of the same name.
    """

    words: str
    name: str
    level: str
    area_code: str
    lon: float | None
    lat: float | None
    confidence: float


def places_in(text: str, within: str = "", most: int = 3) -> list[Found]:
    """Places named in a text, the surest first.

    Args:
        text: what was said; the first 600 characters count.
        within: an area code known beforehand; places elsewhere are left out.
    """
    text = _BREAK.sub("，", plain(text[:LONGEST_TEXT].replace("\n", "，")))
    areas = _areas(text, within)
    named = {f.area_code for f in areas}
    found = [*_addresses(text, within, named), *areas]
    sure = sorted(found, key=lambda f: (-f.confidence, f.area_code))
    return sure[:most]


def _runs(text: str, least: int = 2) -> Iterable[tuple[int, str]]:
    """Every run of characters that could be a name, with its place."""
    for at in range(len(text)):
        for size in range(least, LONGEST_NAME + 1):
            run = text[at:at + size]
            if len(run) < size or "，" in run:
                break
            yield at, run


def _widest(spans: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Names that do not lie within a longer one, wherever they stand."""
    kept: list[tuple[int, str]] = []
    for at, name in sorted(spans, key=lambda s: (-len(s[1]), s[0])):
        if not any(at < low + len(one) and low < at + len(name) for low, one in kept):
            kept.append((at, name))
    return sorted(kept)


_names: tuple[Any, dict[str, list[str]]] = (None, {})


def _area_names() -> dict[str, list[str]]:
    """Codes by the names of districts, streets and communities; read again when the territory changes."""
    global _names
    now = atlas()
    if _names[0] != now.version:
        out: dict[str, list[str]] = defaultdict(list)
        for code, name in now.names.items():
            if len(code) in _LEVELS:
                for said in {name, short_name(name)}:
                    out[plain(said)].append(code)
        _names = (now.version, dict(out))
    return _names[1]


def _areas(text: str, within: str) -> list[Found]:
    """Areas named; one that a narrower named one lies in adds nothing."""
    names = _area_names()
    spans = {name for _at, name in _widest((at, run) for at, run in _runs(text) if run in names)}
    codes = {name: [c for c in names[name] if c.startswith(within) or within.startswith(c)] for name in spans}
    all_codes = {c for found in codes.values() for c in found}
    out = []
    for name in sorted(spans):
        inside = [c for c in codes[name] if any(c != up and c.startswith(up) for up in all_codes)]
        mine = inside or codes[name]
        for code in mine[:5]:
            if any(c != code and c.startswith(code) for c in all_codes):
                continue
            level = _LEVELS[len(code)]
            out.append(Found(name, area_name(code), level, code, None, None, round(BASE[level] / len(mine), 3)))
    return out


def _known(column: str, runs: set[str]) -> set[str]:
    """Which of the runs are names in a column of the register; index look-ups only."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT n FROM unnest(%s::text[]) n WHERE EXISTS (SELECT 1 FROM premises_standardaddress a "
                       f"WHERE a.{column} = n AND a.state = '1')", [sorted(runs)])
        return {row[0] for row in cursor.fetchall()}


def _addresses(text: str, within: str, named: set[str]) -> list[Found]:
    runs = list(_runs(text))
    estates = _known("estate", {run for _at, run in runs})
    roads = _known("road", {run for _at, run in runs if run[-1] in _ROAD_END})
    spans = _widest((at, run) for at, run in runs if run in estates or run in roads)
    out: dict[str, list[Found]] = {}
    for (at, name), (after, _next) in pairwise([*spans, (len(text), "")]):
        tail = text[at + len(name):max(after, at + len(name)) + 20].partition("，")[0]
        column = "estate" if name in estates else "road"
        rows: Any = StandardAddress.objects.filter(**{column: name}, state="1", area_code__startswith=within)
        points = list(rows.order_by("id").values_list("house_number", "building_no", "area_code", "place")[:MOST_ROWS])
        found = _narrowed(name, column, tail, points, named) if points else []
        if found and (name not in out or found[0].confidence > out[name][0].confidence):
            out[name] = found  # where a name is said twice, the place that says more counts
    return [one for found in out.values() for one in found]


def _narrowed(name: str, column: str, tail: str, rows: list[Any], named: set[str]) -> list[Found]:
    """Down to the building or house where the words behind the name lead there."""
    level, words = column, name
    for deeper, pattern, at, part in (("house", _HOUSE, 0, "house_number"), ("building", _BUILDING, 1, "building_no")):
        match = pattern.match(tail) if deeper == "house" else pattern.search(tail[:24])
        if match is None:
            continue
        want = part_key(part, match.group(1))
        fit = [row for row in rows if row[at] and part_key(part, row[at]) == want]
        if fit:
            rows, level, words = fit, deeper, name + tail[:match.end()]
    by_area: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_area[row[2][:12]].append(row[3])
    if named:  # the text also names an area: the place is there if there is one there
        by_area = {c: p for c, p in by_area.items() if any(c.startswith(a) for a in named)} or by_area
    sure = BASE[level] / len(by_area)
    if len(by_area) == 1 and any(next(iter(by_area)).startswith(a) for a in named):
        sure = min(0.98, sure + 0.05)
    return [_placed(words, level, code, points, sure) for code, points in list(by_area.items())[:3]]


def _placed(words: str, level: str, community: str, points: list[Any], sure: float) -> Found:
    """The point of a place, where its points lie close together, and the grid there."""
    xs, ys = [p.x for p in points if p is not None], [p.y for p in points if p is not None]
    close = bool(xs) and max(xs) - min(xs) < NEAR_DEGREES * 2 and max(ys) - min(ys) < NEAR_DEGREES * 2
    lon, lat = (median(xs), median(ys)) if close else (None, None)
    code = (grid_at(lon, lat) if lon is not None and lat is not None else "") or community
    return Found(words, f"{area_name(community)} {words}", level, code, lon, lat, round(sure, 3))

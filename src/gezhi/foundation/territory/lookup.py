"""From a point to its grid cell, and from a code to its name: the hot paths of intake and lists.

`grid_at` asks the database once, by the GiST index. `Atlas` keeps the cells in the process's memory as a
tree of boxes; intake and bulk work use it through `grids_at`. It knows the version of the territory it
was loaded from and looks at most once a second whether there is a newer one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from numpy.typing import ArrayLike, NDArray

from gezhi.foundation.territory import codes
from gezhi.foundation.territory.plausible import short_name
from gezhi.kernel.door import next_number

VERSION = "territory"
_TILING = "status = 'active' AND kind <> 'micro'"
_AT = f"""SELECT area_code FROM territory_gridcell
WHERE ST_Covers(boundary, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) AND {_TILING}
ORDER BY area_code COLLATE "C" LIMIT 1"""


def grid_at(lon: float, lat: float) -> str:
    """Return the area code of the active grid cell at a WGS84 point, in one indexed look-up; "" if none.

    On a shared border the cell with the lower code has it. Micro cells lie over others and do not count.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AT, [float(lon), float(lat)])
        row = cursor.fetchone()
    return row[0] if row else ""


def grids_at(lons: ArrayLike, lats: ArrayLike) -> NDArray[np.str_]:
    """Return the area codes of the grid cells at many WGS84 points (degrees), "" where there is none."""
    return atlas().codes_at(lons, lats)


def area_name(code: str) -> str:
    """Return the full name of an area below the city: 虎丘区狮山街道何山社区第3网格.

    A code that is not known (any more) is shown behind its nearest known ancestor.
    """
    return atlas().name(code)


def bump() -> None:
    """Say in the present transaction that the territory has changed; other writers of it wait their turn."""
    next_number(VERSION)


def forget() -> None:
    """Let the next look-up of this process ask for the version at once."""
    global _checked
    _checked = -1e9


@dataclass(frozen=True)
class Atlas:
    """The territory as it was at one version: names by code, and the tree of active grid cells."""

    version: tuple[int, str]
    names: dict[str, str]
    cells: NDArray[np.str_]
    tree: shapely.STRtree

    def codes_at(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.str_]:
        """See `grids_at`."""
        points = shapely.points(np.atleast_1d(np.asarray(lons, np.float64)), np.atleast_1d(lats))
        result = np.full(len(points), "", dtype="<U15")
        spots, shapes = self.tree.query(points, predicate="covered_by")
        # the cells are in the order of their codes: written backwards, the lowest code stays on a border
        order = np.lexsort((-shapes, spots))
        result[spots[order]] = self.cells[shapes[order]]
        return result

    def code_at(self, lon: float, lat: float) -> str:
        """The area code of the grid cell at one point, without the arrays that many need; see `grids_at`."""
        shapes = self.tree.query(shapely.points((lon, lat)), predicate="covered_by")
        return str(self.cells[min(shapes)]) if len(shapes) else ""

    def name(self, code: str) -> str:
        """See `area_name`."""
        own = self.names.get(code)
        chain = [self.names[a] for a in _above(code) if a in self.names]
        if own is None:
            return f"{''.join(chain)}（{code}）" if chain else code
        if len(code) == codes.Level.GRID_CELL.digits and chain and own.startswith(short_name(chain[-1])):
            chain.pop()
        return "".join([*chain, own])


_atlas: Atlas | None = None
_checked = -1e9
_loading = threading.Lock()


def atlas() -> Atlas:
    """Return the territory as it is now, or was at most a second ago in another process's eyes."""
    global _atlas, _checked
    known, now = _atlas, time.monotonic()
    if known is not None and now - _checked < getattr(settings, "GEZHI_TERRITORY_SECONDS", 1.0):
        return known
    with _loading:
        version = _version()
        if _atlas is None or _atlas.version != version:
            _atlas = _load(version)
        _checked = now
        return _atlas


def _version() -> tuple[int, str]:
    """Return number and transaction: a number that was rolled back is given again, a transaction is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, xmin::text FROM kernel_counter WHERE key = %s", [VERSION])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, "")


def _load(version: tuple[int, str]) -> Atlas:
    with connection.cursor() as cursor:
        names = _names(cursor)
        cursor.execute(
            f"SELECT area_code, ST_AsBinary(boundary) FROM territory_gridcell WHERE {_TILING} "
            'ORDER BY area_code COLLATE "C"'
        )
        rows = cursor.fetchall()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    shapely.prepare(shapes)
    return Atlas(version, names, np.array([row[0] for row in rows], dtype="<U15"), shapely.STRtree(shapes))


def _names(cursor: Any) -> dict[str, str]:
    """Names by code; a former code answers with the name of what it became, unless it is in use again."""
    names: dict[str, str] = {}
    former: list[tuple[str, str]] = []
    for table in ("territory_region", "territory_gridcell"):
        cursor.execute(f"SELECT area_code, name, former_codes FROM {table}")
        for code, name, old in cursor.fetchall():
            names[code] = name
            former += [(was, name) for was in old]
    return {**dict(former), **names}


def _above(code: str) -> Sequence[str]:
    return [code[:n] for n in (6, 9, 12) if n < len(code)]

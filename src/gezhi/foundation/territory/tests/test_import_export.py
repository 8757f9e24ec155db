"""Import and export: idempotent, dry when asked, real before made, out and in again in every datum."""

from __future__ import annotations

import pytest
import shapely

from gezhi.engines.access import grants_of
from gezhi.foundation.territory import codes, crs, exporting, importing, shapes, sources
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.tests.conftest import TOWN, A, divisions, outlines
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.errors import Refused
from gezhi.kernel.records import Event, History

pytestmark = pytest.mark.django_db
HERE = Actor(kind="staff", name="A", role="admin", area=A, grants=grants_of("admin"))


def test_second_run_writes_nothing(territory):
    before = History.objects.count(), Event.objects.count()
    report = importing.carry_out(SYSTEM, importing.draft(divisions(), outlines()))
    assert report.created.total() == report.changed.total() == 0
    assert report.same.total() == 17
    assert (History.objects.count(), Event.objects.count()) == before


def test_a_city_gets_the_union_of_what_is_below(territory):
    city = Region.objects.get(area_code="3205")
    assert shapes.to_shapely(city.boundary).bounds == pytest.approx((120.5, 31.2, 120.56, 31.22))
    assert not city.made


def test_dry_run_keeps_nothing(db):
    report = importing.carry_out(SYSTEM, importing.draft(divisions(), outlines()), dry_run=True)
    assert report.created.total() == 17
    assert report.dry
    assert not Region.objects.exists()
    assert not History.objects.filter(register__in=["region", "grid_cell"]).exists()
    assert not Event.objects.filter(register__in=["region", "grid_cell"]).exists()


def test_a_changed_name_and_border_are_changed_with_history(territory):
    plan = importing.draft(divisions(), outlines())
    plan.items[A].name = "石湖新社区居委会"
    report = importing.carry_out(SYSTEM, plan)
    assert report.changed == {"community": 1}
    assert Region.objects.get(area_code=A).name == "石湖新社区居委会"


def test_made_boundaries_fill_what_is_missing_and_never_replace_real_ones(db):
    town = [o for o in outlines() if o.code == A]
    town = [sources.Outline(TOWN, "横塘街道", town[0].geometry, "test", {})]
    plan = importing.draft(divisions(), town, make=True, grids=9, seed=3)
    report = importing.carry_out(SYSTEM, plan)
    assert report.errors == []
    assert GridCell.objects.filter(made=True).count() == 9
    assert not Region.objects.get(area_code=TOWN).made
    assert Region.objects.get(area_code=A).made
    again = importing.carry_out(SYSTEM, importing.draft(divisions(), town, make=True, grids=9, seed=3))
    assert (again.created.total(), again.changed.total()) == (0, 0)
    real = importing.carry_out(SYSTEM, importing.draft(divisions(), [o for o in outlines() if len(o.code) == 12]))
    assert real.changed["community"] == 2
    assert not Region.objects.get(area_code=A).made
    other = importing.carry_out(SYSTEM, importing.draft(divisions(), town, make=True, grids=20, seed=4))
    assert not Region.objects.get(area_code=A).made
    assert other.created.total() == 0


def test_what_cannot_be_matched_is_said(db):
    odd = [
        sources.Outline(None, "无名", shapely.box(0, 0, 1, 1), "f.shp", {}),
        sources.Outline("320599", "外区", shapely.box(0, 0, 1, 1), "f.shp", {}),
        sources.Outline(None, "石湖社区居委会", shapely.box(0, 0, 1, 1), "f.shp", {}),
        sources.Outline(A, "重复", shapely.box(0, 0, 1, 1), "f.shp", {}),
    ]
    plan = importing.draft(divisions(), odd)
    assert plan.items[A].shape is not None
    assert [e.row for e in plan.errors] == [1, 2, 4]


def test_cells_of_unknown_communities_are_row_errors(territory):
    stray = sources.Outline("320505001099001", "孤网格", shapely.box(0, 0, 1, 1), "f.shp", {})
    report = importing.carry_out(SYSTEM, importing.draft([], [stray]))
    assert "320505001099" in report.errors[0].message
    assert report.created.total() == 0


def test_import_outside_ones_area_is_refused(territory):
    strange = [sources.Outline("320505001002009", "x", shapely.box(0, 0, 1, 1), "f", {})]
    with pytest.raises(Refused):
        importing.carry_out(HERE, importing.draft([], strange))


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp"])
@pytest.mark.parametrize("datum", crs.DATUMS)
def test_out_and_in_again(territory, tmp_path, ending, datum):
    path = tmp_path / f"cells.{ending}"
    assert exporting.write_boundaries(SYSTEM, path, codes.Level.GRID_CELL, datum=datum) == 12
    found, errors = sources.read_outlines(path, datum)
    assert errors == []
    for outline in found:
        kept = GridCell.objects.get(area_code=outline.code)
        assert outline.name == kept.name
        assert outline.attributes["datum"] == datum
        assert shapely.hausdorff_distance(outline.geometry, shapes.to_shapely(kept.boundary)) < 1e-7


def test_export_keeps_to_area_and_sight(territory, tmp_path):
    assert exporting.write_boundaries(HERE, tmp_path / "a.gpkg", codes.Level.GRID_CELL) == 6
    assert exporting.write_boundaries(SYSTEM, tmp_path / "b.gpkg", codes.Level.COMMUNITY, area=A) == 1
    with pytest.raises(sources.SourceError, match="没有可以导出"):
        exporting.write_boundaries(SYSTEM, tmp_path / "c.gpkg", codes.Level.GRID_CELL, area="11")
    with pytest.raises(sources.SourceError, match="不认识的文件类型"):
        exporting.write_boundaries(SYSTEM, tmp_path / "c.doc", codes.Level.GRID_CELL)

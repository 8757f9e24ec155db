"""An administrator keeps the territory on the desk: lists, pages, moves with drawn shapes, refusals."""

from __future__ import annotations

import json

import pytest
import shapely
from django.urls import reverse

from gezhi.foundation.territory import checking
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.tests.conftest import A, cell, territory  # noqa: F401 (a fixture)
from gezhi.surfaces.desk.tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return people.client(people.person("admin"))


def geojson(shape):
    return shapely.to_geojson(shape)


@pytest.mark.parametrize("name", ["region", "grid_cell"])
def test_list_and_record_pages(territory, desk, name):  # noqa: F811
    page = desk.get(reverse("desk:list", args=[name]))
    assert page.status_code == 200
    assert "石湖" in page.content.decode()
    first = {"region": Region, "grid_cell": GridCell}[name].objects.order_by("area_code").last()
    assert desk.get(reverse("desk:record", args=[name, first.pk])).status_code == 200
    assert desk.get(reverse("desk:features", args=[name])).status_code == 200


def test_a_region_page_holds_the_check(territory, desk):  # noqa: F811
    assert "没有空隙" in desk.get(reverse("desk:record", args=["region", territory.pk])).content.decode()


def test_split_by_a_drawn_line(territory, desk):  # noqa: F811
    address = reverse("desk:move", args=["grid_cell", cell(1).pk, "split"])
    assert desk.get(address).status_code == 200
    line = geojson(shapely.LineString([(120.505, 31.1), (120.505, 31.3)]))
    answer = desk.post(address, {"line": line, "opinion": "人口增加"})
    assert answer.status_code in (302, 303), answer.content.decode()[:2000]
    assert cell(7).name == "石湖社区第7网格"
    assert checking.check(A) == []


def test_a_line_that_misses_is_refused_in_words(territory, desk):  # noqa: F811
    address = reverse("desk:move", args=["grid_cell", cell(1).pk, "split"])
    line = json.dumps({"type": "LineString", "coordinates": [[121, 31], [121, 32]]})
    answer = desk.post(address, {"line": line})
    assert answer.status_code in (200, 422)
    assert "线必须从边界到边界穿过区域" in answer.content.decode()


def test_draw_from_the_list(territory, desk):  # noqa: F811
    address = reverse("desk:begin", args=["grid_cell", "draw"])
    assert desk.get(address).status_code == 200
    shape = geojson(shapely.box(120.502, 31.212, 120.506, 31.216))
    answer = desk.post(address, {"boundary": shape, "kind": "dedicated", "name": "石湖中学"})
    assert answer.status_code in (302, 303), answer.content.decode()[:2000]
    assert cell(7).name == "石湖中学"


def test_a_new_region(territory, desk):  # noqa: F811
    answer = desk.post(reverse("desk:new", args=["region"]), {"area_code": "320505001077", "name": "新社区"})
    assert answer.status_code in (302, 303), answer.content.decode()[:2000]
    assert Region.objects.get(area_code="320505001077").parent.area_code == "320505001"

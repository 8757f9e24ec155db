"""A selection counts what lies in it and what the actor may see, as PostGIS itself would, in one statement."""

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.layers import selection
from gezhi.engines.layers.selection import select
from gezhi.engines.tables.query import Query
from gezhi.engines.tables.within import read
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid, Missing, Refused

pytestmark = pytest.mark.django_db
LON, LAT = 120.62, 31.30
CIRCLE = f"{LON + 0.002},{LAT},400"
BOX = "120.6205,31.29,120.6305,31.31"
LASSO = "120.619,31.299;120.626,31.298;120.627,31.3035;120.6225,31.3;120.619,31.304"
EIGHT = "120.618,31.298;120.632,31.304;120.632,31.298;120.618,31.304"
PLAIN = {
    CIRCLE: f"ST_DWithin(place::geography, ST_MakePoint({LON + 0.002}, {LAT})::geography, 400)",
    BOX: "ST_Intersects(place, ST_MakeEnvelope(120.6205, 31.29, 120.6305, 31.31, 4326))",
    LASSO: "ST_Intersects(place, ST_SetSRID(ST_GeomFromText('POLYGON((120.619 31.299,120.626 31.298,120.627 31.3035,"
           "120.6225 31.3,120.619 31.304,120.619 31.299))'), 4326))",
    EIGHT: "ST_Intersects(place, ST_MakeValid(ST_GeomFromText('POLYGON((120.618 31.298,120.632 31.304,120.632 31.298,"
           "120.618 31.304,120.618 31.298))', 4326)))",
}


@pytest.fixture(autouse=True)
def wood(db):
    with door(SYSTEM) as session:
        for i in range(80):
            session.create(Tree, {
                "code": f"T{i:02d}", "area_code": "320508001" if i % 2 else "320509001", "keeper_phone": "13800001234",
                "place": Point(LON + (i % 10) * 1e-3, LAT + (i // 10 - 4) * 1e-3, srid=4326) if i < 78 else None})


def gardener(area, role="gardener"):
    return Actor(kind="staff", name="园丁", role=role, area=area, grants=grants_of(role))


def counted(condition, area=""):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {Tree._meta.db_table} WHERE {condition} AND area_code LIKE %s",
                       [area + "%"])
        return cursor.fetchone()[0]


def number(actor, **given):
    return select(actor, ["tree"], **given)[0]


@pytest.mark.parametrize("area", ["", "320508", "99"])
@pytest.mark.parametrize("part", PLAIN)
def test_counts_as_the_database_does_and_as_the_list_behind_it(part, area):
    actor = gardener(area) if area else SYSTEM
    wanted = counted(PLAIN[part], area)
    assert wanted > 0 or area == "99"
    found = number(actor, within=part)
    assert (found["count"], found["exact"]) == (wanted, True)
    assert Query("tree", actor, found["query"]).rows().count() == wanted
    assert sum(p["count"] for p in found["parts"]) == wanted


def test_areas_and_filters_narrow():
    assert number(SYSTEM, area="320508")["count"] == 40 == len(Tree.objects.filter(area_code__startswith="320508"))
    both = number(SYSTEM, within=BOX, area="320508")
    assert both["count"] == counted(PLAIN[BOX], "320508") and both["query"] == {"within": BOX, "area_code": "320508"}
    named = select(SYSTEM, ["tree"], within=BOX, filters={"tree": {"code": "T01,T02,T03"}})[0]
    assert named["count"] == counted(PLAIN[BOX] + " AND code IN ('T01', 'T02', 'T03')")
    with pytest.raises(Invalid):
        select(SYSTEM, ["tree"], within=BOX, filters={"tree": {"nonsense": "1"}})


def test_all_layers_cost_one_statement(django_assert_num_queries):
    select(SYSTEM, within=BOX)  # code tables are read once
    with django_assert_num_queries(1):
        found = select(SYSTEM, within=BOX)
    assert len(found) > 10 and {f["name"] for f in found} >= {"tree", "case", "component", "person", "region"}


def test_very_many_are_counted_to_a_cap(monkeypatch):
    monkeypatch.setattr(selection, "CAP", 5)
    found = number(SYSTEM, within=BOX)
    assert (found["count"], found["exact"], found["parts"]) == (5, False, [])


def test_who_may_not_look_is_refused_and_sees_no_layer():
    stranger = Actor(kind="staff", name="生人", role="none", area="3205", grants={})
    assert select(stranger, within=BOX) == []
    with pytest.raises(Refused):
        select(stranger, ["tree"], within=BOX)
    with pytest.raises(Missing):
        select(SYSTEM, ["nonsense"], within=BOX)
    program = Actor(kind="app", name="外部", role="app", area="3205", grants={"person.view": ("all",)})
    with pytest.raises(Refused):
        select(program, ["person"], within=BOX)
    assert select(program, within=BOX) == [], "where people live is for people at work"


@pytest.mark.parametrize("wrong", [
    "", "nonsense", "1,2", "120,31;121,31", "120,31;120,31;120,31", "120,31;121,31;122,31", "121,31,120,32",
    "120,95,500", "120,31,0", "120,31,999999999", "nan,31,500", "120,31;x,y;121,32", "120,31;121,31,5;121,32",
    ";".join(f"{120 + i / 1000},{31 + i % 7}" for i in range(400))])
def test_wrong_parts_are_refused_in_words(wrong):
    with pytest.raises(Invalid) as refused:
        read(wrong)
    assert "地图选区" in str(refused.value.errors["within"][0])


def test_a_part_is_told_in_words():
    assert "400" in read(CIRCLE).words() and "公里" in read(LASSO).words()

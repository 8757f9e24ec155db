"""Where people live on the map: counted by homes, for whom may see them, and never for other systems."""

import math

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from gezhi.domains.programmes.tests.test_programmes import AREA, EVERYBODY, Town, actor, resident
from gezhi.engines.layers.selection import select
from gezhi.engines.layers.shading import shade
from gezhi.engines.layers.tiles import tile
from gezhi.engines.tables.query import Query
from gezhi.foundation.premises.public import Home, StandardAddress
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Refused
from gezhi.surfaces.api import app_key

pytestmark = pytest.mark.django_db
LON, LAT = 120.6, 31.3
HERE = f"{LON},{LAT},50"
PEOPLE = {"grid_member", "grid_leader", "unit_clerk", "admin"}


def at(z):
    n = 2 ** z
    return z, int((LON + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(LAT))) / math.pi) / 2 * n)


@pytest.fixture
def town():
    """One home with three people; the first is in a care programme."""
    town = Town()
    address = write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5"})
    town.home = write(SYSTEM, "create", Home, {"address": address, "use": "01", "status": "01",
                                               "place": Point(LON, LAT, srid=4326)})
    write(SYSTEM, "change", town.resident, {"home": town.home})
    for serial in (2, 3):
        resident(serial=serial, home=town.home)
    town.enter()
    return town


def number(who, name):
    return {one["name"]: one["count"] for one in select(who, within=HERE)}.get(name)


def test_people_are_counted_by_homes_at_every_zoom(town):
    member = actor("grid_member", town.stranger)
    assert number(member, "person") == 3 and number(member, "home") == 1
    for zoom in (8, 13, 18):
        data = tile("person", member, *at(zoom))
        assert b"count" in data and "欧阳".encode() not in data
    found = select(member, ["person"], within=HERE)[0]
    assert Query("person", member, found["query"]).rows().count() == 3


def test_who_is_in_a_programme_is_on_nobody_elses_map(town):
    named = actor("grid_member", town.keeper)
    assert number(named, "care_person") == 1 and tile("care_person", named, *at(14))
    assert shade(named, "count.care_person", 12)["values"] == {AREA[:12]: 1}
    for role in EVERYBODY:
        who = actor(role, town.stranger, town.other)
        assert not number(who, "care_person"), role
        assert (number(who, "person") is not None) == (role in PEOPLE), role
        if who.may("care_person.view"):
            assert tile("care_person", who, *at(14)) == b"" and not shade(who, "count.care_person", 12)["values"]
        else:
            for asked in (lambda who=who: tile("care_person", who, *at(14)),
                          lambda who=who: select(who, ["care_person"], within=HERE),
                          lambda who=who: shade(who, "count.care_person", 12)):
                with pytest.raises(Refused):
                    asked()


def test_a_key_that_reads_people_has_no_map_of_them(town):
    secret = app_key.issue(SYSTEM, {"name": "外部", "area_code": "3205", "grants": {"person.view": ["area"]}})[1]
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/person").status_code == 200
    z, x, y = at(14)
    for address in (f"/api/v1/tiles/person/{z}/{x}/{y}.mvt", f"/api/v1/cells/person?zoom={z}",
                    f"/api/v1/map/select?layers=person&within={HERE}"):
        assert program.get(address).status_code == 403, address
    assert program.get("/ogc/v1/collections/person/items").status_code == 404
    assert "person" not in str(program.get("/ogc/v1/collections").json())
    assert Actor(kind="app", name="外部", grants={"person.view": ("area",)}, area="3205").may("person.view")

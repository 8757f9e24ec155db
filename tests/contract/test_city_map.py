"""城市一张图 on desk, phone and wall: the same layers and figures, bounded by what the person may see."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from gezhi.engines.tables.query import Query
from gezhi.foundation.units.actors import WALL, actor_of, posts_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.registry import registry
from tests.house import people
from tests.house.models import Tree

pytestmark = pytest.mark.django_db
PAGES = ("/desk/map", "/pocket/city/", "/wall/map/")
BOX = "120.60,31.29,120.66,31.31"


@pytest.fixture
def gardener():
    """A browser of somebody who tends one county; ten trees in it, five beyond it."""
    staff = people.gardener()
    for number in range(15):
        write(SYSTEM, "create", Tree, {
            "code": f"T{number:02d}", "area_code": "320508001002" if number < 10 else "320509001003",
            "place": Point(120.61 + number / 400, 31.3, srid=4326)})
    client = Client()
    client.force_login(staff)
    client.me = actor_of(posts_of(staff.pk)[0], via="desk")
    return client


def props(body: str, name: str) -> dict:
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', body, re.S)[1])


def test_the_same_layers_everywhere_and_none_of_what_may_not_be_seen(gardener):
    told = {}
    for page in PAGES:
        body = gardener.get(page).content.decode()
        told[page] = {one["id"] for one in props(body, "atlas-map")["layers"]}
        assert set(re.findall(r'data-layer="(\w+)"', body)) == told[page]
        assert 'value="count.tree"' in body and "count.person" not in body
    assert told[PAGES[0]] == told[PAGES[1]] == told[PAGES[2]] >= {"tree", "region", "grid_cell", "component"}
    may = {r.name for r in registry.registers.values() if r.layer and gardener.me.may(f"{r.name}.view")}
    assert told[PAGES[0]] == may and not {"person", "care_person", "home"} & may


def test_a_selection_equals_the_list_it_opens(gardener):
    for url in ("/api/v1/map/select", "/wall/map/select/"):
        found = gardener.get(url, {"within": BOX, "layers": "tree"}).json()["items"][0]
        assert found["count"] == 10, "five of the fifteen lie in another county"
        rows = Query("tree", gardener.me, found["query"]).rows()
        assert rows.count() == 10
        listed = gardener.get("/desk/tree/", found["query"])
        assert listed.status_code == 200 and "地图选区" in listed.content.decode()
        assert listed.content.decode().count('data-id="') in (0, 10)
    narrow = gardener.get("/api/v1/map/select", {"within": BOX, "tree.code": "T01,T14"}).json()["items"]
    assert {i["name"]: i["count"] for i in narrow}["tree"] == 1
    assert gardener.get("/api/v1/map/select", {"area": "320508"}).json()["path"][-1]["code"] == "320508"


def test_the_words_of_a_selection_go_on_with_other_filters(gardener):
    body = gardener.get("/desk/tree/", {"within": BOX, "species": "plane"}).content.decode()
    assert f'name="within" value="{BOX}"' in body


@pytest.mark.parametrize(("query", "status", "field"), [
    ({"within": "here"}, 422, "within"), ({"within": "120,31;121,31"}, 422, "within"),
    ({"area": "abc"}, 422, "area"), ({"within": BOX, "layers": "person"}, 403, None),
    ({"within": BOX, "layers": "nothing"}, 404, None), ({"within": BOX, "tree.nothing": "1"}, 422, "nothing")])
def test_wrong_questions_are_answered_in_words(gardener, query, status, field):
    for url in ("/api/v1/map/select", "/wall/map/select/"):
        answer = gardener.get(url, query)
        assert answer.status_code == status and answer.json()["message"]
        if field:
            assert field in answer.json()["errors"]
    assert gardener.get("/desk/tree/", {"within": "here"}).status_code == 422


def test_shades_on_every_surface(gardener):
    for url in ("/api/v1/map/shade", "/wall/map/shade/"):
        found = gardener.get(url, {"of": "count.tree", "level": "9"}).json()
        assert (found["values"], found["area_filter"]) == ({"320508001": 10}, "area_code")
        assert gardener.get(url, {"of": "count.person", "level": "9"}).status_code == 403
        assert gardener.get(url, {"of": "count.tree", "level": "5"}).status_code == 422
        assert gardener.get(url, {"of": "nothing", "level": "9"}).status_code == 404


def test_a_screen_without_a_keyboard_asks_with_its_pass(gardener):
    ticket = WALL.given(gardener.me)
    screen = Client()
    body = screen.get("/wall/map/", {"pass": ticket, "layers": "tree"}).content.decode()
    drawn = props(body, "atlas-map")
    tree = next(one for one in drawn["layers"] if one["id"] == "tree")
    address = tree["tiles"].replace("{z}", "14").replace("{x}", "13681").replace("{y}", "6690")
    assert screen.get(address).status_code == 200 and "card" not in tree
    assert screen.get(address.split("?")[0]).status_code == 401, "not without it"
    assert screen.get("/wall/map/select/", {"within": BOX, "layers": "tree", "pass": ticket}).json()[
        "items"][0]["count"] == 10
    assert screen.get("/wall/map/", headers={"Accept": "text/html"}).status_code == 302


def test_strangers_see_no_map():
    for page in PAGES:
        assert Client().get(page, headers={"Accept": "text/html"}).status_code == 302
    assert Client().get("/api/v1/map/select", {"within": BOX}).status_code == 401


def test_a_card_on_the_phone(gardener):
    own, other = Tree.objects.get(code="T01"), Tree.objects.get(code="T14")
    body = gardener.get(f"/pocket/card/tree/{own.pk}/").content.decode()
    assert f"/pocket/r/tree/{own.pk}/" in body and "<html" not in body
    assert gardener.get(f"/pocket/card/tree/{other.pk}/").status_code == 404


def test_on_the_phone_the_lists_of_a_selection_are_the_phones(gardener):
    drawn = props(gardener.get("/pocket/city/").content.decode(), "atlas-props")
    assert drawn["lists"]["tree"] == "/pocket/registers/tree/"
    assert all(url.startswith("/pocket/registers/") for url in drawn["lists"].values() if url)
    found = gardener.get("/api/v1/map/select", {"within": BOX, "layers": "tree"}).json()["items"][0]
    body = gardener.get(drawn["lists"]["tree"], found["query"]).content.decode()
    assert "地图选区" in body and "10 条" in body and body.count('class="queue-row"') == 10
    assert gardener.get("/pocket/registers/person/").status_code == 404

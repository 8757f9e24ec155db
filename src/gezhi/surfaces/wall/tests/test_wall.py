"""The wall: figures equal their rows, follow the area, respect sight, and an urgent matter is taken once."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone
from tests.house import people
from tests.house.models import Tree, Trees

from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.actors import WALL, actor_of, posts_of
from gezhi.foundation.units.models import Post
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import Event
from gezhi.surfaces.wall import board as boards
from gezhi.surfaces.wall.models import Taken

pytestmark = pytest.mark.django_db
TREES = Trees()


@pytest.fixture
def commander():
    """Somebody whose post covers one county; ``plant(code, area, hours)`` makes a tree that many hours ago."""
    staff = people.gardener()
    client = Client()
    client.force_login(staff)

    def plant(code, area="320508001001001", hours=1.0):
        at = timezone.now() - dt.timedelta(hours=hours)
        return act(SYSTEM, Tree, "plant", {"code": code, "area_code": area}, at=at)

    return SimpleNamespace(client=client, me=actor_of(posts_of(staff.pk)[0], via="wall"), plant=plant)


def tiles(data):
    return {tile["key"]: tile for tile in data["tiles"]}


def test_a_board_of_an_empty_city_stands(commander):
    data = commander.client.get("/wall/data/").json()
    assert tiles(data)["new"]["value"] == 0
    assert tiles(data)["share"]["value"] is None
    assert commander.client.get("/wall/", headers={"Accept": "text/html"}).status_code == 200


def test_every_number_equals_the_rows_behind_it(commander):
    commander.plant("A1")
    commander.plant("A2", hours=30)
    commander.plant("A3", hours=5)
    act(SYSTEM, Tree.objects.get(code="A3"), "fell", {})
    shown = tiles(commander.client.get("/wall/data/").json())
    count = lambda **filters: Query(TREES, commander.me, filters).count().number
    assert shown["new"]["value"] == 2
    assert shown["open"]["value"] == 2
    assert shown["red"]["value"] == count(light="red", area_code="320508")
    assert shown["done"]["value"] == 1
    assert sum(shown["trend"]["chart"]["series"][0]["values"]) == 2
    assert len(shown) <= 9


def test_everything_follows_the_area_and_never_leaves_ones_own(commander):
    commander.plant("A1", "320508001001001")
    commander.plant("A2", "320508002001001")
    commander.plant("B1", "320505001001001")
    whole = commander.client.get("/wall/data/").json()
    assert whole["shade"] == {"320508001": 1, "320508002": 1}
    part = commander.client.get("/wall/data/?area=320508001").json()
    assert tiles(part)["open"]["value"] == 1
    outside = commander.client.get("/wall/data/?area=320505").json()
    assert outside["area"] == "320508"
    assert tiles(outside)["open"]["value"] == 2
    assert commander.client.get("/wall/data/?area=32';--").json()["area"] == "320508"


def test_board_costs_a_fixed_number_of_queries(commander, django_assert_max_num_queries):
    for n in range(30):
        commander.plant(f"A{n}")
    boards.board(TREES, commander.me, "320508")
    with django_assert_max_num_queries(18):
        boards.board(TREES, commander.me, "320508")


def test_a_screen_without_a_keyboard_shows_by_its_pass(commander):
    commander.plant("A1")
    text = WALL.given(commander.me)
    data = Client().get("/wall/data/", {"pass": text}).json()
    assert tiles(data)["open"]["value"] == 1
    assert Client().get("/wall/data/", {"pass": text + "x"}).status_code == 403
    assert Client().get("/wall/data/").status_code == 401
    assert "login" in Client().get("/wall/", headers={"Accept": "text/html"}).url
    post = Post.objects.get()
    write(SYSTEM, "change", post, {"active": False})
    assert Client().get("/wall/data/", {"pass": text}).status_code == 403


def test_a_bubble_is_taken_once_and_everybody_hears_of_it(commander):
    tree = commander.plant("A1")
    path = f"/wall/take/tree/{tree.pk}/"
    assert commander.client.post(path).json()["by"] == "华演示"
    assert commander.client.post(path).status_code == 200
    assert Taken.objects.count() == 1
    assert Event.objects.filter(kind="tree.taken", record_id=tree.pk).count() == 1
    assert commander.client.post("/wall/take/tree/0/").status_code == 404
    other = commander.plant("B1", "320505001001001")
    assert commander.client.post(f"/wall/take/tree/{other.pk}/").status_code == 404
    assert Client().post(path).status_code == 401

"""Boards: a page for each declaration, for those who may see it; every tile leads to its rows."""

from __future__ import annotations

import re

import pytest

from gezhi.engines.metrics.boards import Board
from gezhi.kernel.registry import registry

from .people import client, person

pytestmark = pytest.mark.django_db
NAMES = [b.name for b in registry.of(Board)]


@pytest.mark.parametrize("name", NAMES)
def test_every_board_opens_and_its_tiles_lead_to_lists(name):
    desk = client(person("supervisor"))
    page = desk.get(f"/desk/board/{name}/")
    assert page.status_code == 200
    links = re.findall(r'<a class="tile[^"]*" href="([^"]+)"', page.content.decode())
    assert links
    for link in links:
        assert desk.get(link.replace("&amp;", "&")).status_code == 200, link
    assert desk.get(f"/desk/board/{name}/?period=7d&area=3205").status_code == 200
    assert desk.get(f"/desk/board/{name}/?period=x").status_code == 422


@pytest.mark.parametrize("name", [n for n in NAMES if n != "assessment"])  # everybody has scores of their own
def test_a_board_is_hidden_from_those_without_its_permission(name):
    desk = client(person("callback_agent"))
    assert desk.get(f"/desk/board/{name}/").status_code == 404
    assert f"/desk/board/{name}/" not in desk.get("/desk/").content.decode()


def test_an_unknown_board_is_not_found():
    assert client(person("supervisor")).get("/desk/board/none/").status_code == 404


def test_an_area_out_of_ones_own_is_left_out():
    desk = client(person("supervisor", area="320508"))
    links = re.findall(r'<a class="tile[^"]*" href="([^"]+)"', desk.get(
        "/desk/board/supervise_speed/?area=3209").content.decode())
    assert links and not any("3209" in link for link in links)

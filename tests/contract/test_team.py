"""The team of a grid: names and posts, what of their work one may see, and nobody whose post has ended."""

from __future__ import annotations

import pytest
from django.test import Client

from gezhi.domains.programmes import visit_rounds
from gezhi.domains.programmes.tests.town import AREA, TODAY, Grid
from gezhi.foundation.units.team import team
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write

pytestmark = pytest.mark.django_db


def test_a_grid_knows_its_own_and_its_communitys_workers():
    grid = Grid()
    leader = grid.post("grid_leader", grid.station, AREA[:12])
    grid.post("grid_member", grid.station, "320508001001002")
    gone = grid.post("grid_member", grid.station, AREA)
    write(SYSTEM, "change", gone, {"valid_to": TODAY.replace(year=TODAY.year - 1)})
    visit_rounds.give_visits()
    mine = team(AREA, grid.at(grid.worker))
    assert [(one["name"], one["wider"]) for one in mine] == [(grid.worker.staff.name, False), (leader.staff.name, True)]
    assert mine[0]["role"] == grid.worker.role.name and mine[0]["unit"] == grid.station.name
    assert mine[0]["open"] == 1, "one's own visit"
    others = team(AREA, grid.at(leader))
    assert others[0]["open"] == 0, "a visit of a programme is not counted for who may not know of it"
    assert [one["name"] for one in team(AREA[:12], grid.at(leader))] == [leader.staff.name]
    assert team(AREA, Actor(kind="public", name="公众")) == [] and team("", grid.at(leader)) == []


def test_the_page_of_a_grid_names_its_team():
    from gezhi.foundation.territory.models import GridCell
    from tests.contract.recipes import RECIPES

    grid = Grid()
    cell = write(SYSTEM, "create", GridCell, RECIPES["grid_cell"](0))
    assert cell.area_code == AREA
    client = Client()
    client.force_login(grid.worker.staff)
    for page in (f"/desk/grid_cell/{cell.pk}/", f"/pocket/r/grid_cell/{cell.pk}/"):
        body = client.get(page).content.decode()
        assert "网格队伍" in body and grid.worker.staff.name in body and grid.worker.role.name in body, page

"""No figure tells of somebody its reader may not know of: not to colleagues, and to who listens in only in fives.

The records of every register that nobody may know who is in are made, every figure of every role is taken, the records
are taken out of the tables, and every figure is taken again: it is the same.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.test import Client

from gezhi.domains.programmes.tests.test_programmes import Town, actor, resident
from gezhi.engines.layers import atlas, shading
from gezhi.engines.layers.selection import select
from gezhi.engines.layers.tiles import cells, is_points, shown_to, tile
from gezhi.engines.metrics import shape, small
from gezhi.engines.metrics.evaluate import board
from gezhi.engines.relations.cards import inhabited
from gezhi.engines.relations.territory import tellings
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.queue import waiting
from gezhi.foundation.premises.public import Home, StandardAddress
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import OPEN, write
from gezhi.kernel.errors import Refused
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registry import registry
from gezhi.surfaces.api import app_key

from .conftest import MADE
from .factory import AREA, make

pytestmark = pytest.mark.django_db
HIDDEN = [r for r in MADE if r.confined]
GRID = SimpleNamespace(area_code=AREA, pk=1)
MADE_UP = Metric("people_made_up", "人数", of="person", by=("gender", "area"), window="all")


def figures(who: Actor, home: int) -> dict[str, Any]:
    """Everything that is counted for somebody, whatever surface shows it."""
    out: dict[str, Any] = {}
    seen = [r for r in registry.registers.values() if who.may(f"{r.name}.view")]
    about = [r for r in seen if small.about_people(r)]
    for figure in board([m for m in registry.metrics.values() if registry.register(m.of) in about], who):
        out[figure.metric.name] = (figure.value, figure.previous)
    for register in about:
        out[f"list {register.name}"] = Query(register, who).count().number
        if register.area_path:
            out[f"shade {register.name}"] = shading.shade(who, f"count.{register.name}", 12)["values"]
        if register.layer is not None and register.layer.linked and is_points(register):
            out[f"cells {register.name}"] = cells(register.name, who, 12)
    out["map"] = {one["name"]: (one["count"], one["parts"]) for one in select(who, area=AREA[:9])}
    out["grid"] = [(t.register.name, t.light, t.count.number)
                   for t in tellings(registry.register("grid_cell"), GRID, who)]
    out["chart"] = [(r.name, n) for r, n in inhabited(registry.register("home"), [home], who).get(home, [])]
    out["queue"] = {work.register.name: work.count.number for work in waiting(who)}
    return out


@pytest.fixture
def town():
    """A home with three people; one record in every register of which nobody may know who is in it."""
    town = Town()
    address = write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5"})
    town.home = write(SYSTEM, "create", Home, {"address": address, "use": "01", "status": "01",
                                               "place": Point(120.6, 31.3, srid=4326)})
    town.people = [resident(serial=n, home=town.home) for n in (2, 3, 4)]
    for register in HIDDEN:
        make(register, 3)
    return town


def test_what_somebody_may_not_see_is_in_none_of_their_figures(town):
    tables = [r.model._meta.db_table for r in reversed(HIDDEN)]
    assert len(tables) >= 10
    counted = 0
    for role in ("grid_member", "unit_clerk"):
        who = actor(role, town.stranger, town.other)
        before = figures(who, town.home.pk)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OPEN)
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for name in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
            after = figures(who, town.home.pk)
            transaction.set_rollback(True)
        assert before == after, {name: (before[name], after.get(name)) for name in before
                                 if before[name] != after.get(name)}
        counted += len(before)
    assert counted > 40


def test_who_reads_the_records_counts_them_all(town):
    """The comparison above would hold of figures that count nothing."""
    named = actor("unit_clerk", town.stranger, town.office)
    town.enter()
    told = figures(named, town.home.pk)
    assert told["list care_person"] == 1 and told["shade care_person"] == {AREA[:12]: 1}
    assert ("care_person", "", 1) in told["grid"] and told["list person"] >= 4


def test_a_register_about_people_is_known_by_its_declaration():
    about = {r.name for r in registry.registers.values() if small.about_people(r)}
    assert {"person", "floating_person", "registered_resident", "employment", "team_member", "care_person",
            "visit_task", "case_party", "data_part"} <= about
    assert not {"home", "building", "organisation", "vehicle", "case", "component", "staff"} & about


@pytest.mark.parametrize(("number", "told"), [(0, None), (1, None), (4, None), (5, 5), (7, 5), (8, 10), (103, 105),
                                              (None, None)])
def test_numbers_of_people_are_told_in_fives(number, told):
    assert small.fives(number) == told


def test_a_wall_hears_fives_and_nothing_of_who_may_not_be_known(town):
    town.enter()
    clerk = actor("unit_clerk", town.stranger, town.office)
    wall = clerk.through("wall")
    everybody = shading.shade(clerk, "count.person", 12)["values"][AREA[:12]]
    heard = shading.shade(wall, "count.person", 12)
    assert heard["fives"] and heard["values"] == ({AREA[:12]: small.fives(everybody)} if everybody >= 5 else {})
    assert shading.shade(clerk, "count.person", 12)["fives"] is False
    assert shading.shade(wall, "count.home", 12)["values"] == {AREA[:12]: 1}, "homes are no people"
    offered = {one["name"] for group in shading.subjects(wall) for one in group["entries"]}
    assert "count.person" in offered and not {f"count.{r.name}" for r in HIDDEN} & offered
    assert not {m.name for m in registry.metrics.values() if registry.register(m.of).confined} & offered
    for register in HIDDEN:
        if clerk.may(f"{register.name}.view") and register.area_path:
            with pytest.raises(Refused):
                shading.shade(wall, f"count.{register.name}", 12)
    drawn = {r.name for r in atlas.layered(wall)}
    assert {"home", "post"} <= drawn and not {r.name for r in registry.registers.values() if r.layer is not None
                                              and r.layer.linked and small.about_people(r)} & drawn
    assert "person" not in {one["name"] for one in select(wall, area=AREA[:9])}
    with pytest.raises(Refused):
        tile("person", wall, 12, 3421, 1663)
    assert shown_to(registry.register("person"), clerk)


def test_a_wall_hears_no_groups_and_no_confined_figures(town):
    clerk = actor("unit_clerk", town.stranger, town.office)
    wall = clerk.through("wall")
    by_sex = {row["key"]: row["value"] for row in shape.table(MADE_UP, clerk, "gender")}
    assert min(by_sex.values()) < 5 and {r["key"] for r in shape.table(MADE_UP, wall, "gender")} == {
        key for key, number in by_sex.items() if number >= 5}
    found = [m for m in registry.metrics.values() if registry.register(m.of).confined]
    assert found and {f.value for f in board(found, wall)} == {None}
    assert {f.value for f in board(found, clerk)} != {None}


def test_a_program_is_told_fives(town):
    secret = app_key.issue(SYSTEM, {"name": "看板", "area_code": "3205", "grants": {"person.view": ["area"]}})[1]
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    whole = program.get("/api/v1/person").json()["count"]["number"]
    assert whole % 5, "a number that rounding changes"
    heard = program.get("/api/v1/map/shade?of=count.person&level=6").json()
    assert heard["fives"] and list(heard["values"].values()) == ([small.fives(whole)] if whole >= 5 else [])

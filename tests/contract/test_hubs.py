"""A hub's page lists what points at it, each kind only to those who may see that kind."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.registry import registry
from gezhi.surfaces.desk.page import FEW, related

from .conftest import ALL, actor
from .factory import make, values

HUBS = [r for r in ALL if r.hub]
pytestmark = pytest.mark.django_db


def test_there_are_hubs_and_each_is_pointed_at():
    from gezhi.kernel.kinds import LinkKind

    targets = {k.target for r in ALL for n in r.filters.split() if isinstance(k := r.kinds[n], LinkKind)}
    assert HUBS
    assert {r.name for r in HUBS if r.model in targets} >= {"home", "person", "organisation", "building", "vehicle"}


def test_a_homes_page_shows_people_and_firms_to_those_who_may_see_them(as_actor):
    person, firm = registry.register("person"), registry.register("organisation")
    home = make(registry.register("home"))
    for seed in range(FEW + 1):
        write(SYSTEM, "create", person.model, values(person, seed) | {"home": home})
    organisation = write(SYSTEM, "create", firm.model, values(firm, 1) | {"home": home, "name": "演示便利店"})
    address = f"/desk/home/{home.pk}/"
    keeper = as_actor(actor("grid_member")).get(address).content.decode()
    assert "演示便利店" in keeper and f"/desk/person/?home={home.pk}" in keeper
    assert not [p for p in person.model.objects.all() if p.name in keeper], "a name stands there whole"
    groups = {g["url"]: g for g in related(registry.register("home"), home, actor("grid_member"))}
    assert len(groups[f"/desk/person/?home={home.pk}"]["rows"]) == FEW
    assert groups[f"/desk/person/?home={home.pk}"]["more"]
    desk = as_actor(actor("acceptor")).get(address).content.decode()
    assert str(organisation) in desk and "/desk/person/" not in desk
    assert related(registry.register("home"), home, actor("grid_member", area="9999")) == []


def test_what_a_hub_shows_costs_one_query_a_link():
    home, person = make(registry.register("home")), registry.register("person")
    write(SYSTEM, "create", person.model, values(person, 0) | {"home": home})
    with CaptureQueriesContext(connection) as few:
        related(registry.register("home"), home, actor("grid_member"))
    for seed in range(1, 6):
        write(SYSTEM, "create", person.model, values(person, seed) | {"home": home})
    with CaptureQueriesContext(connection) as more:
        related(registry.register("home"), home, actor("grid_member"))
    assert len(more) <= len(few) <= 6

"""Units, staff and posts of the demo city."""

from __future__ import annotations

from collections import defaultdict

from gezhi.demo.depts import CITY, COUNTY, ENTERPRISES
from gezhi.demo.units_plan import plan_organisation

CENTRE = {
    "acceptor", "dispatcher", "shift_leader", "reviewer", "callback_agent", "supervisor", "archivist",
    "leader",
}  # fmt: skip


def made(territory):
    return plan_organisation(7, *territory, units=120, staff=600)


def test_units_stand_under_known_parents(territory):
    seen: set[str] = set()
    for unit in made(territory).units:
        assert unit.parent in seen or (not unit.parent and not seen), unit
        assert unit.code not in seen
        seen.add(unit.code)


def test_every_kind_of_department_stands(territory):
    city, counties, _, _ = territory
    units = made(territory).units
    at_city = {unit.dept_type for unit in units if unit.area == city.code}
    assert at_city == set(CITY) | set(ENTERPRISES) | {"ZHZX"}
    towns = [unit for unit in units if unit.level == "town"]
    assert {unit.dept_type for unit in towns} == {"ZHZX", "ST"}
    assert sum(unit.dept_type == "ZHZX" for unit in towns) == len(counties), "one town centre a county"
    for county in counties:
        assert {unit.dept_type for unit in units if unit.area == county.code} == set(COUNTY) | {"ZHZX"}


def test_every_centre_has_every_role_and_no_one_checks_own_work(territory):
    organisation = made(territory)
    roles: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    for post in organisation.posts:
        roles[post.unit].add(post.role)
        own[post.username].add(post.role)
    for unit in organisation.units:
        if unit.dept_type == "ZHZX":
            assert roles[unit.code] >= CENTRE, unit
        assert {"unit_clerk", "handler"} <= roles[unit.code], unit
    for held in own.values():
        assert len(held & {"handler", "reviewer", "callback_agent"}) <= 1


def test_every_community_has_a_member_and_every_town_a_leader(territory):
    _, _, towns, communities = territory
    posts = made(territory).posts
    assert {p.area for p in posts if p.role == "grid_member"} == {c.code for c in communities}
    assert {p.area for p in posts if p.role == "grid_leader"} == {t.code for t in towns}


def test_few_members_share_the_communities(territory):
    organisation = plan_organisation(7, *territory, units=90, staff=1)
    members = {post.username for post in organisation.posts if post.role == "grid_member"}
    covered = {post.area for post in organisation.posts if post.role == "grid_member"}
    assert len(members) == 1
    assert covered == {community.code for community in territory[3]}


def test_staff_are_unique_marked_and_as_many_as_asked(territory):
    organisation = made(territory)
    names = [person.username for person in organisation.staff]
    assert len(names) == len(set(names)) == 600
    assert all(person.name.endswith("（演示）") for person in organisation.staff)
    assert organisation == made(territory)

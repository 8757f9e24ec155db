"""The demo city's units, staff and posts: invented people in the administration that any Chinese city has.

A *post* is a person in a unit with a role and an area; one person may hold several, but nobody handles,
reviews and calls back in one unit, so that no one checks his or her own work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from gezhi.demo.depts import CITY, COUNTY, ENTERPRISES
from gezhi.demo.places import person


@dataclass(frozen=True, slots=True)
class Area:
    """An administrative area: code (4, 6, 9 or 12 digits, or what the territory uses), name, level."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit to be made: code, name, level, department type, area it answers for, parent's code or empty."""

    code: str
    name: str
    level: str
    dept_type: str
    area: str
    parent: str


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """An invented person of the staff; ``username`` is unique and says where the person works."""

    username: str
    name: str
    phone: str
    unit: str


@dataclass(frozen=True, slots=True)
class PostPlan:
    """A person in a unit with a role and an area."""

    username: str
    unit: str
    role: str
    area: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything together; ``units`` come parents first."""

    units: tuple[UnitPlan, ...]
    staff: tuple[StaffPlan, ...]
    posts: tuple[PostPlan, ...]


def _short(name: str) -> str:
    """An area's name without its kind, for the names of its units: 虎丘区 → 虎丘."""
    return name[:-1] if len(name) > 2 and name[-1] in "市区县镇乡" else name


def _spread(towns: Sequence[Area], count: int) -> list[Area]:
    """``count`` towns, taken from the counties in turn so that none goes without."""
    by_county: dict[str, list[Area]] = {}
    for town in towns:
        by_county.setdefault(town.code[:6], []).append(town)
    chosen: list[Area] = []
    turn = 0
    while len(chosen) < min(count, len(towns)):
        for group in by_county.values():
            if turn < len(group) and len(chosen) < count:
                chosen.append(group[turn])
        turn += 1
    return sorted(chosen, key=lambda area: area.code)


def _city_units(city: Area) -> Iterator[UnitPlan]:
    yield UnitPlan("ZX-CITY", f"{city.name}指挥中心", "city", "ZHZX", city.code, "")
    for code, name in (CITY | ENTERPRISES).items():
        yield UnitPlan(f"C-{code}", f"{_short(city.name)}市{name}", "city", code, city.code, "ZX-CITY")


def _county_units(county: Area) -> Iterator[UnitPlan]:
    centre = f"ZX-{county.code}"
    yield UnitPlan(centre, f"{county.name}指挥中心", "county", "ZHZX", county.code, "ZX-CITY")
    for code, name in COUNTY.items():
        yield UnitPlan(f"{county.code}-{code}", f"{county.name}{name}", "county", code, county.code, centre)


def plan_units(
    city: Area, counties: Sequence[Area], towns: Sequence[Area], communities: Sequence[Area], size: int = 200
) -> tuple[UnitPlan, ...]:
    """The units, parents first: about ``size`` of them, never fewer than the city's and counties' own.

    Args:
        city, counties, towns, communities: the territory; a lower area's code begins with the upper one's.
        size: how many units to aim at; what the city and the counties leave goes to one town centre a
            county, town offices, community stations and mediation committees.
    """
    units = [*_city_units(city)]
    for county in counties:
        units.extend(_county_units(county))
    room = max(2 * len(counties), size - len(units))
    centres = {town.code for town in _spread(towns, len(counties))}
    chosen = _spread(towns, max(len(counties), (room - len(centres)) * 3 // 4))
    for town in chosen:
        parent = f"ZX-{town.code[:6]}"
        if town.code in centres:
            units.append(UnitPlan(f"ZX-{town.code}", f"{town.name}指挥中心", "town", "ZHZX", town.code, parent))
            parent = f"ZX-{town.code}"
        units.append(UnitPlan(f"ST-{town.code}", f"{town.name}办事处", "town", "ST", town.code, parent))
    rest = max(2, size - len(units))
    stations = _stations(communities, {town.code[:9] for town in chosen}, rest)
    units.extend(stations)
    return tuple(units)


def _stations(communities: Sequence[Area], towns: set[str], count: int) -> list[UnitPlan]:
    """Community stations and, every third, a mediation committee, one a town in turn."""
    found: list[UnitPlan] = []
    seen: set[str] = set()
    for community in communities:
        town = community.code[:9]
        if town not in towns or town in seen:
            continue
        seen.add(town)
        parent = f"ST-{town}"
        place = community.name.removesuffix("居委会").removesuffix("委会")
        if len(found) % 3 == 2:
            name, kind = f"{place}人民调解委员会", "RTW"
        else:
            name, kind = f"{place}网格站", "CM"
        found.append(UnitPlan(f"{kind}-{community.code}", name, "community", kind, community.code, parent))
        if len(found) == count:
            break
    return found


class _Roster:
    """Collects staff and posts; hands out usernames by unit."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self.staff: list[StaffPlan] = []
        self.posts: list[PostPlan] = []
        self._count: dict[str, int] = {}

    def hire(self, unit: UnitPlan, *roles: str, area: str = "") -> str:
        """A new person in a unit with posts of the given roles; the username."""
        no = self._count[unit.code] = self._count.get(unit.code, 0) + 1
        username = f"{unit.code.lower().replace('_', '')}-{no:03d}"
        name, phone = person(self._rng)
        self.staff.append(StaffPlan(username, name, phone, unit.code))
        for role in roles:
            self.posts.append(PostPlan(username, unit.code, role, area or unit.area))
        return username


_CENTRES = {
    "city": {
        "acceptor": 16, "dispatcher": 8, "shift_leader": 4, "reviewer": 6, "callback_agent": 10,
        "supervisor": 4, "archivist": 2, "leader": 2, "admin": 2, "unit_clerk": 1, "handler": 1, "auditor": 1,
    },
    "county": {
        "acceptor": 6, "dispatcher": 3, "shift_leader": 2, "reviewer": 3, "callback_agent": 3,
        "supervisor": 2, "archivist": 1, "leader": 1, "unit_clerk": 1, "handler": 1,
    },
}  # fmt: skip
_TOWN_CENTRE = (
    ("acceptor", "dispatcher"), ("acceptor", "archivist"), ("shift_leader", "supervisor"), ("reviewer",),
    ("callback_agent",), ("unit_clerk",), ("handler",), ("leader",),
)  # fmt: skip


def _fill_unit(roster: _Roster, unit: UnitPlan) -> None:
    """People of one unit, by its level and kind."""
    if unit.dept_type == "ZHZX" and unit.level == "town":
        for roles in _TOWN_CENTRE:
            roster.hire(unit, *roles)
    elif unit.dept_type == "ZHZX":
        for role, count in _CENTRES[unit.level].items():
            for _ in range(count):
                roster.hire(unit, role)
    else:
        roster.hire(unit, "unit_clerk")
        roster.hire(unit, "handler")
        if unit.level != "community":
            roster.hire(unit, "handler")
            roster.hire(unit, "leader")


def _nearest(units: dict[str, UnitPlan], code: str) -> UnitPlan:
    """Where an area's grid members belong: its town's office, else the county's centre, else the city's."""
    for key in (f"ST-{code[:9]}", f"ZX-{code[:6]}", "ZX-CITY"):
        if key in units:
            return units[key]
    raise KeyError(code)


def plan_organisation(
    seed: int, city: Area, counties: Sequence[Area], towns: Sequence[Area], communities: Sequence[Area],
    units: int = 200, staff: int = 2000,
) -> Organisation:  # fmt: skip
    """Units, staff and posts of the demo city.

    Every unit has its clerk, handlers and leader, every centre all its roles, every town a grid leader, and
    every community a grid member; members left over go to the communities in turn.

    Args:
        seed: same seed, same people.
        city, counties, towns, communities: the territory.
        units: number of units to aim at.
        staff: number of people to aim at; a small territory needs fewer and a large one no fewer than
            its units and one member for every few communities.
    """
    made = plan_units(city, counties, towns, communities, units)
    by_code = {unit.code: unit for unit in made}
    roster = _Roster(seed)
    for unit in made:
        _fill_unit(roster, unit)
    for town in towns:
        roster.hire(_nearest(by_code, town.code), "grid_leader", area=town.code)
    members = max(1, staff - len(roster.staff))
    _fill_grids(roster, by_code, communities, members)
    return Organisation(made, tuple(roster.staff), tuple(roster.posts))


def _fill_grids(
    roster: _Roster, units: dict[str, UnitPlan], communities: Sequence[Area], members: int
) -> None:
    """Grid members: one for several neighbouring communities when few, several a community when many."""
    count = len(communities)
    if not count:
        return
    for index in range(min(members, max(count, 1))):
        first, last = index * count // min(members, count), (index + 1) * count // min(members, count)
        group = communities[first:last]
        username = roster.hire(_nearest(units, group[0].code), "grid_member", area=group[0].code)
        unit = _nearest(units, group[0].code).code
        for community in group[1:]:
            roster.posts.append(PostPlan(username, unit, "grid_member", community.code))
    for index in range(members - count):
        community = communities[index % count]
        roster.hire(_nearest(units, community.code), "grid_member", area=community.code)

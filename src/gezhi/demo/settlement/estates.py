"""Buildings and homes of a community: estates with numbered blocks, villages with a house a household."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gezhi.demo.places import Palette
from gezhi.demo.rhythm import Places

from .sizes import Share

KINDS = ((6, 3, 0.45), (11, 2, 0.3), (18, 1, 0.2), (4, 2, 0.05))
"""Floors, units and share of the blocks; two homes a floor and unit."""
AREAS = (48, 56, 62, 75, 83, 88, 96, 104, 118, 126, 140)
"""Square metres of homes."""


@dataclass(slots=True)
class Home:
    """A home to be made.

    Attributes:
        parts: its address in parts, with the area.
        place: longitude and latitude.
        building: position of its building in the community, -1 for none.
        status: code of ``house_status``.
        people: positions of those who live there.
        owner: position of the owner among the people, -1 where nobody knows.
        met: days before the city's now on which somebody was there first.
    """

    parts: dict[str, str]
    place: tuple[float, float]
    building: int
    floor_area: int
    status: str = "01"
    people: list[int] = field(default_factory=list)
    owner: int = -1
    met: float = 0.0


@dataclass(slots=True)
class Building:
    """A block to be made: its address, where it stands, its size, and how many homes of it are registered."""

    parts: dict[str, str]
    place: tuple[float, float]
    name: str
    floors: int
    units: int
    year: int
    homes: int = 0


def spot(rng: Random, places: Places, grid: int, share: float = 0.8) -> tuple[float, float]:
    """A point within a grid."""
    turn, far = rng.random() * math.tau, math.sqrt(rng.random()) * share * float(places.radius[grid])
    return (round(float(places.lon[grid]) + math.cos(turn) * far, 6),
            round(float(places.lat[grid]) + math.sin(turn) * far, 6))


def settle(rng: Random, share: Share, places: Places, palette: Palette) -> tuple[list[Building], list[Home]]:
    """The buildings and homes of a community, on addresses in its grids.

    Args:
        share: how many homes.
        palette: names of the community's estates, roads and villages, the same that its cases name.
    """
    return ([], _village(rng, share, places, palette)) if share.rural else _estates(rng, share, places, palette)


def _village(rng: Random, share: Share, places: Places, palette: Palette) -> list[Home]:
    """A house a household, numbered along the village."""
    homes = []
    for number in range(1, share.homes + 1):
        grid = share.grids[number % len(share.grids)]
        name = palette.names["V"][number % len(palette.names["V"])]
        parts: dict[str, Any] = {"area_code": places.codes[grid], "road": name, "house_number": str(number)}
        homes.append(Home(parts, spot(rng, places, grid), -1, rng.choice((110, 140, 180, 220))))
    return homes


def _estates(rng: Random, share: Share, places: Places, palette: Palette) -> tuple[list[Building], list[Home]]:
    """Blocks one after the other in turn over the estates until all homes have their room."""
    estates, roads = palette.names["R"], palette.names["D"]
    buildings: list[Building] = []
    homes: list[Home] = []
    while len(homes) < share.homes:
        at = len(buildings)
        estate, grid = at % len(estates), share.grids[at % len(share.grids)]
        floors, units = rng.choices([k[:2] for k in KINDS], [k[2] for k in KINDS])[0]
        number = at // len(estates) + 1
        parts: dict[str, Any] = {
            "area_code": places.codes[grid], "road": roads[estate % len(roads)],
            "house_number": str(18 + 20 * estate), "estate": estates[estate], "building_no": str(number)}
        block = Building(parts, spot(rng, places, grid), f"{number}幢", floors, units, rng.randint(1988, 2023))
        rooms = [(unit, floor, door) for unit in range(1, units + 1) for floor in range(1, floors + 1)
                 for door in (1, 2)][:share.homes - len(homes)]
        area = rng.choice(AREAS)
        for unit, floor, door in rooms:
            homes.append(Home({**parts, "unit_no": str(unit), "floor": str(floor), "room_no": f"{floor}{door:02d}"},
                              block.place, at, area + door * 6))
        block.homes = len(rooms)
        buildings.append(block)
    return buildings, homes

"""Who acts in the demo city's past: a person for every role, unit and area, light enough for a million acts."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from gezhi.foundation.units.models import Post, Unit
from gezhi.kernel.actors import SYSTEM, Actor

VIA = "demo"
PUBLIC = Actor(kind="public", name="公众", role="public", via=VIA)
MACHINE = SYSTEM.through(VIA)


class Directory:
    """The demo posts in memory.

    ``actor`` gives people without grants: the past is recorded, not asked for permission.
    """

    def __init__(self) -> None:
        self._by_desk: dict[tuple[int, str], list[Actor]] = defaultdict(list)
        self._members: dict[str, list[Actor]] = defaultdict(list)
        posts = Post.objects.filter(invented=True, active=True).order_by("id").values_list(
            "id", "staff_id", "staff__name", "unit_id", "unit__path", "role__code", "area_code")
        for pk, staff, name, unit, path, role, area in posts:
            actor = Actor(kind="staff", name=name, user_id=staff, post_id=pk, role=role, unit_id=unit, unit_path=path,
                          area=area, via=VIA)
            self._by_desk[unit, role].append(actor)
            if role == "grid_member":
                self._members[area].append(actor)
        units = list(Unit.objects.filter(invented=True, active=True))
        self._centres = {unit.area_code: unit.pk for unit in units if unit.kind == "centre"}
        self.names = {unit.pk: str(unit) for unit in units}
        self._parents = {unit.pk: unit.parent_id for unit in units}

    def centre(self, area_code: str) -> int:
        """The command centre nearest above an area.

        Raises:
            KeyError: not even the city has one.
        """
        for length in (9, 6):
            found = self._centres.get(area_code[:length])
            if found is not None:
                return found
        return self._centres[area_code[:4]]

    def actor(self, rng: Random, role: str, unit_id: int) -> Actor:
        """A person of a role in a unit, else in the nearest unit above that has one."""
        at: int | None = unit_id
        while at is not None:
            found = self._by_desk.get((at, role))
            if found:
                return found[int(rng.random() * len(found))]
            at = self._parents.get(at)
        return MACHINE

    def member(self, rng: Random, community: str) -> Actor:
        """A grid member of a community; the machine where there is none."""
        found = self._members.get(community)
        return found[int(rng.random() * len(found))] if found else MACHINE

"""Writing communities through the door for records that have lived: each register's rows of a batch at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from gezhi.demo.directory import Directory
from gezhi.demo.places import Palette
from gezhi.foundation.premises.public import building_key, full_text, key_of
from gezhi.foundation.units.models import Staff, Unit
from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import Step, bulk_past
from gezhi.kernel.door import Session
from gezhi.kernel.kinds.places import Spot
from gezhi.kernel.numbers import Numbers
from gezhi.kernel.registry import registry

from . import care, streets, trades
from .census import Community, Setting
from .estates import Building, Home

LEVELS = (("room_no", "room"), ("building_no", "building"), ("estate", "estate"), ("house_number", "house"))
DAYS = 690


def model(name: str) -> Any:
    """The model of a register."""
    return registry.register(name).model


class Writer:
    """Writes batches of communities.

    Args:
        setting: what all share.
        now: the city's now; everything was collected before it.
    """

    def __init__(self, setting: Setting, now: dt.datetime) -> None:
        self.setting, self.now = setting, now
        self.directory = Directory()
        self.staff = Staff.objects.filter(invented=True).defer("phone").in_bulk()
        self.units = Unit.objects.filter(invented=True).in_bulk()
        self.types = {kind.code: kind for kind in model("component_type").objects.order_by("code")}

    # -- tools ---------------------------------------------------------------------------------------------
    def _many(self, session: Session, name: str, rows: Iterable[tuple[Mapping[str, Any], dt.datetime, Actor]],
              check: bool = True, later: Sequence[Sequence[Step]] = ()) -> list[Any]:
        """Create records of a register, each by its own person at its own time; ``later`` are the acts since then."""
        items: list[Any] = [({}, [Step("create", at, actor, values=values)]) for values, at, actor in rows]
        for (_values, steps), more in zip(items, later, strict=False):
            steps += more
        return bulk_past(session, model(name), items, check=check)

    def _met(self, home: Home) -> dt.datetime:
        return self.now - dt.timedelta(days=home.met)

    def _some_day(self, rng: Random) -> dt.datetime:
        return self.now - dt.timedelta(days=5 + rng.random() * DAYS)

    def palette(self, community: str) -> Palette:
        """Names of the places of a community."""
        return Palette.of(self.setting.seed, community)

    # -- batches -------------------------------------------------------------------------------------------
    def communities(self, session: Session, towns: Sequence[Community]) -> int:
        """Everything but components of some communities; returns how many records there are."""
        written = 0
        who = {town.share.code: self.directory.member(Random(f"{self.setting.seed}:{town.share.code}"),
                                                      town.share.code) for town in towns}
        for town, homes in zip(towns, self._homes(session, towns, who), strict=True):
            town.homes_made = homes
        for step in (self._people, self._added, self._rentals, self._trades, self._streets, self._care):
            written += step(session, towns, who)
        return written + sum(len(town.homes) for town in towns)

    def _homes(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> list[list[Any]]:
        """Addresses, buildings and homes; gives the homes of each community."""
        every: list[tuple[Community, Building | Home]] = []
        for town in towns:
            every += [*((town, block) for block in town.buildings), *((town, home) for home in town.homes)]
        rows = [(self._address(one.parts, one.place), self.now - dt.timedelta(days=DAYS + 15), who[town.share.code])
                for town, one in every]
        made = iter(self._many(session, "standard_address", rows, check=False))
        blocks, rooms = [], []
        for town in towns:
            blocks += [(town, block, next(made)) for block in town.buildings]
            rooms += [(town, home, next(made)) for home in town.homes]
        built = self._many(session, "building", [({
            "name": block.name, "estate": block.parts["estate"], "address": address, "use": "01",
            "floors": block.floors, "units": block.units, "households": block.floors * block.units * 2,
            "built_year": block.year, "lifts": block.units if block.floors > 7 else 0, "place": Spot(*block.place),
        }, self.now - dt.timedelta(days=DAYS + 12), who[town.share.code]) for town, block, address in blocks])
        of = {(town.share.code, record.key): record for (town, _b, _a), record in zip(blocks, built, strict=True)}
        homes = iter(self._many(session, "home", [
            (self._home(town, home, address, of.get((town.share.code, address.building_key))), self._met(home),
             who[town.share.code]) for town, home, address in rooms]))
        return [[next(homes) for _home in town.homes] for town in towns]

    @staticmethod
    def _address(parts: Mapping[str, str], place: tuple[float, float]) -> dict[str, Any]:
        """Fields of an address as its register would derive them; nobody else has written in this community."""
        record = model("standard_address")(**parts)
        return {**parts, "place": Spot(*place), "text": full_text(record), "key": key_of(record),
                "level": next((level for part, level in LEVELS if parts.get(part)), "road"),
                "building_key": building_key(record)}

    @staticmethod
    def _home(town: Community, home: Home, address: Any, building: Any) -> dict[str, Any]:
        out = {"address": address, "building": building, "use": "01", "status": home.status,
               "floor_area": home.floor_area, "place": Spot(*home.place)}
        if home.owner >= 0:
            owner = town.people[home.owner].values
            out |= {"owner_id_type": owner.get("id_type", "111"), "owner_id_no": owner.get("id_no"),
                    "owner_name": owner["name"], "owner_phone": owner.get("phone")}
        return out

    def _people(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """The people, each in their home; the household's address is that of the home unless another is known."""
        rows = []
        for town in towns:
            for person in town.people:
                home = town.homes_made[person.home]
                at = self._met(town.homes[person.home])
                values = {**person.values, "home": home, "verified_on": at.date()}
                if values["kind"] in ("01", "05"):
                    values.setdefault("household_address", home.text[:80])
                rows.append((values, at, who[town.share.code]))
        made = iter(self._many(session, "person", rows))
        for town in towns:
            town.people_made = [next(made) for _person in town.people]
        return len(rows)

    def _added(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """Household registration, migration, papers from abroad."""
        rows: dict[str, list[Any]] = {}
        for town in towns:
            for person, record in zip(town.people, town.people_made, strict=True):
                if person.more:
                    rows.setdefault(person.more, []).append((
                        {"person": record, **{k: v for k, v in person.added.items() if v is not None}},
                        self._met(town.homes[person.home]), who[town.share.code]))
        for name, some in rows.items():
            self._many(session, name, some)
        return sum(map(len, rows.values()))

    def _rentals(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """A lease for each home that is let; its head is the tenant."""
        rows = []
        for town in towns:
            rng = Random(f"{self.setting.seed}:rentals:{town.share.code}")
            for home, record in zip(town.homes, town.homes_made, strict=True):
                if home.status == "02" and home.people:
                    at = self._met(home)
                    since = at.date() - dt.timedelta(days=rng.randint(1, 300))
                    rows.append(({
                        "home": record, "tenant": town.people_made[home.people[0]], "use": "02",
                        "hazard": rng.choices(("00", "01", "02"), (94, 5, 1))[0], "lease_from": since,
                        "lease_to": since + dt.timedelta(days=rng.choice((365, 730, 1_095))),
                        "occupants": len(home.people),
                        "shared": sum(town.people[p].role == "mate" for p in home.people) > 1,
                    }, at, who[town.share.code]))
        return len(self._many(session, "rental", rows))

    def _trades(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """Firms at their addresses, what adds to them, and vehicles."""
        made = [(town, town.firms) for town in towns]
        known: dict[str, tuple[Mapping[str, str], tuple[float, float], Actor]] = {}
        for town, firms in made:
            for firm in firms:
                known.setdefault("|".join(firm.address.values()), (firm.address, firm.place, who[town.share.code]))
        addresses = dict(zip(known, self._many(session, "standard_address", [
            (self._address(parts, place), self.now - dt.timedelta(days=DAYS + 15), actor)
            for parts, place, actor in known.values()], check=False), strict=True))
        rows, more, flat = [], [], []
        for town, firms in made:
            rng = Random(f"{self.setting.seed}:firms met:{town.share.code}")
            for firm in firms:
                legal, at = town.people[firm.legal].values, self._some_day(rng)
                rows.append(({**firm.values, "address": addresses["|".join(firm.address.values())],
                              "legal_name": legal["name"], "legal_id_type": "111", "legal_id_no": legal["id_no"],
                              "head_name": legal["name"],
                              **{f"{n}_phone": legal["phone"] for n in ("legal", "head") if legal.get("phone")}},
                             at, who[town.share.code]))
                flat.append((firm, at, who[town.share.code]))
        organisations = self._many(session, "organisation", rows)
        by_register: dict[str, list[Any]] = {}
        for (firm, at, actor), record in zip(flat, organisations, strict=True):
            if firm.more:
                day = {"approved_on": at.date() - dt.timedelta(days=900)} if firm.more == "social_org" else {}
                by_register.setdefault(firm.more, []).append(
                    ({"organisation": record, **firm.added, **day}, at, actor))
        for name, some in by_register.items():
            more += self._many(session, name, some)
        return len(organisations) + len(more) + self._vehicles(session, towns, iter(organisations), who)

    def _vehicles(self, session: Session, towns: Sequence[Community], organisations: Any,
                  who: Mapping[str, Actor]) -> int:
        rows = []
        for town in towns:
            rng, firms = Random(f"{self.setting.seed}:vehicles met:{town.share.code}"), town.firms
            mine = [next(organisations) for _firm in firms]
            for one in trades.vehicles(self.setting.seed, town, firms):
                values = {**one.values}
                if one.firm >= 0:
                    values["owner_org"] = mine[one.firm]
                else:
                    values |= {"owner": town.people_made[one.owner],
                               "home": town.homes_made[town.people[one.owner].home]}
                if one.driver >= 0:
                    values["driver"] = town.people_made[one.driver]
                    if licence := town.people[one.driver].values.get("id_no"):
                        values["licence"] = licence
                rows.append((values, self._some_day(rng), who[town.share.code]))
        return len(self._many(session, "vehicle", rows))

    def _streets(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """Key places, schools and cameras."""
        written = 0
        for name, tell in (("key_place", streets.key_places), ("school", streets.schools),
                           ("device", streets.cameras)):
            rows = []
            for town in towns:
                rng = Random(f"{self.setting.seed}:{name} met:{town.share.code}")
                rows += [({**thing.values, "place": Spot(*thing.place)}, self._some_day(rng), who[town.share.code])
                         for thing in tell(self.setting.seed, town)]
            written += len(self._many(session, name, rows))
        return written

    def _care(self, session: Session, towns: Sequence[Community], who: Mapping[str, Actor]) -> int:
        """Old people who live alone, cared for by the community's grid member, and the last visits to them."""
        plans = [(plan, town.people_made[plan.person], who[town.share.code]) for town in towns
                 if who[town.share.code].user_id is not None
                 for plan in care.plans(self.setting.seed, town, self.now)]
        kept = [({**plan.values, "person": person, "unit": self.units[actor.unit_id],
                  "keeper": self.staff[actor.user_id]}, plan.at, actor) for plan, person, actor in plans]
        moved = [[Step("visit", visit["visited_at"], actor, values=plan.moved(visit["visited_at"]))
                  for visit in plan.visits] for plan, _person, actor in plans]
        made = self._many(session, "care_person", kept, later=moved)
        # a visit moves its plan on, as the hook of single visits does
        visits = [({"person": person, "visitor": self.staff[actor.user_id], "unit": self.units[actor.unit_id],
                    **visit}, visit["visited_at"], actor)
                  for plan, person, actor in plans for visit in plan.visits]
        return len(made) + len(self._many(session, "visit_record", visits))

    def components(self, session: Session, towns: Sequence[Community]) -> int:
        """The components of the communities of one county, numbered in its series."""
        numbers, rows, codes = Numbers(), [], sorted(self.types)
        for town in towns:
            rng = Random(f"{self.setting.seed}:components met:{town.share.code}")
            actor = self.directory.member(rng, town.share.code)
            for thing in streets.components(self.setting.seed, town, codes):
                head, at = f"{town.share.code[:6]:0<6}{thing.kind}", self._some_day(rng)
                rows.append(({**thing.values, "type": self.types[thing.kind], "place": Spot(*thing.place),
                              "code": f"{head}{numbers.next(f'component:{head}'):06d}", "since": at.date(),
                              "changed_on": at.date()}, at, actor))
        written = len(self._many(session, "component", rows))
        numbers.save()
        return written

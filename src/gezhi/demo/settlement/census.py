"""A community told whole: its homes with the people in them, each with numbers, work and papers of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gezhi.demo.lexicon import words
from gezhi.demo.places import Palette
from gezhi.demo.rhythm import Places

from . import numbers
from .estates import Building, Home, settle
from .families import Member, household, sizes
from .sizes import Share

DAYS = 700
"""So long before the city's now the first home was visited."""
VACANT, UNCLEAR, LET = 0.06, 0.015, 0.27
"""Shares of homes nobody lives in, nobody has looked at, and of those lived in that are let."""
WORK = (18, 60)
SCHOOLED = ((76, (("81", 5), ("71", 4), ("61", 1))), (46, (("71", 4), ("61", 3), ("31", 2), ("21", 1))),
            (0, (("61", 2), ("44", 1), ("31", 3), ("21", 4), ("14", 0.5))))
"""From an age on, codes of ``education`` and their weights."""
ABROAD = (("840", "Demo", ("Alder", "Birch", "Rowan")), ("276", "Demo", ("Linde", "Ahorn")),
          ("410", "Demo", ("Haneul", "Bada")), ("392", "Demo", ("Sora", "Umi")))
"""Country, surname, given names of people from abroad."""


@dataclass(slots=True)
class Person:
    """A person to be made.

    Attributes:
        values: fields of the register of people but the home.
        home: position of the home in the community.
        age: full years at the city's now.
        works: has work or looks for it.
        more: register that adds to the person, with the fields ``added``.
        role: within the household; ``head`` is the position of its head.
    """

    values: dict[str, Any]
    home: int
    age: int
    role: str
    head: int
    works: bool = False
    more: str = ""
    added: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Community:
    """A community as it is told, and then its records as they stand.

    Attributes:
        firms: of the community; whoever works in one knows its name.
        homes_made, people_made: the records of ``homes`` and ``people``, once they are written.
    """

    share: Share
    buildings: list[Building]
    homes: list[Home]
    people: list[Person]
    places: Places
    palette: Palette
    firms: list[Any] = field(default_factory=list)
    homes_made: list[Any] = field(default_factory=list)
    people_made: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all communities share: the seed, the grids, today, and who has reported something.

    Attributes:
        reporters: names and telephone numbers by community, of people who live there.
    """

    seed: int
    places: Places
    today: dt.date
    reporters: dict[str, list[tuple[str, str]]]


def count(setting: Setting, share: Share) -> Community:
    """Everything about the homes and people of a community; the same for the same seed."""
    rng = Random(f"{setting.seed}:census:{share.code}")
    palette = Palette.of(setting.seed, share.code)
    buildings, homes = settle(rng, share, setting.places, palette)
    town = Community(share, buildings, homes, [], setting.places, palette)
    lived = [at for at in range(len(homes)) if rng.random() >= VACANT + UNCLEAR] or list(range(len(homes)))[:1]
    inside = sizes(rng, share.people, len(lived))
    for home in homes:
        home.status, home.met = ("03" if rng.random() < 0.8 else "04"), 5 + rng.random() * DAYS
    known = iter(setting.reporters.get(share.code, ()))
    for at, size in zip(lived, inside, strict=False):
        _move_in(rng, setting, town, at, size, next(known, ("", "")))
    _owners(rng, town)
    return town


def _move_in(rng: Random, setting: Setting, town: Community, at: int, size: int, known: tuple[str, str]) -> None:
    """Fill a home with a household."""
    home, today = town.homes[at], setting.today
    let = rng.random() < LET
    migrants = let and rng.random() < 0.88
    met = today - dt.timedelta(days=int(home.met))
    first, abroad = len(town.people), migrants and rng.random() < 0.012
    province = rng.choice(list(numbers.PROVINCES)) if migrants else numbers.HOME_PROVINCE
    members = household(rng, size, met, migrants, "" if abroad else known[0])
    home.status = "02" if let else "01"
    for member in members:
        _person(rng, setting, town, at, member, first, (migrants, abroad, province))
    if known[1] and not abroad:
        town.people[first].values["phone"] = known[1]
    home.people = list(range(first, first + len(members)))
    for person, member in zip(town.people[first:], members, strict=True):
        _adds(rng, setting, town, person, member, (migrants, let))


def _person(rng: Random, setting: Setting, town: Community, at: int, member: Member, head: int,
            kind: tuple[bool, bool, int]) -> None:
    """One member as the register has them."""
    migrant, abroad, province = kind
    index = town.share.first["people"] + len(town.people)
    age = member.age(setting.today)
    works = WORK[0] <= age < WORK[1] and rng.random() < 0.85
    values: dict[str, Any] = {"source": "01" if rng.random() < 0.85 else "02",
                              "permanent": not migrant or rng.random() < 0.8}
    if abroad:
        country, _surname, given = rng.choice(ABROAD)
        values |= {"kind": "03", "id_type": "414", "id_no": numbers.passport(index), "nationality": country,
                   "name": f"{rng.choice(given)} Demo（{words.DEMO_MARK}）", "birth": member.born,
                   "gender": "2" if member.woman else "1"}
    elif age < 1 and rng.random() < 0.05:
        values |= {"kind": "05", "name": member.name, "birth": member.born, "gender": "2" if member.woman else "1"}
    else:
        values |= {"kind": "02" if migrant else "01", "name": member.name,
                   "id_no": numbers.id_number(index, member.born, member.woman, province)}
        values["household_region"] = f"{province}0000000000" if migrant else town.share.code.ljust(12, "0")
    if age >= 6 and (age >= 14 or rng.random() < 0.1):
        values["phone"] = numbers.phone(index)
    values |= _learned(rng, member, age)
    values["consent"] = age < 15
    town.people.append(Person(values, at, age, member.role, head, works))


def _learned(rng: Random, member: Member, age: int) -> dict[str, str]:
    """Marital state and schooling that fit the age."""
    if age < 16:
        return {}
    codes, weights = zip(*next(table for low, table in SCHOOLED if age >= low), strict=True)
    married = member.role in ("spouse", "parent") or (member.role == "head" and age > 29 and rng.random() < 0.75)
    state = ("30" if age > 70 and rng.random() < 0.4 else "20") if married else "10" if age < 40 else "40"
    return {"marital": state, "education": rng.choices(codes, weights)[0]}


def _adds(rng: Random, setting: Setting, town: Community, person: Person, member: Member,
          kind: tuple[bool, bool]) -> None:
    """The register that adds to a person, and the household's address."""
    migrant, let = kind
    values, head = person.values, town.people[person.head].values
    met = setting.today - dt.timedelta(days=int(town.homes[person.home].met))
    if values["kind"] == "03":
        arrived = met - dt.timedelta(days=rng.randint(20, 400))
        person.more, person.added = "overseas_person", {
            "surname": "Demo", "given_name": values["name"].split()[0], "arrived_on": arrived,
            "purpose": rng.choice(("01", "02", "03")), "document_until": arrived + dt.timedelta(days=3_000)}
    elif values["kind"] == "05":
        person.more, person.added = "unsettled_person", {"reason": "出生登记办理中", "since": values["birth"]}
    elif migrant:
        came = met - dt.timedelta(days=rng.randint(3, 900))
        person.more, person.added = "floating_person", {
            "reason": rng.choices(("01", "03", "06", "04"), (70, 12, 12, 6))[0] if person.works else "06",
            "dwelling": "02" if let else "01", "registered_on": max(came, _born(values))}
        if person.age >= 16 and rng.random() < 0.8:
            person.added |= {"permit_type": "01", "expires_on": met + dt.timedelta(days=rng.randint(20, 1_000))}
        values["household_address"] = f"{numbers.PROVINCES.get(int(values['household_region'][:2]), '')}演示乡演示村" \
                                      f"{rng.randint(1, 400)}号"
    else:
        person.more, person.added = "registered_resident", {
            "household_no": f"{town.share.code}{person.home + 1:05d}", "relation": member.relation,
            "head_name": head["name"], "head_id_no": head.get("id_no")}
        if head.get("phone"):
            person.added["head_phone"] = head["phone"]
        if let or rng.random() < 0.12:  # registered somewhere else in the city
            values["household_address"] = f"{rng.choice(town.palette.names['D'])}{rng.randint(1, 280)}号"
            person.added["household_no"] = f"{town.share.code}{rng.randint(50_000, 99_999)}"


def _born(values: dict[str, Any]) -> dt.date:
    number = values.get("id_no", "")
    return values.get("birth") or dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def _owners(rng: Random, town: Community) -> None:
    """Who lives in a home of their own owns it; what is let or empty belongs to a head of some other household."""
    heads = [home.people[0] for home in town.homes if home.people and home.status == "01"
             and town.people[home.people[0]].age >= 18]
    for home in town.homes:
        if home.status == "01" and home.people:
            home.owner = home.people[0]
        elif heads and home.status in ("02", "03"):
            home.owner = rng.choice(heads)

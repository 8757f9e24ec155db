"""The registers of the demo city fit together before anything is written: numbers, sizes, families, firms."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from random import Random

import pytest

from gezhi.demo.places import Palette
from gezhi.demo.settlement import census, numbers, streets, trades
from gezhi.demo.settlement.families import household, sizes
from gezhi.demo.settlement.sizes import SHARES, apportion, shares
from gezhi.kernel import identifiers

TODAY = dt.date(2026, 9, 16)
PEOPLE = 6_000


@pytest.fixture(scope="module")
def towns(places):
    """A city of two hundred communities."""
    setting = census.Setting(5, places, TODAY, {})
    out = [census.count(setting, share) for share in shares(5, PEOPLE, places)]
    for town in out:
        town.firms = trades.firms(5, town)
    return out


def test_parts_add_up_to_their_total():
    assert apportion(10, [1, 1, 1]) == [4, 3, 3] and sum(apportion(300_000, [0.1, 7, 2.5, 0.3])) == 300_000
    assert apportion(0, [1, 2]) == [0, 0]


def test_the_full_city_has_what_was_promised(places):
    all_ = shares(7, 300_000, places)
    assert sum(one.people for one in all_) == 300_000
    for name, count in {"homes": 110_000, "firms": 20_000, "vehicles": 60_000, "components": 100_000}.items():
        assert sum(getattr(one, name) for one in all_) == count
    assert shares(7, 300_000, places) == all_ != shares(8, 300_000, places)
    with pytest.raises(ValueError):
        shares(7, 1_000_000, places)


def test_numbers_pass_every_check_and_are_nobodys():
    day = dt.date(1984, 2, 29)
    for index in (0, 1, 98, 99, 49_499, 49_500, 299_999, 899_999):
        for woman in (False, True):
            number = identifiers.id_number(numbers.id_number(index, day, woman))
            assert (identifiers.born_of(number), identifiers.sex_of(number)) == (day, "2" if woman else "1")
            assert "3280" <= number[:4] <= "3299" and number[4:6] != "00"
        assert identifiers.document("414", numbers.passport(index)).startswith("DEMO")
        assert identifiers.credit_code(numbers.credit_code(index))[2:6] == "3299"
        assert identifiers.phone(numbers.phone(index)).startswith("154")
    for index in (0, 9, 10_000, 179_999):
        assert identifiers.plate(numbers.plate(index))[:2] == identifiers.plate(numbers.plate(index, True))[:2] == "苏Z"


def test_no_two_numbers_are_alike():
    day, every = dt.date(1990, 5, 5), range(0, 900_000, 45)
    assert len({numbers.id_number(n, day, bool(n % 2)) for n in every}) == len(every)
    assert len({numbers.phone(n) for n in every}) == len({numbers.credit_code(n) for n in every}) == len(every)
    cars = range(0, 180_000, 7)
    assert len({numbers.plate(n, n % 3 == 0) for n in cars}) == len(cars)


@pytest.mark.parametrize(("people", "homes"), [(0, 5), (3, 10), (10, 3), (100, 40), (500, 4)])
def test_everybody_lives_somewhere(people, homes):
    found = sizes(Random(1), people, homes)
    assert sum(found) == people and len(found) <= homes and all(size > 0 for size in found)


@pytest.mark.parametrize("migrants", [False, True])
def test_families_could_be(migrants):
    rng = Random(3)
    for _number in range(400):
        size = rng.choice((1, 2, 3, 4, 5, 6, 8))
        family = household(rng, size, TODAY, migrants)
        head = family[0]
        assert len(family) == size and head.role == "head" and head.age(TODAY) >= 20
        assert all(member.born < TODAY and member.age(TODAY) <= 100 for member in family)
        partners = [member for member in family if member.role in ("head", "spouse")]
        assert len({member.woman for member in partners}) == len(partners)
        for member in family:
            years = abs((member.born - head.born).days) / 365.2425
            if member.role == "parent":
                assert member.born < head.born and years >= 18
            if member.role == "child":
                mother = next((one for one in partners if one.woman), head)
                assert (member.born - mother.born).days / 365.2425 >= 18


def test_a_city_is_whole(towns):
    people = [person for town in towns for person in town.people]
    assert len(people) == PEOPLE and sum(len(town.homes) for town in towns) == round(PEOPLE * SHARES["homes"])
    ids = [person.values["id_no"] for person in people if "id_no" in person.values]
    assert len(set(ids)) == len(ids) > PEOPLE * 0.99
    shares_of = {kind: sum(one.values["kind"] == kind for one in people) / PEOPLE for kind in ("01", "02")}
    assert shares_of["01"] > 0.6 and shares_of["02"] > 0.15
    for person in people:
        assert person.values["name"].endswith("（演示）") and (person.age >= 14 or person.values["consent"])
        assert person.works <= (18 <= person.age < 60)


def test_homes_hang_on_addresses_in_their_grids(towns, places):
    for town in towns:
        keys = {tuple(home.parts.items()) for home in town.homes}
        assert len(keys) == len(town.homes)
        grids = {places.codes[at]: at for at in town.share.grids}
        for home in town.homes:
            at = grids[home.parts["area_code"]]
            far = max(abs(home.place[0] - places.lon[at]), abs(home.place[1] - places.lat[at]))
            assert far <= places.radius[at]
            assert (home.status in ("01", "02")) == bool(home.people)
            assert home.status != "01" or town.people[home.owner].home == town.homes.index(home)
            assert home.owner < 0 or town.people[home.owner].age >= 18 or home.status == "01"
        for block in town.buildings:
            assert 0 < block.homes <= block.floors * block.units * 2


def test_firms_and_vehicles_belong_to_people_of_the_community(towns):
    plates = []
    for town in towns:
        names = {firm.values["name"] for firm in town.firms}
        assert {p.values["workplace"] for p in town.people if "workplace" in p.values} <= names
        assert all(town.people[firm.legal].age >= 20 and town.people[firm.legal].values["id_no"] for firm in town.firms)
        for one in trades.vehicles(5, town, town.firms):
            assert (one.owner >= 0) != (one.firm >= 0) and (one.firm < 0 or one.driver >= 0)
            assert one.owner < 0 or town.people[one.owner].age >= 20
            plates.append(one.values["plate_no"])
    assert len(set(plates)) == len(plates) == round(PEOPLE * SHARES["vehicles"])


def test_streets_are_furnished_from_the_same_names_as_cases(towns):
    made = [(town, streets.key_places(5, town), streets.schools(5, town)) for town in towns]
    for town, places_, schools in made:
        names = {name for some in Palette.of(5, town.share.code).names.values() for name in some}
        assert {thing.values["name"].removesuffix("（演示）") for thing in (*places_, *schools)} <= names
    types = [f"{n:05d}" for n in range(153)]
    kinds = [thing.kind for town in towns for thing in streets.components(5, town, types)]
    assert len(kinds) == PEOPLE // 3 and len(set(kinds)) > 60
    codes = [thing.values["code"] for town in towns for thing in streets.cameras(5, town)]
    assert len(set(codes)) == len(codes) and {len(code) for code in codes} == {20}


def test_the_same_seed_tells_the_same_city(towns, places):
    setting = census.Setting(5, places, TODAY, {})
    again = census.count(setting, towns[3].share)
    assert [p.values | {"workplace": ""} for p in again.people] == [
        p.values | {"workplace": ""} for p in towns[3].people]


def test_who_has_reported_something_lives_there(places):
    share = max(shares(5, PEOPLE, places), key=lambda one: one.people)
    setting = census.Setting(5, places, TODAY, {share.code: [("陆望溪（演示）", "15400123456")]})
    town = census.count(setting, share)
    met = [p for p in town.people if p.values.get("phone") == "15400123456"]
    assert len(met) == 1 and met[0].values["name"] == "陆望溪（演示）" and met[0].role == "head"


def test_a_further_process_starts_without_django():
    code = "import sys, gezhi.demo.settlement.apart; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0

"""What stands in the streets of a community: components, key places, schools, cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from gezhi.demo.lexicon import words
from gezhi.demo.places import person

from .census import Community
from .estates import spot

OFTEN = 40
"""Types of components, in the order of the catalogue's list, that are common; the others are one in ten."""
KEY = {"M": ("17", "3"), "H": ("03", "2"), "P": ("14", "4"), "F": ("20", "2"), "T": ("04", "3"), "O": ("01", "4"),
       "S": ("02", "3")}
"""Setting letter of the palette to codes of ``place_type`` and ``risk_colour``."""
SCHOOLS = {"小学": ("02", 800), "中学": ("03", 1_200), "幼儿园": ("01", 220), "实验学校": ("06", 1_600),
           "职业学校": ("08", 1_400)}
CAMERAS = ("路口", "小区出入口", "广场", "河道", "校门口")


@dataclass(slots=True)
class Thing:
    """Something at a place, as the fields of its register; ``kind`` is what the writer still has to find by it."""

    values: dict[str, Any]
    place: tuple[float, float]
    kind: str = ""


def _somewhere(rng: Random, town: Community) -> tuple[str, tuple[float, float]]:
    grid = rng.choice(town.share.grids)
    return town.places.codes[grid], spot(rng, town.places, grid)


def components(seed: int, town: Community, types: Sequence[str]) -> list[Thing]:
    """Components by the codes of their types; lamps and covers come by the dozen."""
    rng, out = Random(f"{seed}:components:{town.share.code}"), []
    common = types[:OFTEN]
    for _number in range(town.share.components):
        area, place = _somewhere(rng, town)
        kind = common[int(rng.random() ** 2 * len(common))] if rng.random() < 0.9 else rng.choice(types)
        values = {"area_code": area, "state": rng.choices(("01", "02", "03", "04"), (955, 30, 10, 5))[0],
                  "owner_name": f"{words.DEMO_MARK}市政设施养护所", "origin": rng.choice("123"),
                  "accuracy": rng.choice("AB"),
                  "maintainer_name": f"{words.DEMO_MARK}第{1 + int(town.share.code[-3:]) % 6}养护公司"}
        out.append(Thing(values, place, kind))
    return out


def key_places(seed: int, town: Community) -> list[Thing]:
    """Markets, hospitals, parks, stations: the same names that cases are reported from."""
    rng, out = Random(f"{seed}:places:{town.share.code}"), []
    choices = [(name, *KEY[letter]) for letter in KEY for name in town.palette.names[letter]]
    rng.shuffle(choices)
    for name, kind, risk in choices[:town.share.places]:
        area, place = _somewhere(rng, town)
        head, phone = person(rng)
        out.append(Thing({"name": f"{name}（{words.DEMO_MARK}）", "kind": kind, "risk": risk, "area_code": area,
                          "head_name": head, "head_phone": phone, "capacity": rng.randrange(100, 4_000, 100),
                          "staff_count": rng.randint(5, 200), "patrol_days": rng.choice((7, 15, 30))}, place))
    return out


def schools(seed: int, town: Community) -> list[Thing]:
    """Schools and kindergartens with who answers for their safety."""
    rng, out = Random(f"{seed}:schools:{town.share.code}"), []
    for name in town.palette.names["S"][:town.share.schools]:
        kind, students = next(known for word, known in SCHOOLS.items() if name.endswith(word))
        area, place = _somewhere(rng, town)
        (head, head_phone), (guard, guard_phone) = person(rng), person(rng)
        out.append(Thing({
            "name": f"{name}（{words.DEMO_MARK}）", "kind": kind, "nature": "1" if rng.random() < 0.8 else "2",
            "authority": f"{words.DEMO_MARK}教育局", "area_code": area,
            "students": int(students * rng.uniform(0.5, 1.6)),
            "address_text": f"{rng.choice(town.palette.names['D'])}{rng.randint(1, 280)}号", "head_name": head,
            "head_phone": head_phone, "security_name": guard, "security_phone": guard_phone,
            "teachers": int(students / 14), "security_staff": rng.randint(2, 9)}, place))
    return out


def cameras(seed: int, town: Community) -> list[Thing]:
    """Cameras as inventory; their numbers follow GB/T 28181 within the community's own division."""
    rng, out = Random(f"{seed}:cameras:{town.share.code}"), []
    for number in range(town.share.cameras):
        area, place = _somewhere(rng, town)
        code = f"{town.share.code[:8]:0<8}00131{(town.share.first['cameras'] + number) % 10_000_000:07d}"
        out.append(Thing({
            "code": code, "name": f"{rng.choice(town.palette.names['D'])}{rng.choice(CAMERAS)}摄像机", "kind": "01",
            "state": rng.choices("123", (94, 4, 2))[0], "area_code": area, "heading": rng.randrange(0, 360, 15),
            "address": f"{rng.choice(town.palette.names['D'])}{rng.randint(1, 280)}号旁"}, place))
    return out

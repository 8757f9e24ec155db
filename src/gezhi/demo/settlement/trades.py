"""Firms of a community and the vehicles of its people: each belongs to somebody who lives there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from gezhi.demo.lexicon import words

from . import numbers
from .census import Community
from .estates import spot

TRADES = (("机械", 4), ("电子", 4), ("纺织", 3), ("包装", 2), ("建材", 2), ("食品", 3), ("物流", 2), ("信息技术", 4),
          ("贸易", 5), ("装饰", 3), ("环保科技", 2), ("商务服务", 4), ("汽车服务", 2), ("物业管理", 1), ("文化传媒", 2))
SHOPS = ("面馆", "便利店", "水果店", "理发店", "五金店", "早餐店", "药房", "打印店", "洗衣店", "奶茶店", "小吃店",
         "茶馆", "童装店", "修车铺", "花店")
SOCIETIES = (("志愿服务队", "01"), ("养老服务中心", "02"), ("书画协会", "01"), ("培训中心", "02"), ("互助会", "01"))
COURIERS = ("速递", "快运", "物流")
BRANDS = ("演示牌", "示例牌", "样品牌")
COLOURS = ("白", "黑", "灰", "银", "红", "蓝")
KINDS = (("K3", 86), ("M1", 5), ("H3", 4), ("K4", 2), ("H1", 1.5), ("K1", 1), ("T1", 0.5))
"""Codes of ``vehicle_kind`` and their weights."""
SPECIAL = {"H1": "02", "K1": "04", "T1": "01"}
"""Some of these carry earth, passengers over land, dangerous goods, and are looked at as key vehicles."""
STAFF = (2, 3, 5, 8, 12, 20, 35, 60, 120)


@dataclass(slots=True)
class Firm:
    """A firm to be made: its fields, the address it shares, its representative, and what adds to it."""

    values: dict[str, Any]
    address: dict[str, str]
    legal: int
    place: tuple[float, float]
    more: str
    added: dict[str, Any]


@dataclass(slots=True)
class Vehicle:
    """A vehicle to be made: its fields, its owner among the people or among the firms, its driver."""

    values: dict[str, Any]
    owner: int
    firm: int
    driver: int


def _stem(rng: Random) -> str:
    return "".join(rng.choice(signs) for signs in (words.STEM_A, words.STEM_B))


def firms(seed: int, town: Community) -> list[Firm]:
    """The firms of a community; those who work are given one as their place of work."""
    rng, share = Random(f"{seed}:firms:{town.share.code}"), town.share
    grown = [at for at, person in enumerate(town.people) if person.age >= 20 and person.values["kind"] in ("01", "02")]
    out: list[Firm] = []
    for number in range(share.firms if grown else 0):
        road = town.palette.names["D"][number // 3 % len(town.palette.names["D"])]
        grid = share.grids[number // 3 % len(share.grids)]
        parts = {"area_code": town.places.codes[grid], "road": road, "house_number": str(300 + 2 * (number // 3))}
        place = out[-1].place if number % 3 else spot(rng, town.places, grid)
        out.append(_firm(rng, share.first["firms"] + number, parts, rng.choice(grown), place))
    for person in town.people:
        if person.works and out and rng.random() < 0.6:
            person.values["workplace"] = rng.choice(out).values["name"]
    return out


def _firm(rng: Random, index: int, parts: dict[str, str], legal: int, place: tuple[float, float]) -> Firm:
    draw, mark = rng.random(), f"（{words.DEMO_MARK}）"
    more, added = "", {}
    if draw < 0.52:
        trade = rng.choices([t for t, _w in TRADES], [w for _t, w in TRADES])[0]
        name, kind, code = f"{_stem(rng)}{_stem(rng)}{trade}有限公司{mark}", "01", numbers.credit_code(index, "91")
        more, added = "private_org", _private(rng, trade)
    elif draw < 0.985:
        name, kind, code = f"{_stem(rng)}{rng.choice(SHOPS)}{mark}", "02", numbers.credit_code(index, "92")
    elif draw < 0.992:
        name, kind, code = f"{_stem(rng)}{rng.choice(COURIERS)}有限公司{mark}", "01", numbers.credit_code(index, "91")
        brand = rng.choice(BRANDS)
        more, added = "courier_company", {
            "reg_type": "150", "holding": "210", "licence": rng.choice(("01", "02")), "scope": ["01", "02"],
            "brand": brand, "cameras": rng.randint(2, 30), "xrays": rng.randint(0, 3), "checks_all": rng.random() < 0.9,
            "names_all": rng.random() < 0.95, "xrays_all": rng.random() < 0.6}
    else:
        word, social = rng.choice(SOCIETIES)
        name, kind, code = f"{_stem(rng)}{word}{mark}", "03", numbers.credit_code(index, "52")
        more, added = "social_org", {"kind": social, "register_authority": f"{parts['area_code'][:6]:0<12}"}
    values = {"name": name, "kind": kind, "uscc": code, "employees": rng.choice(STAFF[:3] if kind == "02" else STAFF),
              "phone": numbers.phone(index, 2), "attention": rng.choices(("01", "02", "03"), (1, 5, 94))[0],
              "active": rng.random() < 0.96}
    return Firm(values, parts, legal, place, more, added)


def _private(rng: Random, trade: str) -> dict[str, Any]:
    """What a private firm says of its bodies and dangers."""
    ready = rng.random() < 0.3
    out: dict[str, Any] = {"category": "01" if rng.random() < 0.94 else "02", "party_ready": ready,
                           "is_hazchem": trade in ("机械", "纺织") and rng.random() < 0.01,
                           "hazard": rng.choices(("00", "02", "04"), (92, 6, 2))[0]}
    if ready and rng.random() < 0.7:
        out |= {"has_party": True, "party_members": rng.randint(3, 20)}
    if rng.random() < 0.35:
        out |= {"has_union": True, "union_members": rng.randint(3, 60)}
    return out


def vehicles(seed: int, town: Community, made: Sequence[Firm]) -> list[Vehicle]:
    """The vehicles of a community: of grown people, one in eight of a firm with one of them as its driver."""
    rng, share = Random(f"{seed}:vehicles:{town.share.code}"), town.share
    drivers = [at for at, person in enumerate(town.people) if 20 <= person.age < 75 and person.values["kind"] != "05"]
    out = []
    for number in range(share.vehicles if drivers else 0):
        index = share.first["vehicles"] + number
        kind = rng.choices([k for k, _w in KINDS], [w for _k, w in KINDS])[0]
        green = kind in ("K3", "K4") and rng.random() < 0.3
        of_firm = bool(made) and (kind in SPECIAL or kind == "H3" or rng.random() < 0.08)
        driver = rng.choice(drivers)
        key = kind in SPECIAL and rng.random() < 0.6
        colour = "5" if green else "2" if kind in ("H1", "K1", "T1") else "1"
        values = {"plate_no": numbers.plate(index, green), "plate_colour": colour, "kind": kind,
                  "brand_model": f"{rng.choice(BRANDS)}{rng.choice('ABCDE')}{rng.randint(1, 9)}",
                  "body_colour": rng.choice(COLOURS), "energy": "2" if green else "1", "is_key": key,
                  "seats": {"K1": 45, "K3": 5, "K4": 5, "M1": 2}.get(kind, 3),
                  "special_use": SPECIAL[kind] if key else ""}
        firm = rng.randrange(len(made)) if of_firm else -1
        out.append(Vehicle(values, -1 if of_firm else driver, firm, driver if of_firm or rng.random() < 0.3 else -1))
    return out

"""Who lives together: households whose ages, sexes and names fit each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gezhi.demo.lexicon import words

SIZES = ((1, 0.2), (2, 0.27), (3, 0.29), (4, 0.15), (5, 0.07), (6, 0.02))
"""Heads a household and their share."""
MOST = 8
MALE = "望听澄棠知予亦清景云川衡舟岸松竹"
FEMALE = "菱蘅若书禾霁岚溪月真微遥宁和言安"
"""Signs that men's and women's names end with."""


@dataclass(slots=True)
class Member:
    """Somebody of a household.

    Attributes:
        role: ``head``, ``spouse``, ``child``, ``parent`` (of the head), ``mate`` (shares a flat, no kin).
        relation: code of ``kinship`` to the head.
    """

    name: str
    born: dt.date
    woman: bool
    role: str
    relation: str

    def age(self, on: dt.date) -> int:
        """Full years on a day."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


def sizes(rng: Random, people: int, homes: int) -> list[int]:
    """How many live in each of so many homes; together exactly ``people``, nobody in a home left over."""
    if not people:
        return []
    homes = min(homes, people)
    out = rng.choices([s for s, _share in SIZES], [share for _s, share in SIZES], k=homes)
    lacking = people - sum(out)
    while lacking:
        at = int(rng.random() * homes)
        step = 1 if lacking > 0 else -1
        if (step > 0 and (out[at] < MOST or people > MOST * homes)) or (step < 0 and out[at] > 1):
            out[at] += step
            lacking -= step
    return out


def _name(rng: Random, surname: str, woman: bool) -> str:
    last = FEMALE if woman else MALE
    first = words.GIVEN_A[int(rng.random() * len(words.GIVEN_A))] if rng.random() < 0.78 else ""
    return f"{surname}{first}{last[int(rng.random() * len(last))]}（{words.DEMO_MARK}）"


def _surname(rng: Random) -> str:
    return words.SURNAMES[int(rng.random() ** 1.5 * len(words.SURNAMES))]


def _day(rng: Random, today: dt.date, low: float, high: float) -> dt.date:
    """A day of birth of somebody between so many years old, never in the future."""
    years = low + rng.random() * (high - low)
    return today - dt.timedelta(days=max(3, int(years * 365.2425)))


def _about(rng: Random, day: dt.date, years: float, spread: float) -> dt.date:
    return day + dt.timedelta(days=int((years + rng.uniform(-spread, spread)) * 365.2425))


def household(rng: Random, size: int, today: dt.date, migrants: bool, known: str = "") -> list[Member]:
    """The people of one home, the head first.

    Args:
        today: nobody is born after it.
        migrants: have come for work: younger, fewer old people, more who share.
        known: name of the head where it is known already (somebody who has reported something).
    """
    surname = known[:1] or _surname(rng)
    single, shared = size == 1, migrants and size >= 2 and rng.random() < 0.35
    if single and not migrants and rng.random() < 0.45:
        born = _day(rng, today, 62, 92)
    else:
        born = _day(rng, today, 21 if single or migrants else 26, 48 if migrants else 74)
    woman = rng.random() < (0.55 if single else 0.25)
    head = Member(known or _name(rng, surname, woman), born, woman, "head", "02")
    if shared:
        return [head, *[_mate(rng, today) for _n in range(size - 1)]]
    return [head, *_kin(rng, head, size - 1, today)]


def _mate(rng: Random, today: dt.date) -> Member:
    woman = rng.random() < 0.45
    return Member(_name(rng, _surname(rng), woman), _day(rng, today, 19, 45), woman, "mate", "99")


def _kin(rng: Random, head: Member, left: int, today: dt.date) -> list[Member]:
    """Spouse, then children that one of the two may have, then the head's parents; more children fill up."""
    out: list[Member] = []
    if left and (head.age(today) >= 24 or left > 1) and rng.random() < 0.92:
        near = _about(rng, head.born, 2 if not head.woman else -2, 4)
        oldest = today - dt.timedelta(days=int(21 * 365.2425))
        out.append(Member(_name(rng, _surname(rng), not head.woman), min(near, oldest), not head.woman, "spouse",
                          "12" if not head.woman else "11"))
    mother = next((m for m in (head, *out) if m.woman), head)
    wanted = left - len(out)
    first = max(1, wanted - (2 if mother.age(today) < 50 else 0)) if wanted else 0
    children = _children(rng, head, mother, first, today)
    out += children
    for woman in (True, False):
        if len(out) < left and head.age(today) < 66:
            born = _about(rng, head.born, -26, 4)
            name = _name(rng, head.name[0] if not woman else _surname(rng), woman)
            out.append(Member(name, max(born, today - dt.timedelta(days=36_500)), woman, "parent",
                              "52" if woman else "51"))
    out += _children(rng, head, mother, left - len(out), today, len(children))
    return out


def _children(rng: Random, head: Member, mother: Member, count: int, today: dt.date, before: int = 0) -> list[Member]:
    """Children of a mother between twenty and forty, none born after today; grown ones are children all the same."""
    out = []
    for number in range(count):
        born = _about(rng, mother.born, 23 + 3 * (before + number), 2.5)
        born = min(born, today - dt.timedelta(days=30 + 300 * (count - number) + int(rng.random() * 200)))
        woman = rng.random() < 0.48
        surname = head.name[0] if not head.woman else _surname(rng)
        out.append(Member(_name(rng, surname, woman), max(born, mother.born + dt.timedelta(days=6600)), woman, "child",
                          "30" if woman else "20"))
    return out


def oldest(members: Sequence[Member]) -> Member:
    """The oldest of a household."""
    return min(members, key=lambda member: member.born)

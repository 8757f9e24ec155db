"""Invented places of the demo city: each area has its own small set of estates, roads, waters and buildings.

The names are made of two-character stems and never looked up: where one equals a real name, it does so by
chance. An area always has the same places, so that reports about one spot come again as in a real city.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gezhi.demo.lexicon import words

_KINDS: dict[str, tuple[tuple[str, ...], int]] = {
    "R": (words.ESTATES, 5),
    "D": (words.ROADS, 6),
    "W": (words.WATERS, 2),
    "P": (words.PARKS, 2),
    "M": (words.MARKETS, 3),
    "C": (words.SITES, 2),
    "F": (words.PLANTS, 2),
    "S": (words.SCHOOLS, 2),
    "H": (words.HOSPITALS, 1),
    "V": (words.VILLAGES, 2),
    "O": (words.OFFICES, 1),
    "T": (words.STATIONS, 2),
}


@dataclass(frozen=True, slots=True)
class Palette:
    """The places of one area: ``names[setting]`` for each setting letter of the lexicon but ``X``."""

    names: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, seed: int, area_code: str) -> Palette:
        """The palette of an area.

        Args:
            seed: the demo city's seed.
            area_code: code of a community (any text works as a key).
        """
        rng = Random(f"{seed}:{area_code}")
        names: dict[str, tuple[str, ...]] = {}
        for setting, (suffixes, count) in _KINDS.items():
            stems = {rng.choice(words.STEM_A) + rng.choice(words.STEM_B) for _ in range(count)}
            names[setting] = tuple(stem + rng.choice(suffixes) for stem in sorted(stems))
        return cls(names)

    def at(self, rng: Random, setting: str) -> str:
        """A place with a little detail, e.g. ``听湖花园12幢附近``; empty for setting ``X``."""
        names = self.names.get(setting)
        if names is None:
            return ""
        draw = rng.random
        name = names[int(draw() * len(names))]
        near = words.PLACE_NEAR[int(draw() * len(words.PLACE_NEAR))]
        if setting == "R" and draw() < 0.6:
            return f"{name}{1 + int(draw() * 38)}幢{near}"
        if setting == "D":
            if draw() < 0.4:
                roads = self.names["D"]
                other = roads[int(draw() * len(roads))]
                if other != name:
                    return f"{name}与{other}路口"
            return f"{name}{1 + int(draw() * 298)}号{near}"
        return name + near


def person(rng: Random) -> tuple[str, str]:
    """An invented name, marked 演示, and a phone number that cannot ring (``words.PHONE_PREFIX``)."""
    draw = rng.random
    surname = words.SURNAMES[int(draw() * len(words.SURNAMES))]
    first = words.GIVEN_A[int(draw() * len(words.GIVEN_A))]
    second = words.GIVEN_B[int(draw() * len(words.GIVEN_B))] if draw() < 0.75 else ""
    phone = f"{words.PHONE_PREFIX}{int(draw() * 1_000_000):06d}"
    return f"{surname}{first}{second}（{words.DEMO_MARK}）", phone

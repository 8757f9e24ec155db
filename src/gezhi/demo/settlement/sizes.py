"""How much of everything the registers hold, and how it falls on the communities of the city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gezhi.demo.rhythm import Places

MOST = 900_000
"""People of whom every one gets an identity number of an unassigned division (see ``numbers``)."""
SHARES = {"homes": 11 / 30, "firms": 1 / 15, "vehicles": 1 / 5, "components": 1 / 3, "places": 1 / 150,
          "schools": 1 / 750, "cameras": 1 / 100}
"""Records a person: 300,000 people have 110,000 homes, 20,000 firms, 60,000 vehicles, 100,000 components."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one community holds.

    Attributes:
        code: of the community, 12 digits.
        grids: positions of its grids in the city's ``Places``.
        rural: a village.
        people, homes, firms, vehicles, components, places, schools, cameras: how many.
        first: numbers of each given to communities before it, so that every record of the city has its own.
    """

    code: str
    grids: tuple[int, ...]
    rural: bool
    people: int
    homes: int
    firms: int
    vehicles: int
    components: int
    places: int
    schools: int
    cameras: int
    first: dict[str, int]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts of a total in the ratio of the weights, by largest remainders; they add up to the total."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(one) for one in exact]
    order = sorted(range(len(weights)), key=lambda at: parts[at] - exact[at])
    for at in order[:total - sum(parts)]:
        parts[at] += 1
    return parts


def shares(seed: int, people: int, places: Places) -> list[Share]:
    """What every community of the city holds: towns more than villages, industry apart from dwellings.

    Args:
        seed: same seed, same shares.
        people: in all, at most :data:`MOST`.
        places: the city's grids.
    """
    if not 0 < people <= MOST:
        raise ValueError(f"1 to {MOST} people")
    grids: dict[str, list[int]] = {}
    for at, community in enumerate(places.areas):
        grids.setdefault(community, []).append(at)
    codes = sorted(grids)
    rng = Random(f"shares:{seed}")
    rural = [bool(places.rural[grids[code][0]]) for code in codes]
    weights = [(0.35 if village else 1.0) * (0.4 + rng.gammavariate(2.5, 0.4)) for village in rural]
    trade = [weight * (0.3 + rng.gammavariate(1.5, 0.7)) for weight in weights]
    counts = {"people": apportion(people, weights)}
    for name, share in SHARES.items():
        counts[name] = apportion(max(1, round(people * share)), trade if name == "firms" else weights)
    out, first = [], dict.fromkeys(counts, 0)
    for at, code in enumerate(codes):
        mine = {name: parts[at] for name, parts in counts.items()}
        out.append(Share(code=code, grids=tuple(grids[code]), rural=rural[at], first=dict(first), **mine))
        for name, number in mine.items():
            first[name] += number
    return out

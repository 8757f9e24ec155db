"""When, where, what and through whom: the arrivals of two years in the demo city, drawn in arrays.

Nothing is written here; ``life.py`` gives each arrival its course and ``plan.py`` its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from gezhi.demo import profiles
from gezhi.demo.lexicon import group_of
from gezhi.demo.weather import Array, day_weights, days_before
from gezhi.engines.workflow.worktime import CHINA, WorkCalendar


class ItemLike(Protocol):
    """What the rhythm needs of a catalogue item."""

    @property
    def code(self) -> str: ...

    @property
    def urgency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Places:
    """The grids of the city as arrays of one length.

    Attributes:
        codes: grid codes.
        areas: community code of each grid.
        lon, lat: a point inside each grid, degrees.
        radius: radius in degrees of a circle round that point that lies inside the grid.
        rural: True where the community is a village.
    """

    codes: Sequence[str]
    areas: Sequence[str]
    lon: Array
    lat: Array
    radius: Array
    rural: Array


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Arrivals in order of time: epoch seconds, item, channel, index of the grid, point, what it repeats.

    ``repeat[i]`` is the index of an earlier arrival that ``i`` repeats, or -1.
    """

    at: Array
    item: list[str]
    channel: list[str]
    grid: Array
    lon: Array
    lat: Array
    repeat: Array


RURAL = frozenset({"rural", "land"})
REPEAT_SHARE = 0.035


def item_weights(codes: Sequence[str]) -> Array:
    """Share of each item among all reports, summing to 1: category share times the item's own boost."""
    own = np.array([profiles.BOOST.get(code, 1.0) for code in codes])
    totals: dict[str, float] = {}
    for code, weight in zip(codes, own, strict=True):
        totals[code[:4]] = totals.get(code[:4], 0.0) + weight
    share = np.array([profiles.CATEGORY_SHARE.get(code[:4], profiles.RARE_SHARE) for code in codes])
    weights = own * share / np.array([totals[code[:4]] for code in codes])
    return weights / weights.sum()


def _draw_days(
    rng: np.random.Generator, item: Array, codes: Sequence[str], weights: Mapping[str, Array]
) -> Array:
    season = np.array([profiles.season_of(code) for code in codes])[item]
    day = np.empty(item.size, dtype=np.int64)
    for name in np.unique(season):
        chosen = np.flatnonzero(season == name)
        weight = weights[str(name)]
        day[chosen] = rng.choice(weight.size, size=chosen.size, p=weight / weight.sum())
    return day


def _draw_channels(rng: np.random.Generator, item: Array, groups: Sequence[str]) -> Array:
    group = np.array(groups)[item]
    channel = np.empty(item.size, dtype=np.int64)
    for name in np.unique(group):
        chosen = np.flatnonzero(group == name)
        mix = np.array(profiles.CHANNEL_MIX.get(str(name), profiles.CIVIC_MIX), dtype=float)
        channel[chosen] = rng.choice(mix.size, size=chosen.size, p=mix / mix.sum())
    return channel


def _draw_seconds(rng: np.random.Generator, item: Array, channel: Array, groups: Sequence[str]) -> Array:
    group = np.array(groups)[item]
    key = np.char.add(np.char.add(np.array(profiles.CHANNELS)[channel], "|"), group)
    hour = np.empty(item.size, dtype=np.int64)
    for pair in np.unique(key):
        chosen = np.flatnonzero(key == pair)
        weight = np.array(profiles.HOURS[profiles.hour_habit(*str(pair).split("|"))], dtype=float)
        hour[chosen] = rng.choice(24, size=chosen.size, p=weight / weight.sum())
    return hour * 3600 + rng.integers(0, 3600, item.size)


def grid_weights(rng: np.random.Generator, places: Places) -> Array:
    """How many reports each grid sends, summing to 1: uneven everywhere, a hundredth of them hot spots."""
    count = len(places.codes)
    weight = rng.lognormal(0.0, 0.9, count) * np.where(places.rural, 0.45, 1.0)
    hot = rng.choice(count, size=max(1, count // 100), replace=False)
    weight[hot] *= rng.uniform(6, 18, hot.size)
    return weight / weight.sum()


def _draw_grids(rng: np.random.Generator, item: Array, groups: Sequence[str], places: Places) -> Array:
    base = grid_weights(rng, places)
    rural = base * np.where(places.rural, 6.0, 0.25)
    country = np.array([name in RURAL for name in groups])[item]
    grid = rng.choice(base.size, size=item.size, p=base)
    grid[country] = rng.choice(base.size, size=int(country.sum()), p=rural / rural.sum())
    return grid


def _points(rng: np.random.Generator, grid: Array, places: Places) -> tuple[Array, Array]:
    angle = rng.uniform(0, 2 * np.pi, grid.size)
    reach = np.sqrt(rng.random(grid.size)) * places.radius[grid] * 0.98
    return places.lon[grid] + reach * np.cos(angle), places.lat[grid] + reach * np.sin(angle)


def _repeats(rng: np.random.Generator, at: Array, channel: Array) -> Array:
    """For a few arrivals by citizens, the index of an arrival of the two days before that they repeat."""
    repeat = np.full(at.size, -1, dtype=np.int64)
    public = np.isin(np.array(profiles.CHANNELS)[channel], sorted(profiles.PUBLIC_CHANNELS))
    for index in np.flatnonzero(public & (rng.random(at.size) < REPEAT_SHARE)):
        earliest = np.searchsorted(at, at[index] - 2 * 86400)
        if earliest < index:
            master = int(rng.integers(earliest, index))
            if repeat[master] < 0:
                repeat[index] = master
    return repeat


def _latest(rng: np.random.Generator, at: Array, now: int) -> Array:
    """Move a handful of arrivals into the last fifty minutes, so that the pool is never empty, day or night."""
    some = min(at.size, max(20, at.size // 2500))
    moved = rng.choice(at.size, size=some, replace=False)
    at[moved] = now - 60 - (rng.random(some) ** 2 * 3000).astype(np.int64)
    return at


def arrivals(
    seed: int, count: int, now: datetime, items: Mapping[str, ItemLike], places: Places,
    calendar: WorkCalendar, days: int = 730,
) -> Arrivals:  # fmt: skip
    """Draw the arrivals of ``days`` days up to ``now``.

    Args:
        seed: same seed, same arrivals (for the same ``now``, items and places).
        count: how many.
        now: aware instant; no arrival is later.
        items: catalogue items by code.
        places: the grids.
        calendar: working days and holidays.
        days: length of the past, in days.

    Raises:
        ValueError: no grid, no item, or a count below 1.
    """
    if not items or not len(places.codes) or count < 1:
        raise ValueError("arrivals need items, grids and a positive count")
    rng = np.random.default_rng(seed)
    codes = sorted(items)
    groups = [group_of(code).name for code in codes]
    item = rng.choice(len(codes), size=count, p=item_weights(codes))
    local = now.astimezone(CHINA)
    dates = days_before(local.date(), days)
    day = _draw_days(rng, item, codes, day_weights(rng, dates, calendar))
    channel = _draw_channels(rng, item, groups)
    seconds = _draw_seconds(rng, item, channel, groups)
    start = datetime(dates[0].year, dates[0].month, dates[0].day, tzinfo=CHINA)
    stop = int(now.timestamp())
    at = int(start.astimezone(UTC).timestamp()) + day * 86400 + seconds
    at = np.where(at >= stop - 60, at - 86400, at)
    at = _latest(rng, at, stop)
    order = np.argsort(at, kind="stable")
    at, item, channel = at[order], item[order], channel[order]
    grid = _draw_grids(rng, item, groups, places)
    repeat = _repeats(rng, at, channel)
    again = repeat >= 0
    item[again], grid[again] = item[repeat[again]], grid[repeat[again]]
    lon, lat = _points(rng, grid, places)
    lon[again] = lon[repeat[again]] + rng.normal(0, 0.00001, int(again.sum()))
    lat[again] = lat[repeat[again]] + rng.normal(0, 0.00001, int(again.sum()))
    names = [profiles.CHANNELS[index] for index in channel]
    return Arrivals(at, [codes[index] for index in item], names, grid, lon, lat, repeat)

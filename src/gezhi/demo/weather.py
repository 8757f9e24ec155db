"""Invented weather and calendar of the demo city's two years: what makes a day busy for each season class."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from gezhi.demo.profiles import WEEKEND
from gezhi.engines.workflow.worktime import DayType, WorkCalendar

Array = np.ndarray


def _bump(day_of_year: Array, centre: float, width: float) -> Array:
    """A smooth hump of height 1 round a day of the year, going round New Year."""
    gap = np.abs(day_of_year - centre)
    gap = np.minimum(gap, 365.25 - gap)
    return np.exp(-0.5 * (gap / width) ** 2)


def rain(rng: np.random.Generator, day_of_year: Array) -> Array:
    """Rain of each day, 0 (dry) to about 6 (downpour): plum rains in June, showers in summer, dry winter."""
    chance = 0.18 + 0.22 * _bump(day_of_year, 172, 18) + 0.12 * _bump(day_of_year, 215, 35)
    wet = rng.random(day_of_year.size) < chance
    return np.where(wet, rng.gamma(1.6, 0.8, day_of_year.size), 0.0)


def storms(rng: np.random.Generator, day_of_year: Array) -> Array:
    """Wind of each day: a few typhoons of two or three days from July to September."""
    wind = 0.25 * rng.random(day_of_year.size)
    season = np.flatnonzero((day_of_year > 185) & (day_of_year < 272))
    if season.size:
        for start in rng.choice(season, size=max(2, season.size // 28), replace=False):
            for offset, force in enumerate((2.0, 6.0, 3.0)):
                if start + offset < wind.size:
                    wind[start + offset] += force * rng.uniform(0.6, 1.3)
    return wind


def _seasons(rng: np.random.Generator, doy: Array, resting: Array) -> dict[str, Array]:
    wet, wind = rain(rng, doy), storms(rng, doy)
    cold = _bump(doy, 18, 20) * (0.4 + rng.gamma(1.2, 0.9, doy.size))
    dry_spell = np.where(wet > 0, 0.3, 1.0)
    one = np.ones(doy.size)
    return {
        "flat": one,
        "heating": 0.02 + ((doy > 318) | (doy < 75)) * (0.5 + cold),
        "frost": 0.01 + np.where(cold > 0.9, cold**2, 0),
        "rain": 0.06 + wet**1.6 + 0.8 * wind,
        "storm": 0.25 + wind**1.5,
        "summer": 0.35 + 1.2 * _bump(doy, 205, 50),
        "spring": 0.4 + _bump(doy, 120, 40) + 0.5 * _bump(doy, 285, 30),
        "harvest": 0.03 + 2.5 * _bump(doy, 158, 8) + 2.2 * _bump(doy, 310, 12),
        "dry": (0.25 + 1.3 * _bump(doy, 10, 45) + 1.5 * _bump(doy, 95, 5)) * dry_spell,
        "school": 0.35 + 1.6 * _bump(doy, 243, 16) + 0.8 * _bump(doy, 170, 20),
        "yearend": 0.5 + 2.2 * _bump(doy, 18, 18),
        "holiday": 0.6 + 1.6 * resting + 0.7 * _bump(doy, 275, 6) + 0.7 * _bump(doy, 122, 5),
        "exam": 0.7 + 1.4 * _bump(doy, 158, 7) + 0.3 * _bump(doy, 205, 40),
    }


def day_weights(rng: np.random.Generator, days: list[date], calendar: WorkCalendar) -> dict[str, Array]:
    """Weight of each day for each season class.

    Args:
        rng: source of chance for the weather.
        days: consecutive local dates, oldest first.
        calendar: tells holidays and 调休 days.

    Returns:
        Arrays as long as ``days`` by class of ``profiles.SEASON`` (and ``flat``), none with a zero sum.
    """
    doy = np.array([day.timetuple().tm_yday for day in days], dtype=float)
    resting = np.array([not calendar.periods(day) for day in days])
    festival = np.array([calendar.day_type(day) is DayType.HOLIDAY for day in days])
    growth = np.linspace(0.8, 1.2, len(days))
    noise = rng.gamma(60, 1 / 60, len(days))
    weights: dict[str, Array] = {}
    for name, season in _seasons(rng, doy, festival.astype(float)).items():
        week = np.where(resting, WEEKEND.get(name, WEEKEND["flat"]), 1.0)
        weights[name] = season * week * growth * noise
    return weights


def days_before(last: date, count: int) -> list[date]:
    """``count`` consecutive dates ending with ``last``."""
    return [last - timedelta(days=count - 1 - index) for index in range(count)]

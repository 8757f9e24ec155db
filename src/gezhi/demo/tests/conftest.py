"""A small territory and calendar for the demo's pure tests."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from gezhi.demo.build import Wish
from gezhi.demo.rhythm import Places
from gezhi.demo.units_plan import Area
from gezhi.domains.cases.moves import intake
from gezhi.engines.workflow.worktime import WorkCalendar
from gezhi.foundation.calendar.source import known_years, national_days

NOW = datetime(2026, 9, 16, 2, 30, tzinfo=UTC)  # a Wednesday morning in China
WISH = Wish(source="invented", seed=5, cases=60, grids=60, units=90, staff=260, people=600, jobs=1, now=NOW)


@pytest.fixture(autouse=True, scope="module")
def fresh_centres() -> None:
    """The case line keeps centres for half a minute; a city of another test is no longer theirs."""
    intake._centres.clear()


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture(scope="session")
def calendar() -> WorkCalendar:
    """The national calendar with the usual office hours."""
    days = {day.date: day.type for day in national_days()}
    return WorkCalendar(days, known_years=frozenset(known_years()))


@pytest.fixture(scope="session")
def places() -> Places:
    """A thousand grids in two hundred communities, two fifths of them villages."""
    count = 1000
    rng = np.random.default_rng(5)
    return Places(
        codes=[f"3299{index:08d}" for index in range(count)],
        areas=[f"3299{index // 5:08d}" for index in range(count)],
        lon=120.5 + rng.random(count),
        lat=31.0 + rng.random(count),
        radius=np.full(count, 0.001),
        rural=np.arange(count) // 5 % 5 < 2,
    )


@pytest.fixture(scope="session")
def territory() -> tuple[Area, list[Area], list[Area], list[Area]]:
    """One city, two counties, six towns, eighteen communities, with codes that nest."""
    counties = [Area(f"32990{c}", f"甲{c}区", "county") for c in (1, 2)]
    towns = [Area(f"{c.code}00{t}", f"{c.name}乙{t}街道", "town") for c in counties for t in (1, 2, 3)]
    communities = [Area(f"{t.code}00{v}", f"丙{v}社区居委会", "community") for t in towns for v in (1, 2, 3)]
    return Area("3299", "演示市", "city"), counties, towns, communities

"""The plan of the demo city: a list of invented cases, each with its words, place and course, from one seed.

A plan holds no database objects. ``build`` carries it through the write door; tests read it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from gezhi.demo.grammar import Grammar
from gezhi.demo.lexicon import group_of
from gezhi.demo.life import Matter, Step, course
from gezhi.demo.places import person
from gezhi.demo.profiles import PUBLIC_CHANNELS
from gezhi.demo.rhythm import Arrivals, Places, arrivals
from gezhi.demo.workclock import WorkClock
from gezhi.engines.workflow.worktime import WorkCalendar
from gezhi.foundation.catalogue.reference import ItemRow

ANONYMOUS_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Case:
    """One invented case.

    Attributes:
        no: position in the plan, from 0, in order of time; also the seed of its own chance.
        at: time of the report, epoch seconds.
        item, condition, urgency: catalogue item code, filing condition code or empty, 一般/紧急/特急.
        channel, demand: channel of the glossary; demand type (投诉, 求助 …).
        grid, area: grid code and community code.
        lon, lat: WGS84 degrees.
        place, title, text: where and what, in words.
        reporter, phone: invented and marked; empty when anonymous or not a citizen's report.
        steps: the course up to now; the first is the report.
    """

    no: int
    at: int
    item: str
    condition: str
    urgency: str
    channel: str
    demand: str
    grid: str
    area: str
    lon: float
    lat: float
    place: str
    title: str
    text: str
    reporter: str
    phone: str
    steps: tuple[Step, ...]


class Plan:
    """The cases of a demo city, written one at a time.

    Args:
        seed: same seed, same city.
        count: number of cases.
        now: aware instant at which the two years end.
        items: catalogue items by code (``foundation.catalogue.reference.items``).
        places: the grids.
        calendar: working calendar.
    """

    def __init__(
        self, seed: int, count: int, now: datetime, items: Mapping[str, ItemRow], places: Places,
        calendar: WorkCalendar,
    ) -> None:  # fmt: skip
        self.seed, self.now = seed, int(now.timestamp())
        self._items, self._places = items, places
        self._grammar = Grammar(seed, items)
        self._clock = WorkClock(calendar)
        self.arrivals: Arrivals = arrivals(seed, count, now, items, places, calendar)
        self._groups = {code: group_of(code).name for code in items}

    def __len__(self) -> int:
        return len(self.arrivals.at)

    def __iter__(self) -> Iterator[Case]:
        return (self.case(no) for no in range(len(self)))

    def case(self, no: int) -> Case:
        """The case at position ``no``; always the same, whatever was asked before.

        Raises:
            IndexError: there is no such position.
        """
        drawn = self.arrivals
        at, code, channel = int(drawn.at[no]), drawn.item[no], drawn.channel[no]
        row, grid = self._items[code], int(drawn.grid[no])
        area = self._places.areas[grid]
        rng = Random(self.seed * 1_000_003 + no)
        report = self._grammar.report(rng, code, area, channel)
        name = phone = ""
        anonymous = rng.random() < ANONYMOUS_SHARE
        if channel in PUBLIC_CHANNELS and not anonymous:
            name, phone = person(rng)
        limit: tuple[float, str] = (row.limit_value, row.limit_unit)
        for condition in row.conditions:
            if condition.code == report.condition:
                limit = (condition.limit_value, condition.limit_unit)
        matter = Matter(
            code, self._groups[code], row.urgency, limit, row.verify, row.inspect, channel, report, anonymous,
            int(drawn.repeat[no]),
        )  # fmt: skip
        return Case(
            no=no, at=at, item=code, condition=report.condition, urgency=row.urgency, channel=channel,
            demand=report.demand, grid=self._places.codes[grid], area=area, lon=float(drawn.lon[no]),
            lat=float(drawn.lat[no]), place=report.place, title=report.title, text=report.text, reporter=name,
            phone=phone, steps=course(rng, self._clock, self._grammar, matter, at, self.now),
        )  # fmt: skip

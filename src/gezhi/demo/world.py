"""What past and present of the demo city's cases are told with: duties, facts, limits, numbers, working time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from gezhi.demo.chronicle import World
from gezhi.demo.city import DemoCity
from gezhi.demo.directory import Directory
from gezhi.demo.ground import places
from gezhi.demo.plan import Plan
from gezhi.engines.workflow.worktime import WorkCalendar
from gezhi.foundation.catalogue.public import Matrix
from gezhi.foundation.catalogue.reference import items
from gezhi.kernel.numbers import Numbers
from gezhi.kernel.registry import registry


def calendar(at: dt.datetime) -> WorkCalendar:
    """Working time of the city's centres."""
    return registry.port("calendar")(None, at)


def plan_of(code: str, seed: int, cases: int, now: dt.datetime) -> Plan:
    """The plan of a city's cases: always the same for one city."""
    return Plan(seed, cases, now, items(), places(code), calendar(now))


def _stages() -> dict[tuple[str, str], tuple[float, str]]:
    """Limits of the stages as an administrator has them."""
    stages: Any = registry.register("stage_limit").model
    rows = stages.objects.values_list("stage", "urgency", "value", "unit_of")
    return {(stage, urgency): (value, unit) for stage, urgency, value, unit in rows}


def world_of(city: DemoCity, numbers: Numbers) -> World:
    """Everything a chronicle needs, loaded once."""
    matrix, facts_of = Matrix(), registry.port("item_facts")
    facts: Mapping[str, Mapping[str, Any]] = {code: facts_of(code, city.now) for code in items()}
    stages, working = _stages(), calendar(city.now)

    def stage(name: str, urgency: str) -> tuple[float, str]:
        return stages.get((name, urgency)) or stages[name, ""]

    return World(
        directory=Directory(), duties=matrix.responsible, facts=facts,
        due=lambda at, limit: working.add(at, limit[0], limit[1]), stage=stage, number=numbers.next, seed=city.seed)


def alive(plan: Plan, numbers: Sequence[int]) -> tuple[list[int], list[int]]:
    """Part cases into those that have ended and can be told, and those to be driven through the moves.

    Driven are the open ones, the hard ones, and what repeats one of them.

    Args:
        plan: the plan.
        numbers: positions in order.

    Returns:
        Positions of the ended and of the driven ones.
    """
    ended: list[int] = []
    driven: list[int] = []
    moving: set[int] = set()
    for no in numbers:
        steps = plan.case(no).steps
        moves = {step.move for step in steps}
        master = steps[-1].data.get("master", -1)
        open_ = steps[-1].move not in _ENDS or "mark_hard" in moves or master in moving
        (driven if open_ else ended).append(no)
        if open_:
            moving.add(no)
    return ended, driven


_ENDS = frozenset({"close", "archive", "reject", "void_duplicate", "merge", "direct_reply", "withdraw"})

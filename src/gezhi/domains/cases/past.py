"""Cases that have already lived, written whole: the acts, clocks, orders and tasks of many cases at a time.

For archives taken over from another system and for the demo city. Who tells such a past says what happened to each
record (:class:`Log`); this writes it through the door for records that have lived (``kernel.bulk.bulk_past``), so that
histories are sealed and one event goes out a batch. The system only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import Point

from gezhi.engines.workflow import clocks
from gezhi.engines.workflow.clocks import Clock
from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import Step, bulk_past
from gezhi.kernel.copying import copy_in
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry

POINTS = ("place", "position")


@dataclass(slots=True)
class Log:
    """One record that has lived: its final values, its acts, its clocks, its state."""

    values: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    timers: list[Clock] = field(default_factory=list)
    status: str = ""
    record: Any = None

    def act(self, verb: str, at: dt.datetime, actor: Actor, status: str = "", opinion: str = "", **told: Any) -> None:
        """Add an act; ``status`` is the new state, the present one when empty; ``told`` are facts for history."""
        target = status or self.status
        changes: dict[str, Any] = {"status": [self.status or None, target]} if target != self.status else {}
        if told:
            changes["_"] = told
        self.steps.append(Step(verb, at, actor, self.status, target, opinion, changes))
        self.status = target

    def move(self, verb: str, at: dt.datetime, actor: Actor, status: str, values: Mapping[str, Any],
             told: Mapping[str, Any], opinion: str = "") -> None:
        """Add an act with the fields it set, which history then tells one by one, as the door does."""
        sets = {**values, "status": status} if status != self.status else dict(values)
        self.steps.append(Step(verb, at, actor, self.status, status, opinion, {"_": dict(told)} if told else {}, sets))
        self.values.update(sets)
        self.status = status

    def start(self, name: str, clock: Clock) -> dt.datetime:
        """Let a planned clock run; its due time."""
        clock.name = name
        self.timers.append(clock)
        return clock.due_at

    def running(self, name: str) -> Clock | None:
        """The clock of that name that has not stopped."""
        for timer in reversed(self.timers):
            if timer.name == name and timer.stopped_at is None:
                return timer
        return None

    def stop(self, name: str, at: dt.datetime) -> bool:
        """Stop a clock; whether it was overtime."""
        timer = self.running(name)
        if timer is None:
            return False
        clocks.halt(timer, at)
        return timer.overtime


@dataclass(slots=True)
class Chapter:
    """A whole case: itself, its orders (parents first), tasks, applications.

    Attributes:
        no: what the teller calls it.
        master: ``no`` of the case this one repeats; -1 for none.
    """

    no: int
    case: Log
    orders: list[Log] = field(default_factory=list)
    tasks: list[Log] = field(default_factory=list)
    applications: list[Log] = field(default_factory=list)
    master: int = -1


def write_cases(session: Session, chapters: Sequence[Chapter]) -> None:
    """Write the cases themselves; each log then knows its record.

    Raises:
        Refused: the session is not the system's. Invalid: nothing was written.
    """
    _write(session, "case", [chapter.case for chapter in chapters])


def write_below(session: Session, chapters: Sequence[Chapter]) -> None:
    """Write what stands below written cases: orders (leads first), tasks, applications, and the clocks of all."""
    leads: list[Log] = []
    helpers: list[Log] = []
    tasks: list[Log] = []
    applications: list[Log] = []
    for chapter in chapters:
        lead: dict[int, Log] = {}
        for log in chapter.orders:
            if log.values["role"] == "lead":
                lead[log.values["round"]] = log
                leads.append(log)
            else:
                log.values["parent"] = lead[log.values["round"]]
                helpers.append(log)
        for log in (*chapter.orders, *chapter.tasks, *chapter.applications):
            log.values["case"] = chapter.case.record
            log.steps[0] = _of_case(log.steps[0], chapter.case.record)
        tasks += chapter.tasks
        applications += chapter.applications
    _write(session, "work_order", leads)
    for log in helpers:
        log.values["parent"] = log.values["parent"].record
    _write(session, "work_order", helpers)
    _write(session, "task", tasks)
    for log in applications:
        log.values["order"] = log.values["order"].record
    _write(session, "application", applications)
    _clocks(chapters)


def _of_case(step: Step, case: Any) -> Step:
    """The act that made a record below a case, with the case's record where it sets fields."""
    if not step.values:
        return step
    return Step(step.verb, step.at, step.actor, step.source, step.target, step.opinion, step.changes,
                {**step.values, "case": case})


def _item(log: Log) -> tuple[dict[str, Any], list[Step]]:
    values = {name: value for name, value in log.values.items() if value is not None}
    for name in POINTS:
        if name in values and not isinstance(values[name], Point):
            lon, lat = values[name]
            values[name] = Point(lon, lat, srid=4326)
    values["status"] = log.status
    return values, log.steps


def _write(session: Session, name: str, logs: Sequence[Log]) -> None:
    made = bulk_past(session, registry.register(name).model, [_item(log) for log in logs])
    for log, record in zip(logs, made, strict=True):
        log.record = record


def _clocks(chapters: Sequence[Chapter]) -> None:
    """The clocks that ran; one that nobody stopped ended with its record's last act."""
    rows = []
    for chapter in chapters:
        for register, logs in (("case", (chapter.case,)), ("work_order", chapter.orders), ("task", chapter.tasks)):
            for log in logs:
                for clock in log.timers:
                    clock.register, clock.record_id = register, log.record.pk
                    if clock.stopped_at is None:
                        clocks.halt(clock, log.steps[-1].at)
                    rows.append(clock)
    copy_in(Clock, rows)

"""What a chronicle collects: the values, acts and clocks of a case and of the records below it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import Step


@dataclass(slots=True)
class Timer:
    """One run of a clock of a record."""

    name: str
    limit: tuple[float, str]
    unit_id: int | None
    started: dt.datetime
    due: dt.datetime
    stopped: dt.datetime | None = None
    paused_seconds: int = 0


@dataclass(slots=True)
class Log:
    """One record that has lived: its final values, its acts, its clocks, its state."""

    values: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
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

    def running(self, name: str) -> Timer | None:
        """The clock of that name that has not stopped."""
        for timer in reversed(self.timers):
            if timer.name == name and timer.stopped is None:
                return timer
        return None

    def stop(self, name: str, at: dt.datetime) -> bool:
        """Stop a clock; whether it was overtime."""
        timer = self.running(name)
        if timer is None:
            return False
        timer.stopped = at
        return at > timer.due


@dataclass(slots=True)
class Chapter:
    """A whole case: itself, its orders (parents first), tasks, applications."""

    no: int
    case: Log
    orders: list[Log] = field(default_factory=list)
    tasks: list[Log] = field(default_factory=list)
    applications: list[Log] = field(default_factory=list)
    master: int = -1

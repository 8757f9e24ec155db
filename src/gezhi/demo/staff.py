"""Who acts in the demo city's rooms, and the work of the worker that is done at once while it is built."""

from __future__ import annotations

from random import Random
from typing import Any

from gezhi.demo.directory import Directory
from gezhi.demo.live import Desk
from gezhi.engines.jobs import Periodic
from gezhi.engines.jobs.queue import declared
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import Actor
from gezhi.kernel.registry import registry


def model(name: str) -> Any:
    """The model of a register."""
    return registry.register(name).model


def job(name: str, **args: Any) -> None:
    """Do a declared job now."""
    declared(name).run(**args)


def work(name: str) -> None:
    """Do periodic work now."""
    next(p for p in registry.of(Periodic) if p.name == name).run()


class People:
    """Actors with their grants by role and unit; chance says who of several."""

    def __init__(self, rng: Random) -> None:
        self._directory, self._desk, self._rng = Directory(), Desk(), rng
        self.root: int = Unit.objects.filter(kind="centre", invented=True).order_by("level", "path").values_list(
            "pk", flat=True).filter(parent=None).first() or 0

    def who(self, role: str, unit_id: int | None) -> Actor:
        """A person of a role in a unit, else in the nearest unit above that has one."""
        return self._desk.full(self._directory.actor(self._rng, role, unit_id or self.root))

    def clerk(self, unit_id: int) -> Actor:
        """Who signs and answers for a unit."""
        return self.who("unit_clerk", unit_id)

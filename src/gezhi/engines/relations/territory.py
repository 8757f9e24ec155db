"""The card of a piece of territory: what lies in it, register by register, who works there, what is open.

A register whose key is its area is territory; what belongs to it is everything that can be filtered by area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gezhi.engines.tables.counts import Count
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry


@dataclass(frozen=True)
class Telling:
    """How many records of a register lie in a piece of territory.

    Args:
        count: how many, as far as the actor may see them.
        light: filter of those that are meant (``red``: overdue, ``running``); ``""``: all.
    """

    register: Register
    count: Count
    filters: dict[str, str]
    light: str = ""


RUNNING = "green,yellow,red,grey"


def is_territory(register: Register) -> bool:
    """Whether its records are pieces of territory."""
    return register.area_field is not None and register.key == register.area_field


def tellings(register: Register, record: Any, actor: Actor) -> list[Telling]:
    """One bounded count a register, two for work under deadlines (what is open, and what of it is overdue)."""
    if not is_territory(register):
        return []
    area = getattr(record, register.key)
    out = []
    for other in registry.registers.values():
        if (other is register or is_territory(other) or not other.columns or "area_code" not in other.declared_filters
                or not actor.may(f"{other.name}.view")):
            continue
        timed = issubclass(other.model, Timed)
        for light in (RUNNING, "red") if timed else ("",):
            filters = {"area_code": area, **({"light": light} if light else {})}
            count = Query(other, actor, filters).count()
            if count.number:
                out.append(Telling(other, count, filters, light))
            elif light:
                break
    return out

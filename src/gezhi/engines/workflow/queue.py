"""The work queue (待办): what waits for an actor, derived from the moves of every register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from gezhi.engines.tables.counts import Count
from gezhi.engines.tables.query import Query
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .clocks import Timed


@dataclass
class Work:
    """Records of one register that wait for an actor.

    Args:
        register: the register.
        within: filter of the records.
        count: how many, capped.
    """

    register: Register
    within: Q
    count: Count

    @property
    def timed(self) -> bool:
        """Whether its records have deadlines."""
        return issubclass(self.register.model, Timed)

    def query(self, actor: Actor, params: Mapping[str, Any]) -> Query:
        """The records as a query: those due first stand first; those whose clock is paused under their own light."""
        if not self.timed:
            return Query(self.register, actor, params, within=self.within)
        within = self.within
        if not params.get("light"):
            running, after = Q(finished_at__isnull=True, paused=False), _after(self.register, actor)
            within &= running | Q(**{f"{self.register.flow.field}__in": after}) if after else running  # type: ignore[union-attr]
        return Query(self.register, actor, params, within=within, order="due_at")


def _after(register: Register, actor: Actor) -> list[str]:
    """Final states that still wait for the actor's role (what is closed waits for the archive)."""
    flow = register.flow
    own = flow.desks.get(actor.role, ()) if flow is not None else ()
    return [code for code in own if flow is not None and flow.states()[code].final]


def duty(register: Register, actor: Actor) -> Q | None:
    """Records that wait for the actor: in a state from which a move leads on that the actor may make.

    Moves possible in every state (urging, voiding) make nobody's duty, nor do those that keep the state. Where the
    workflow says which states wait for the actor's role (``desks``), what else the role could do there is no duty.
    """
    flow = register.flow
    if flow is None or not actor.may(f"{register.name}.view"):
        return None
    own = flow.desks.get(actor.role)
    by_reach: dict[tuple[str, ...], set[str]] = {}
    verb_of: dict[tuple[str, ...], str] = {}
    for move in flow.moves().values():
        reaches = actor.reaches(f"{register.name}.{move.name}")
        if not reaches or move.quiet or isinstance(move.source, str) or move.creates or not move.targets():
            continue
        by_reach.setdefault(reaches, set()).update(
            s.code for s in move.source if (s.code in own if own is not None else not s.final and not s.rest))
        verb_of.setdefault(reaches, move.name)
    out = None
    for reaches, states in by_reach.items():
        if states:
            q = Q(**{f"{flow.field}__in": sorted(states)}) & sight(register, actor, verb_of[reaches])
            out = q if out is None else out | q
    return out


def waiting(actor: Actor) -> list[Work]:
    """What waits for an actor, register by register, those with deadlines first: one count a register."""
    out = []
    for register in registry.registers.values():
        q = duty(register, actor)
        if q is not None:
            work = Work(register, q, Count(0))
            work.count = work.query(actor, {}).count()
            out.append(work)
    return sorted(out, key=lambda w: (not w.count.number, not w.timed))

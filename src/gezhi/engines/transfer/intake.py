"""Rows of a table that come in by a move: what a register takes that people never fill in by form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import Kind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry


@dataclass(frozen=True)
class Intake:
    """How rows of a table become records of a register whose records are made by a move.

    Args:
        register: its name.
        move: the creating move; what it asks for are the columns.
        key: the input that holds the sender's key of a row: the same key twice is one record.
        take: ``take(actor, values, key)`` takes one row in, and returns the record and whether it is new. Called
            inside an open door; what it raises stands beside the row.
        skip: inputs that a table cannot carry.
    """

    register: str
    move: str
    key: str
    take: Callable[[Actor, Mapping[str, Any], str], tuple[Any, bool]]
    skip: frozenset[str] = frozenset()
    DECLARATION: bool = True

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The columns by name."""
        flow = registry.register(self.register).flow
        assert flow is not None
        return {a.name: a.kind for a in flow.moves()[self.move].ask if a.name not in self.skip}


def intake_of(register: Register) -> Intake | None:
    """The declared way in of a register, if rows do not come in by its form."""
    return next((i for i in registry.of(Intake) if i.register == register.name), None)

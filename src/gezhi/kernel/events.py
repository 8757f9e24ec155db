"""Consumers of the outbox and ports: the two ways a lower floor calls code it must not name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Consumer:
    """Reads the outbox in order and acts on each event, exactly once for what it does in the database.

    Args:
        name: identity of its cursor.
        kinds: event kinds it wants, ``"case.file"`` or prefix ``"case."``; empty for all.
        handle: called with the event inside the cursor's transaction.
        tries: attempts before the event is put among the dead letters.
        many: ``handle`` takes a list of events, so that it can ask the database once for all of them.
        bare: of kinds it wants, whether an event with nothing in its payload concerns it too; all do unless it says so.
    """

    name: str
    kinds: tuple[str, ...]
    handle: Callable[[Any], None]
    tries: int = 5
    many: bool = False
    bare: Callable[[str], bool] | None = None

    def take(self, events: Sequence[Any]) -> None:
        """Handle events, in order."""
        if self.many:
            self.handle(list(events))
            return
        for event in events:
            self.handle(event)

    def wants(self, kind: str, bare: bool = False) -> bool:
        """Whether an event of this kind is for this consumer. Args: bare: its payload is empty."""
        if bare and self.bare is not None and not self.bare(kind):
            return False
        return not self.kinds or any(kind == k or (k.endswith(".") and kind.startswith(k)) for k in self.kinds)


@dataclass(frozen=True)
class Port:
    """Code a lower floor needs from a higher one, by name (``calendar``, ``codes``, ``area_names`` …).

    Args:
        default: stands in until another room provides the port.
    """

    name: str
    call: Callable[..., Any]
    default: bool = False


@dataclass(frozen=True)
class Hook:
    """Code run inside the write transaction after a record of ``register`` was written by ``verb``.

    Args:
        register: register name, or ``"*"``.
        run: ``run(session, record, verb, changed)``.
    """

    register: str
    run: Callable[..., None]


@dataclass(frozen=True)
class Seed:
    """Rows every installation starts with; run after each migrate, must do nothing the second time.

    Args:
        table: table that must exist for it to run.
        run: ``run(session)``, writes through the door as the system.
    """

    name: str
    table: str
    run: Callable[[Any], None]
    DECLARATION: bool = True

"""Entering a new record with a look at what is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.registers import Register

from .likeness import Likeness, alike


class LooksAlike(Exception):
    """The new record may be there already; nothing was written. ``found`` says which ones."""

    def __init__(self, found: list[Likeness]) -> None:
        super().__init__()
        self.found = found


def enter(actor: Actor, register: Register, values: Mapping[str, Any], *, sure: bool = False) -> Any:
    """Create a record; what it looks like is judged on the whole record, as the door has checked and filled it.

    Args:
        sure: the person has looked at what is alike and says that this is another.

    Raises:
        LooksAlike: unless ``sure``. Refused, Invalid: as the door.
    """
    with door(actor) as session:
        made = session.create(register.model, values)
        found = [] if sure else alike(register, actor, made)
        if found:
            raise LooksAlike(found)
    return made

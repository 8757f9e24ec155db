"""Boards: figures that belong together, with parts that a domain draws; the desk gives each a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.registry import registry

from .period import Period


@dataclass(frozen=True)
class Part:
    """A part of a board beside its tiles.

    Args:
        name, label: identity and heading.
        template: a partial template.
        context: data for it, ``context(actor, area, period)``; must not cost a query a row.
    """

    name: str
    label: Any
    template: str
    context: Callable[[Actor, str, Period], dict[str, Any]]


@dataclass(frozen=True)
class Board:
    """A page of figures. Its tiles are the metrics that name it in ``boards``.

    Args:
        name, label, icon: identity, menu entry.
        needs: permission without which nobody sees it.
        parts: what stands below the tiles.
        tables: metric and dimension that are shown as a table, largest first.
        group: boards of a group are tabs of one another.
        window: its period unless another is asked for.
    """

    name: str
    label: Any
    needs: str
    icon: str = "gauge"
    parts: tuple[Part, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    group: str = ""
    window: str = "30d"
    DECLARATION: bool = True


def boards(actor: Actor) -> list[Board]:
    """The boards an actor may see, in order of declaration."""
    return [b for b in registry.of(Board) if actor.may(b.needs)]


def board_of(actor: Actor, name: str) -> Board:
    """The board of that name.

    Raises:
        Missing: there is none, or none for this actor.
    """
    found = next((b for b in boards(actor) if b.name == name), None)
    if found is None:
        raise Missing
    return found

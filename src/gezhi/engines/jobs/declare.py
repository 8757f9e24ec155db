"""Declarations of work that the worker does: once (``Job``) or by the clock (``Periodic``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """Work to be asked for by :func:`gezhi.engines.jobs.enqueue`.

    Args:
        name: identity, ``"transfer.import"``.
        run: called with the keyword arguments given to ``enqueue`` (JSON data). A job may be run twice when a
            worker dies in the middle of it, so it must know what it has done already.
        tries: attempts before it counts as failed.
        wait: seconds before the second attempt, doubled for each further one.
    """

    name: str
    run: Callable[..., Any]
    tries: int = 5
    wait: int = 10
    DECLARATION: bool = True


@dataclass(frozen=True)
class Periodic:
    """Work done every so often, by one worker at a time.

    Args:
        name: identity.
        every_seconds: time from one start to the next; missed turns are not made up for.
        run: called without arguments.
    """

    name: str
    every_seconds: float
    run: Callable[[], Any]
    DECLARATION: bool = True

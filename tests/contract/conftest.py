"""Actors and records for the contracts: every register, every role its declaration names."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from gezhi.config import logs
from gezhi.config.env import load
from gezhi.engines.access import grants_of
from gezhi.engines.tables import counts
from gezhi.foundation.custom import reading
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.surfaces.desk import frame

from .factory import many, registers
from .recipes import UNMADE

ALL = registers()
MADE = [r for r in ALL if r.name not in UNMADE]


def actor(role: str, *, area: str = "3205", strong: bool = True, **more: Any) -> Actor:
    """Somebody in a post of that role over an area."""
    return Actor(kind="staff", name="契约", user_id=1, post_id=1, role=role, unit_id=1, unit_path="/", area=area,
                 grants=grants_of(role), strong=strong, **more)


def roles(register: Register) -> list[str]:
    """One role of each kind that a register's declaration tells apart, and one it does not name.

    Roles that may do the same to it within the same reach are one kind: the first by name stands for them.
    """
    kinds: dict[frozenset[Any], str] = {}
    for role in sorted({r for r in register.default_grants if r not in ("*", "public")} | {"nobody"}):
        held = grants_of(role).items()
        kinds.setdefault(frozenset((p, tuple(to)) for p, to in held if p.partition(".")[0] == register.name), role)
    return sorted({*kinds.values(), "nobody"})


def mighty(register: Register) -> Actor:
    """Somebody who may do anything to this register."""
    return Actor(kind="staff", name="契约", user_id=1, post_id=1, role="all", unit_path="/", area="3205",
                 grants={f"{register.name}.*": ("all",), "*": ("all",)}, strong=True)


@pytest.fixture
def as_actor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Actor], Client]]:
    """A browser without script in which that actor works."""

    def be(who: Actor) -> Client:
        monkeypatch.setattr(frame, "actor_of_request", lambda _request, via="": who.through(via))
        return Client()

    yield be


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged from here on, as the city would write it."""
    root, config = logging.getLogger(), structlog.get_config()
    before, level = root.handlers[:], root.level
    logs.configure(load())
    out = io.StringIO()
    root.handlers[0].setStream(out)  # type: ignore[attr-defined]
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture
def fresh() -> Iterator[None]:
    """What a test adds is forgotten with it."""
    reading._book, reading._until = reading.Book(), -1.0
    yield
    reading._book, reading._until = reading.Book(), None


@pytest.fixture
def sizes_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes of tables, which are asked for once a minute, are asked for once: a contract counts what a page costs."""
    monkeypatch.setattr(counts, "_KEEP_SECONDS", 3600)
    counts._sizes.clear()


@pytest.fixture(params=MADE, ids=lambda r: r.name)
def register(request: pytest.FixtureRequest) -> Register:
    """Each register in turn."""
    return request.param


@pytest.fixture
def three(register: Register, db: None) -> list[Any]:
    """Three records of it."""
    made = many(register, 3)
    return [register.model.objects.get(pk=r.pk) for r in made]

"""Actors and records for the contracts: every register, every role its declaration names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from gezhi.engines.access import grants_of
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
    """Roles a register's declaration names, and one it does not."""
    return sorted({r for r in register.default_grants if r not in ("*", "public")} | {"nobody"})


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


@pytest.fixture(params=MADE, ids=lambda r: r.name)
def register(request: pytest.FixtureRequest) -> Register:
    """Each register in turn."""
    return request.param


@pytest.fixture
def three(register: Register, db: None) -> list[Any]:
    """Three records of it."""
    made = many(register, 3)
    return [register.model.objects.get(pk=r.pk) for r in made]

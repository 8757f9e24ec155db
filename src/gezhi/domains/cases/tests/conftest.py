from collections.abc import Iterator

import pytest

from gezhi.domains.cases.moves import intake

from .city import City, ports


def _city(monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    intake._centres.clear()
    made = City()
    ports(monkeypatch, made)
    yield made
    intake._centres.clear()


@pytest.fixture
def city(db, monkeypatch):
    """A small city with faked catalogue, matrix and grids."""
    yield from _city(monkeypatch)


@pytest.fixture
def live_city(transactional_db, monkeypatch):
    """The same in real transactions, for the fast insert and the outbox."""
    yield from _city(monkeypatch)

import pytest

from gezhi.domains.cases.moves import intake

from .city import City, ports


@pytest.fixture
def city(db, monkeypatch):
    """A small city with faked catalogue, matrix and grids."""
    intake._centres.clear()
    made = City()
    ports(monkeypatch, made)
    yield made
    intake._centres.clear()


@pytest.fixture
def live_city(transactional_db, monkeypatch):
    """The same in real transactions, for the fast insert and the outbox."""
    intake._centres.clear()
    made = City()
    ports(monkeypatch, made)
    yield made
    intake._centres.clear()

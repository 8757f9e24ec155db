"""pytest plugin (``-p gezhi.config.testing``): gives the tests a PostgreSQL when DATABASE_URL names none.

It is loaded before pytest-django imports the settings, points ``GEZHI_HOME`` to a folder for tests, and
starts the private cluster there, without fsync, for the length of the run. Tests never touch the data of
``gezhi up``.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]

os.environ.setdefault("GEZHI_HOME", str(PROJECT / "var" / "test"))
os.environ.setdefault("GEZHI_FSYNC", "false")

PATIENCE = 900.0
"""Seconds a second run waits for the first to end: both would use the same test database."""

COLLECT = 20_000
"""Objects made between two collections of the young: of Python's 700 a tenth of the whole run would be collecting."""

cluster = pytest.StashKey[Any]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster, once, in the controlling process."""
    from .cluster import Cluster
    from .env import load
    from .text import Trouble

    env = load()
    is_worker = hasattr(config, "workerinput")
    if not env.private_database or is_worker or config.option.collectonly:
        return
    server = Cluster(env.home, fsync=env.fsync)
    if not server.lock(PATIENCE):
        raise pytest.UsageError("another test run keeps the test database")
    try:
        server.start()
        server.let_tests_empty()
    except Trouble as trouble:
        raise pytest.UsageError(f"{trouble.what}\n{trouble.remedy}") from None
    config.stash[cluster] = server


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what we started."""
    server = config.stash.get(cluster, None)
    if server:
        server.stop()
        server.unlock()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole installations first: such a test takes a minute and mostly waits, and at the end it would do so alone."""
    items.sort(key=lambda item: "ops" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection need walk it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _emptying() -> None:
    """Tests that commit leave the database as they found it, without Django's slow flush."""
    from .emptying import install

    install()

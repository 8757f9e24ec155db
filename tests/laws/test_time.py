"""A rule of a domain lives in the time of the act, not in that of the wall: archives and replays act in the past."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import pytest

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment

DOMAINS = Path(__file__).resolve().parents[2] / "src" / "gezhi" / "domains"
CLOCKS = {("timezone", "now"), ("timezone", "localdate"), ("datetime", "now"), ("datetime", "utcnow"),
          ("date", "today"), ("time", "time")}


def asked(tree: ast.AST) -> list[int]:
    """Lines that ask the wall clock."""
    return [node.lineno for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args
            and (getattr(node.func.value, "attr", getattr(node.func.value, "id", "")), node.func.attr) in CLOCKS]


def test_no_domain_asks_the_wall_clock():
    said = [f"{path.relative_to(DOMAINS)}:{line}" for path in sorted(DOMAINS.rglob("*.py"))
            if "tests" not in path.parts for line in asked(ast.parse(path.read_bytes()))]
    assert not said, "use gezhi.kernel.door.moment: " + ", ".join(said)


@pytest.mark.parametrize("code", ["timezone.now()", "dt.datetime.now()", "date.today()", "time.time()"])
def test_the_wall_clock_is_found(code):
    assert asked(ast.parse(code)) == [1]


@pytest.mark.django_db
def test_the_moment_is_that_of_the_act():
    then = dt.datetime(2020, 2, 3, 4, 5, tzinfo=dt.UTC)
    with door(SYSTEM, at=then):
        assert moment() == then
    assert moment() > then

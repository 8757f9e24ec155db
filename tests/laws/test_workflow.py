"""Moves: permission, state, inputs, clocks, lights."""

import datetime as dt

import pytest

from gezhi.engines.access import grants_of, permissions
from gezhi.engines.history import timeline
from gezhi.engines.workflow.act import act, allowed
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.registry import registry
from tests.house.models import Tree

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def gardener():
    return Actor(kind="staff", name="园丁", role="gardener", area="3205", grants=grants_of("gardener"))


def planted():
    return act(SYSTEM, Tree, "plant", {"code": "P1", "area_code": "320508"}, at=T0)


def test_declarations_are_sound():
    assert all(not r.problems() for r in registry.registers.values())


def test_clock_pauses_and_resumes_with_what_was_left():
    tree = planted()
    assert tree.due_at == T0 + 2 * HOUR
    assert [tree.light(T0 + h * HOUR) for h in (0, 1.5, 2.5)] == ["green", "yellow", "red"]
    tree = act(SYSTEM, tree, "fall_ill", {"opinion": "虫害"}, at=T0 + HOUR)
    assert tree.paused and tree.light(T0 + 9 * HOUR) == "grey"
    tree = act(SYSTEM, tree, "heal", at=T0 + 10 * HOUR)
    assert tree.due_at == T0 + 11 * HOUR and not tree.paused
    tree = act(SYSTEM, tree, "fell", at=T0 + 12 * HOUR)
    assert tree.finished_at == T0 + 12 * HOUR and tree.overtime
    assert [(r.verb, r.source, r.target) for r in timeline(tree)][1] == ("fall_ill", "planted", "ailing")


def test_move_is_refused_from_the_wrong_state_without_input_and_without_right():
    tree = planted()
    with pytest.raises(Conflict):
        act(gardener(), tree, "heal")
    with pytest.raises(Invalid) as caught:
        act(gardener(), tree, "fall_ill", {})
    assert "opinion" in caught.value.errors
    with pytest.raises(Invalid):
        act(gardener(), tree, "fall_ill", {"opinion": "x", "extra": 1})
    with pytest.raises(Refused):
        act(gardener(), tree, "fell")
    weak = Actor(kind="staff", name="管理员", role="admin", grants=grants_of("admin"))
    with pytest.raises(Refused, match="二次验证"):
        act(weak, tree, "fell")
    assert Tree.objects.get().status == "planted"


def test_allowed_moves_are_those_that_work():
    tree = planted()
    assert [m.name for m in allowed(gardener(), tree)] == ["fall_ill"]


def test_moves_of_the_platform_can_be_given_to_nobody(client):
    anything = Actor(kind="app", name="外部系统", grants={"*": ("all",)}, strong=True)
    described, granted = client.get("/api/v1/openapi.json").json()["paths"], permissions()
    seen = 0
    for register in registry.registers.values():
        for name in register.inner:
            assert permits(register, SYSTEM, name) and not permits(register, anything, name)
            assert f"{register.name}.{name}" not in granted
            assert f"/{register.name}/{{pk}}/{name}" not in described and f"/{register.name}/{name}" not in described
            seen += 1
    assert seen > 20


def test_a_move_of_the_platform_is_refused_whoever_asks():
    publication = registry.registers["publication"].model
    made = act(SYSTEM, publication, "count", {"month": "2026-01"})
    anything = Actor(kind="staff", name="管理员", role="admin", grants={"*": ("all",)}, strong=True)
    with pytest.raises(Refused):
        act(anything, made, "finish", {"result": {}})
    assert publication.objects.get().status == "computing" and "finish" not in {m.name for m in allowed(anything, made)}

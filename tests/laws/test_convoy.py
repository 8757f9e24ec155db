"""The fast path of single inserts: as good as the door, once; rows that share a statement do not harm each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection

from gezhi.engines.history import timeline, verify
from gezhi.kernel import convoy
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.convoy import insert_one
from gezhi.kernel.door import write
from gezhi.kernel.records import Event, History
from gezhi.kernel.registry import registry
from tests.contract.factory import values
from tests.house.models import Tree

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0


def plant(code: str, conflict: str = "(code)") -> tuple[Tree, bool]:
    return insert_one(SYSTEM, Tree, {"code": code, "area_code": "320508"}, verb="create", conflict=conflict)


def test_it_equals_the_slow_one_and_is_idempotent():
    record, made = plant("F1")
    assert made and timeline(record)[0].changes["code"] == [None, "F1"]
    record.refresh_from_db()
    assert verify(record).whole
    again, made = plant("F1")
    assert not made and again.pk is None
    assert History.objects.filter(register="tree").count() == Event.objects.filter(register="tree").count() == 1


def test_every_kind_of_value_arrives_as_through_the_door():
    given = values(registry.register("tree"), 3)
    slow = write(SYSTEM, "create", Tree, given)
    swift, made = insert_one(SYSTEM, Tree, {**given, "code": "另一棵"}, verb="create")
    assert made
    rows = Tree.objects.filter(pk__in=(slow.pk, swift.pk)).order_by("pk")
    one, other = ({f.name: f.value_from_object(r) for f in Tree._meta.concrete_fields} for r in rows)
    own = {"id", "code", "created_at", "updated_at", "seal", "tokens"}
    assert {n: v for n, v in one.items() if n not in own} == {n: v for n, v in other.items() if n not in own}
    first, second = (History.objects.get(register="tree", record_id=pk) for pk in (slow.pk, swift.pk))
    same = [f.name for f in History._meta.concrete_fields if f.name not in ("id", "at", "record_id", "changes", "seal")]
    assert [getattr(first, n) for n in same] == [getattr(second, n) for n in same]
    assert set(first.changes) == set(second.changes)


class Jam:
    """In place of ``send``: the first statement waits until the others have gathered behind it.

    Args:
        behind: how many those are; ``fails``: what a statement of such rows raises.
    """

    def __init__(self, behind: int, fails: Callable[[list[Any]], Exception | None]) -> None:
        self.behind, self.fails, self.sizes = behind, fails, list[int]()
        self.send, self.find = convoy.send, convoy.convoy
        self.of: convoy.Convoy | None = None

    def convoy(self, *which: Any) -> convoy.Convoy:
        self.of = self.find(*which)
        return self.of

    def __call__(self, one: Any, rows: list[Any]) -> dict[int, int]:
        self.sizes.append(len(rows))
        end = time.monotonic() + PATIENCE
        while len(self.sizes) == 1 and self.of is not None and len(self.of.waiting) < self.behind:
            assert time.monotonic() < end, "nobody came"
            time.sleep(0.005)
        error = self.fails(rows)
        if error is not None:
            raise error
        return self.send(one, rows)


def together(monkeypatch: pytest.MonkeyPatch, codes: list[str], conflict: str = "(code)",
             fails: Callable[[list[Any]], Exception | None] = lambda _rows: None) -> tuple[dict[int, Any], list[int]]:
    """Plant trees by a thread each, all but the first behind the first; what each got, and the statements' sizes."""
    got: dict[int, Any] = {}
    jam = Jam(len(codes) - 1, fails)
    monkeypatch.setattr(convoy, "send", jam)
    monkeypatch.setattr(convoy, "convoy", jam.convoy)

    def work(n: int) -> None:
        try:
            got[n] = plant(codes[n], conflict)
        except Exception as error:
            got[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(codes))]
    threads[0].start()
    end = time.monotonic() + PATIENCE
    while not jam.sizes:
        assert time.monotonic() < end
        time.sleep(0.005)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(got) == len(codes), "nobody was left waiting"
    return got, jam.sizes


def test_rows_that_gather_go_in_one_statement_each_whole(monkeypatch):
    got, sizes = together(monkeypatch, [f"C{n}" for n in range(7)])
    assert sizes == [1, 6]
    for n, (record, made) in got.items():
        assert made and Tree.objects.get(pk=record.pk).code == f"C{n}", "each has its own"
        assert verify(Tree.objects.get(pk=record.pk)).whole and len(timeline(record)) == 1
        assert Event.objects.filter(register="tree", record_id=record.pk).count() == 1


def test_the_same_report_twice_in_one_statement_is_made_once(monkeypatch):
    got, sizes = together(monkeypatch, ["D0", "D1", "D1", "D1", "D0"])
    assert sizes == [1, 4]
    assert sorted(made for _record, made in got.values()) == [False, False, False, True, True]
    assert Tree.objects.filter(code__in=("D0", "D1")).count() == 2
    assert Event.objects.filter(register="tree").count() == History.objects.filter(register="tree").count() == 2


def test_a_wrong_row_is_refused_alone(monkeypatch):
    got, sizes = together(monkeypatch, ["E0", "E1", "E0", "E2"], conflict="")
    assert sizes == [1, 3, 1, 1, 1], "the statement of three was undone, then each went alone"
    assert isinstance(got[2], IntegrityError)
    assert [got[n][1] for n in (0, 1, 3)] == [True, True, True]
    assert Tree.objects.filter(code__startswith="E").count() == 3


def test_when_the_database_goes_away_every_sender_is_told(monkeypatch):
    got, sizes = together(monkeypatch, ["G0", "G1", "G2"], fails=lambda rows: OperationalError("gone")
                          if len(rows) > 1 else None)
    assert sizes == [1, 2] and got[0][1]
    assert isinstance(got[1], OperationalError) and isinstance(got[2], OperationalError)
    assert got[1] is not got[2]
    assert plant("G1")[1], "and the next one leads again"


def test_inside_a_transaction_a_row_goes_with_it():
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        assert plant("H1")[1]
        raise RuntimeError
    assert not Tree.objects.filter(code="H1").exists()

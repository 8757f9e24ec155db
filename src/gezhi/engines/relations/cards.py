"""What belongs to a record, group by group: who lives in a home, what a person keeps, what a case is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Value

from gezhi.engines.tables.query import Query
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from .ties import Tie, from_, leading_to

FEW = 6
"""Records of a group that a card shows."""


@dataclass(frozen=True)
class End:
    """A thing at the other end of a row: the home of a lease, the case of a subject."""

    label: str
    register: Register
    record: Any


@dataclass
class Group:
    """Records of one register that lead to the record through one tie.

    Args:
        tie: the tie.
        rows: the newest few, as far as the actor may see them.
        more: whether there are others.
        ends: by row, the other things it names that the actor may see.
    """

    tie: Tie
    rows: list[Any]
    more: bool
    ends: dict[int, list[End]] = field(default_factory=dict)

    @property
    def register(self) -> Register:
        return self.tie.register


def groups(register: Register, record: Any, actor: Actor) -> list[Group]:
    """The groups of a hub's record: one query for all ties, one for each register found, and one for each at their
    other ends. A person is at the end of thirty ties, and few of them lead from a given one.

    What a panel of the page shows already is left out (``Panel.instead``).
    """
    if not register.hub:
        return []
    shown = {n for p in register.panels if p.instead and (p.when is None or p.when(record, actor))
             for n in p.instead.split()}
    found = _found([(tie, rows) for tie in leading_to(register)
                    if tie.register.name not in shown and actor.may(f"{tie.register.name}.view")
                    and (rows := _leading(tie, record, actor)) is not None])
    wanted: dict[Register, set[int]] = {}
    for tie, pks in found:
        wanted.setdefault(tie.register, set()).update(pks[:FEW])
    # few rows, of which numbers are read too; read as what the actor may see once more
    there = {other: Query(other, actor).rows().defer(None).in_bulk(pks) for other, pks in wanted.items()}
    out = []
    for tie, pks in found:
        newest = [row for pk in pks[:FEW] if (row := there[tie.register].get(pk)) is not None]
        if newest:
            out.append(Group(tie, newest, len(pks) > FEW))
    _ends(out, record, actor)
    return out


def inhabited(register: Register, ids: Collection[int], actor: Actor) -> dict[int, list[tuple[Register, int]]]:
    """How many things lead to each of several records (people and vehicles to homes): one query a tie of things."""
    out: dict[int, list[tuple[Register, int]]] = {}
    for tie in leading_to(register):
        if tie.by or not tie.register.hub or not actor.may(f"{tie.register.name}.view"):
            continue
        rows = tie.register.model.objects.filter(sight(tie.register, actor), **{f"{tie.column}__in": ids})
        for pk, number in rows.order_by().values_list(tie.column).annotate(n=Count("pk")):
            out.setdefault(pk, []).append((tie.register, number))
    return out


def _leading(tie: Tie, record: Any, actor: Actor) -> QuerySet | None:
    """Rows that lead to a record through a tie, as far as the actor may see them; ``None`` when it has no number."""
    if not tie.by:
        return Query(tie.register, actor, {tie.field: str(record.pk)}).rows()
    value = getattr(record, tie.by)
    return Query(tie.register, actor).rows().filter(**{tie.field: value}) if value else None


def _found(asked: list[tuple[Tie, QuerySet]]) -> list[tuple[Tie, list[int]]]:
    """The ties through which something leads, each with its newest few and one more. One query for all of them."""
    if not asked:
        return []
    parts = [rows.order_by("-pk").annotate(tie_=Value(n, IntegerField())).values_list("tie_", "pk")[:FEW + 1]
             for n, (_tie, rows) in enumerate(asked)]
    pks: dict[int, list[int]] = {}
    for n, pk in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        pks.setdefault(n, []).append(pk)
    return [(tie, sorted(pks[n], reverse=True)) for n, (tie, _rows) in enumerate(asked) if n in pks]


def _ends(found: list[Group], record: Any, actor: Actor) -> None:
    """Fill in the other ends: one query a register (and a number) for all groups together."""
    wanted: dict[tuple[Register, str], set[Any]] = {}
    for group in found:
        for tie in _others(group):
            wanted.setdefault((tie.other, tie.by), set()).update(
                v for r in group.rows if (v := getattr(r, tie.column)) not in (None, ""))
    there: dict[tuple[Register, str], dict[Any, Any]] = {}
    for (other, by), values in wanted.items():
        if values and actor.may(f"{other.name}.view"):
            rows = other.model.objects.filter(sight(other, actor), **{f"{by or 'pk'}__in": values})
            rows = rows.select_related(*other.related)
            there[other, by] = {_key(getattr(r, by or "pk")): r for r in rows[:FEW * FEW * len(found)]}
    for group in found:
        for row in group.rows:
            ends = [End(t.label, t.other, there.get((t.other, t.by), {}).get(_key(getattr(row, t.column))))
                    for t in _others(group)]
            group.ends[row.pk] = [e for e in ends if e.record is not None and
                                  (e.record.pk, type(e.record)) != (record.pk, type(record))]


def _others(group: Group) -> list[Tie]:
    """The other ties of rows that are no things themselves."""
    return [] if group.register.hub else [t for t in from_(group.register) if t is not group.tie]


def _key(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value

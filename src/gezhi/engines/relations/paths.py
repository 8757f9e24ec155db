"""How are these two connected? The shortest ways between two things, over declared ties, as far as the actor may see.

Searched from both sides at once, level by level. Each level costs one query a register that ties things together, one
for each number by which things are named and one for each register reached, whatever the number of rows; each query
is bounded. Nothing is stepped on that the actor may not see, neither a thing nor the row that ties two of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .ties import Tie, carriers, from_

STEPS = 4
"""Longest way that is looked for."""
ROWS = 2000
"""Rows one query of a level gives at most; more means that something is tied to too much."""
WAYS = 3
"""Ways that are told at most."""

Node = tuple[str, int]
"""A thing: register name and id."""


@dataclass(frozen=True)
class Step:
    """One step of a way.

    Args:
        register, pk: the row that ties the two: one of them, or a row of its own (a lease).
        near, far: the ties it goes by, seen from where the way begins; ``None`` where the row is the thing itself.
    """

    register: Register
    pk: int
    near: Tie | None
    far: Tie | None

    def turned(self) -> Step:
        """The same step from the other side."""
        return Step(self.register, self.pk, self.far, self.near)

    @property
    def own(self) -> bool:
        """Whether the tie is a row of its own."""
        return self.near is not None and self.far is not None

    @property
    def words(self) -> str:
        """What the step says: the field, or the row and the parts the two have in it."""
        if self.own:
            return _("%(row)s：%(near)s – %(far)s") % {
                "row": self.register.label, "near": self.near.label, "far": self.far.label}  # type: ignore[union-attr]
        tie = self.near or self.far
        assert tie is not None
        return tie.label

    @property
    def forward(self) -> bool:
        """Whether the field stands on the thing the step begins at."""
        return self.near is None


@dataclass
class Way:
    """A way: its things in order, and the steps between them."""

    nodes: list[Node]
    steps: list[Step]


@dataclass
class Answer:
    """What was found.

    Args:
        ways: the shortest ones, none when there is none.
        whole: everything within :data:`STEPS` was looked at; else something was tied to too much.
        looked: things that were looked at.
        records: the things of the ways.
    """

    ways: list[Way] = field(default_factory=list)
    whole: bool = True
    looked: int = 0
    records: dict[Node, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``found``, ``none``, or ``too_many`` when it cannot be said."""
        return "found" if self.ways else "none" if self.whole else "too_many"


def things(actor: Actor) -> list[Register]:
    """Registers whose records can be asked about."""
    joined = {t.other.name for r in carriers() for t in from_(r)} | {r.name for r in carriers() if r.hub}
    return [r for r in registry.registers.values() if r.name in joined and actor.may(f"{r.name}.view")]


def connect(actor: Actor, one: Node, other: Node) -> Answer:
    """The shortest ways between two things, which the caller has seen to be in the actor's sight."""
    answer, search = Answer(), _Search(actor)
    sides: list[dict[Node, tuple[Node, Step] | None]] = [{one: None}, {other: None}]
    fronts: list[list[Node]] = [[one], [other]]
    if one == other:
        answer.ways = [Way([one], [])]
    for _level in range(STEPS):
        if answer.ways or not all(fronts):
            break
        at = 0 if len(fronts[0]) <= len(fronts[1]) else 1
        here, there, new, met = sides[at], sides[1 - at], [], []
        for start, node, step in search.edges(fronts[at]):
            if node not in here:
                here[node] = (start, step)
                new.append(node)
                if node in there:
                    met.append(node)
        fronts[at] = new
        ways = [_way(sides, node) for node in met]
        answer.ways = sorted(ways, key=lambda w: len(w.steps))[:WAYS]
    answer.whole, answer.looked = search.whole, len(sides[0]) + len(sides[1])
    answer.records = _records({n for w in answer.ways for n in w.nodes}, actor)
    return answer


def _way(sides: list[dict[Node, tuple[Node, Step] | None]], middle: Node) -> Way:
    """From the one side to where they met, and on to the other."""
    nodes: list[Node] = [middle]
    steps: list[Step] = []
    now = sides[0][middle]
    while now is not None:
        nodes.insert(0, now[0])
        steps.insert(0, now[1])
        now = sides[0][now[0]]
    now = sides[1][middle]
    while now is not None:
        nodes.append(now[0])
        steps.append(now[1].turned())
        now = sides[1][now[0]]
    return Way(nodes, steps)


def _records(nodes: Iterable[Node], actor: Actor) -> dict[Node, Any]:
    """The things themselves, a query a register."""
    out: dict[Node, Any] = {}
    for name, ids in _by_name(nodes).items():
        register = registry.register(name)
        rows = register.model.objects.filter(sight(register, actor), pk__in=ids).select_related(*register.related)
        out |= {(name, r.pk): r for r in rows}
    return out


def _by_name(nodes: Iterable[Node]) -> dict[str, set[int]]:
    out: dict[str, set[int]] = {}
    for name, pk in nodes:
        out.setdefault(name, set()).add(pk)
    return out


class _Search:
    """One level after the other, for one actor."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.whole = actor, True

    def edges(self, front: list[Node]) -> list[tuple[Node, Node, Step]]:
        """Steps from things of the front to things the actor may see."""
        ids = _by_name(front)
        named = self._numbers(ids)
        rows = {r: self._rows(r, ids, named) for r in carriers() if self.actor.may(f"{r.name}.view")}
        owners = self._owners(rows)
        found: list[tuple[Node, Node, Step]] = []
        inside = set(front)
        for register, values in rows.items():
            for pk, *columns in values:
                ends = [(node, tie) for tie, value in zip(from_(register), columns, strict=True)
                        if (node := self._end(tie, value, owners)) is not None]
                found += _steps(register, pk, ends, inside)
        seen = self._seen({node for _start, node, _step in found})
        return [edge for edge in found if edge[1] in seen]

    def _numbers(self, ids: dict[str, set[int]]) -> dict[tuple[str, str], list[Any]]:
        """The numbers by which the things of the front are named elsewhere."""
        out: dict[tuple[str, str], list[Any]] = {}
        for name, by in {(t.other.name, t.by) for r in carriers() for t in from_(r) if t.by}:
            if name in ids:
                rows = registry.register(name).model.objects.filter(pk__in=ids[name])
                out[name, by] = [v for v in rows.values_list(by, flat=True) if v]
        return out

    def _rows(self, register: Register, ids: dict[str, set[int]], named: dict[tuple[str, str], list[Any]]
              ) -> list[tuple[Any, ...]]:
        """Rows of a register that tie a thing of the front to something."""
        q = Q(pk__in=ids.get(register.name, ())) if register.hub else Q(pk__in=())
        for tie in from_(register):
            wanted = named.get((tie.other.name, tie.by)) if tie.by else ids.get(tie.other.name)
            if wanted:
                q |= Q(**{f"{tie.column}__in": wanted})
        if q == Q(pk__in=()):
            return []
        rows = register.model.objects.filter(sight(register, self.actor) & q).order_by("-pk")
        found = list(rows.values_list("pk", *(t.column for t in from_(register)))[: ROWS + 1])
        self.whole &= len(found) <= ROWS
        return found[:ROWS]

    def _owners(self, rows: dict[Register, list[tuple[Any, ...]]]) -> dict[tuple[str, str], dict[Any, int]]:
        """Whose the numbers in these rows are: one query a number."""
        wanted: dict[tuple[str, str], set[Any]] = {}
        for register, values in rows.items():
            for at, tie in enumerate(from_(register), 1):
                if tie.by:
                    wanted.setdefault((tie.other.name, tie.by), set()).update(_plain(v[at]) for v in values if v[at])
        out: dict[tuple[str, str], dict[Any, int]] = {}
        for (name, by), numbers in wanted.items():
            found = registry.register(name).model.objects.filter(**{f"{by}__in": numbers}) if numbers else None
            out[name, by] = {_plain(v): pk for v, pk in found.values_list(by, "pk")} if found is not None else {}
        return out

    @staticmethod
    def _end(tie: Tie, value: Any, owners: dict[tuple[str, str], dict[Any, int]]) -> Node | None:
        pk = owners[tie.other.name, tie.by].get(_plain(value)) if tie.by and value else value
        return (tie.other.name, pk) if pk else None

    def _seen(self, nodes: set[Node]) -> set[Node]:
        """Those of the things that the actor may see; a query a register."""
        out: set[Node] = set()
        for name, ids in _by_name(nodes).items():
            register = registry.register(name)
            if self.actor.may(f"{name}.view"):
                rows = register.model.objects.filter(sight(register, self.actor), pk__in=ids)
                out |= {(name, pk) for pk in rows.values_list("pk", flat=True)}
        return out


def _steps(register: Register, pk: int, ends: list[tuple[Node, Tie]], inside: set[Node]
           ) -> Iterable[tuple[Node, Node, Step]]:
    """Steps a row gives: between itself and what it names when it is a thing, else between the things it names."""
    if register.hub:
        me = (register.name, pk)
        for node, tie in ends:
            if me in inside:
                yield me, node, Step(register, pk, None, tie)
            if node in inside:
                yield node, me, Step(register, pk, tie, None)
        return
    for near, tie in ends:
        for far, other in ends:
            if near in inside and far != near and tie is not other:
                yield near, far, Step(register, pk, tie, other)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def most_queries() -> int:
    """What one question may cost: a bound from the declarations alone."""
    numbers = {(t.other.name, t.by) for r in carriers() for t in from_(r) if t.by}
    reached = {t.other.name for r in carriers() for t in from_(r)} | {r.name for r in carriers() if r.hub}
    return STEPS * (len(carriers()) + 2 * len(numbers) + len(reached)) + STEPS + 1

"""Re-linking: when areas change, open records follow, in the same transaction.

Other rooms keep the territory of a record as a text column (`AreaCodeField`). Whatever register has one is
re-linked here without being named: records with a point by where the point lies, others by the heir of
their area. Closed records keep the code of their day, and the grid cell that carried it stays (disabled),
so history never breaks. A register whose records are statements about the past declares `Settled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import shapely
from django.contrib.gis.db.models import PointField
from django.db.models import Q, QuerySet, UniqueConstraint
from shapely.geometry.base import BaseGeometry

from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.door import Session
from gezhi.kernel.kinds import area_q
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

BATCH = 500
VERB = "relink"
EVENT = "territory.relinked"
OWN = frozenset({"region", "grid_cell"})


@dataclass(frozen=True)
class Settled:
    """Declares that records of a register keep the area code of their day (tracks, visits, log entries).

    Args: register: the register's name. Put it in a room's `DECLARES`.
    """

    register: str
    DECLARATION: ClassVar[bool] = True


@dataclass(frozen=True)
class Covers:
    """Declares that the area code of a register says for what a record is responsible, not where it lies.

    Such records (units) follow heirs and new codes, never their own point.
    Args: register: the register's name. Put it in a room's `DECLARES`.
    """

    register: str
    DECLARATION: ClassVar[bool] = True


@dataclass
class Change:
    """What became of areas.

    Args: shapes: new boundary (WGS84) by area code, of every cell that now holds land in question; heirs:
    old code to new code, for records without a point and for points outside all the shapes; recoded: old
    prefix to new prefix, when an area and everything below it got another code.
    """

    shapes: Mapping[str, BaseGeometry] = field(default_factory=dict)
    heirs: Mapping[str, str] = field(default_factory=dict)
    recoded: Mapping[str, str] = field(default_factory=dict)


def relink(session: Session, cause: Record, change: Change) -> dict[str, int]:
    """Give the records of every register the area code they now belong to.

    Land that changed hands moves open records only. A new code for the same place (`recoded`) moves
    closed ones too: the place is what it was, and figures by area must not break.

    One history row a record (verb `relink`), one event a batch, and one event `territory.relinked` about
    the area that caused it, whose payload holds heirs, prefixes and counts. The caller has permitted it.
    Args: session: an open door; cause: the region or grid cell that was changed; change: see `Change`.
    Returns: how many records changed, by register.
    """
    counts = {}
    for register in list(registry.registers.values()):
        if not follows(register):
            continue
        moved = sum(_batch(session, register, records, change) for records in _batches(register, change))
        if moved:
            counts[register.name] = moved
    session.emit(
        EVENT,
        cause,
        {
            "areas": sorted(change.shapes),
            "heirs": dict(change.heirs),
            "recoded": dict(change.recoded),
            "counts": counts,
        },
    )
    return counts


def follows(register: Register) -> bool:
    """Tell whether the records of a register follow their area."""
    settled = {s.register for s in registry.of(Settled)}
    return register.area_field is not None and register.name not in OWN and register.name not in settled


def concerned(register: Register, change: Change) -> QuerySet[Any]:
    """Return the records that a change may move; without a workflow all count as open."""
    name = register.area_field or ""
    moved = Q(**{f"{name}__in": [*{*change.shapes, *change.heirs}]})
    if register.flow is not None:
        moved &= Q(**{f"{register.flow.field}__in": register.flow.open_codes()})
    for prefix in change.recoded:
        moved |= area_q(name, prefix)
    return register.model.objects.filter(moved)


def point_field(register: Register) -> str | None:
    """Return the field that says where a record lies: its layer's, else its first point; None if nothing does."""
    if register.name in {c.register for c in registry.of(Covers)}:
        return None
    points = [f.name for f in register.model._meta.fields if isinstance(f, PointField)]
    if register.layer is not None and register.layer.field in points:
        return register.layer.field
    return points[0] if points else None


def _batches(register: Register, change: Change) -> Iterator[list[Any]]:
    """Yield locked batches in the order of ids, so that two re-links cannot wait for each other in a ring."""
    found = concerned(register, change).order_by("pk")
    last = 0
    while batch := list(found.filter(pk__gt=last).select_for_update(of=("self",))[:BATCH]):
        yield batch
        last = batch[-1].pk


def _batch(session: Session, register: Register, records: list[Any], change: Change) -> int:
    name = register.area_field or ""
    place = point_field(register)
    points = [getattr(record, place) if place else None for record in records]
    found = _located(points, change.shapes)
    rows, keys = [], _Keys(register)
    for record, code in zip(records, found, strict=True):
        old = getattr(record, name)
        new = code if code and old in {*change.shapes, *change.heirs} else _inherited(old, change)
        if new != old and not keys.taken(record, new):
            rows.append((record, {name: new}))
    return bulk_change(session, rows, verb=VERB)


class _Keys:
    """The unique constraints that a new area code could break: two posts of one person may become alike.

    Such a record keeps its old code; the area behind it is out of use, so it does no harm.
    """

    def __init__(self, register: Register) -> None:
        self.name = register.area_field or ""
        self.constraints = [
            c for c in register.model._meta.constraints if isinstance(c, UniqueConstraint) and self.name in c.fields
        ]
        self.given: set[tuple[Any, ...]] = set()

    def taken(self, record: Any, code: str) -> bool:
        """Tell whether another record already has the key that this one would get; if not, note it."""
        found = []
        for place, constraint in enumerate(self.constraints):
            names = [record._meta.get_field(n).attname for n in constraint.fields if n != self.name]
            values = {n: getattr(record, n) for n in names}
            key = (place, code, *values.values())
            others = type(record).objects.filter(**values, **{self.name: code}).exclude(pk=record.pk)
            if key in self.given or others.exists():
                return True
            found.append(key)
        self.given.update(found)
        return False


def _inherited(old: str, change: Change) -> str:
    if old in change.heirs:
        return change.heirs[old]
    prefix = max((p for p in change.recoded if old.startswith(p)), key=len, default=None)
    return old if prefix is None else change.recoded[prefix] + old[len(prefix) :]


def _located(points: list[Any], shapes: Mapping[str, BaseGeometry]) -> list[str | None]:
    """Return for each point the code of the shape that covers it, the first by code on a border."""
    result: list[str | None] = [None] * len(points)
    codes = sorted(shapes)
    placed = [k for k, point in enumerate(points) if point is not None]
    if not codes or not placed:
        return result
    tree = shapely.STRtree([shapes[code] for code in codes])
    spots = shapely.points(np.array([(points[k].x, points[k].y) for k in placed]))
    for spot, shape in sorted(zip(*tree.query(spots, predicate="covered_by"), strict=True), reverse=True):
        result[placed[spot]] = codes[shape]
    return result

"""Which records may be the same thing as another: a register's ``alike``, judged within the reader's sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import connection
from django.db.models import Q

from gezhi.kernel import identifiers
from gezhi.kernel.access import NOTHING, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import SecretKind, TextKind
from gezhi.kernel.kinds.links import CodeKind
from gezhi.kernel.kinds.places import area_q
from gezhi.kernel.registers import Alike, Register

COMMUNITY = 12
"""Digits of the area within which likeness is looked for: people and firms are entered twice by neighbours."""
LOOKED_AT = 200
LIKE_NAME, LIKE_TEXT = 0.6, 0.85
"""Shares of a name and of an address that agree (one sign of three in a name may differ)."""
LONG_NAME = 6
"""A name of so many signs says enough by itself (a firm's, not a person's)."""


@dataclass(frozen=True)
class Likeness:
    """A record that may be the same, and the labels of what agrees."""

    record: Any
    why: tuple[str, ...]


def alike(register: Register, actor: Actor, record: Any, most: int = 5) -> list[Likeness]:
    """Records that ``actor`` may see and that may be the same thing as ``record``, likest first. One query."""
    rule = register.alike
    if rule is None:
        return []
    near = _same(rule, record)
    if rule.name and getattr(record, rule.name):
        beside = Q(**{rule.name: getattr(record, rule.name)})
        for name in rule.beside.split():
            value = _value(record, name)
            if value and not _is_text(register, name):
                beside |= Q(**{name: value})
        area = getattr(record, register.area_field)[:COMMUNITY] if register.area_field else ""
        near |= (area_q(register.area_field, area) & beside) if register.area_field and area else beside
    rows = register.model.objects.filter(sight(register, actor), near).exclude(pk=record.pk).order_by("-pk")
    found = [Likeness(row, why) for row in rows[:LOOKED_AT] if (why := _judge(register, rule, record, row))]
    return sorted(found, key=lambda one: -len(one.why))[:most]


def alike_many(register: Register, actor: Actor, records: Sequence[Any]) -> list[Likeness | None]:
    """For each of many new records one that may be the same, if any: what :func:`alike` finds by an equal name beside
    an equal code, date or link, or by one of ``same``; two queries for all, and no likeness of letters.
    """
    rule = register.alike
    if rule is None or not records:
        return [None] * len(records)
    out: list[Likeness | None] = [None] * len(records)
    for names in ((n,) for n in rule.same.split()):
        _match(register, actor, records, names, out)
    for name in rule.beside.split() if rule.name else ():
        if not _is_text(register, name):
            _match(register, actor, records, (rule.name, name), out)
    return out


def _match(register: Register, actor: Actor, records: Sequence[Any], names: tuple[str, ...],
           out: list[Likeness | None]) -> None:
    """Fill in who has the same values of some fields in the same community."""
    meta = register.model._meta
    fields: list[Any] = [meta.get_field(n) for n in names]
    area = register.area_field
    wanted = {}
    for at, record in enumerate(records):
        key = tuple(_value(record, n) for n in names)
        if out[at] is None and all(key):
            wanted[at] = (*key, getattr(record, area)[:COMMUNITY] if area else "")
    if not wanted:
        return
    quote = connection.ops.quote_name
    lists = [list(column) for column in zip(*wanted.values(), strict=True)]
    same = " AND ".join(f"r.{quote(f.column)} = v.k{at}" for at, f in enumerate(fields))
    near = f" AND r.{quote(str(getattr(meta.get_field(area), 'column', area)))} LIKE v.area || '%%'" if area else ""
    types = [f"%s::{_column_type(f)}[]" for f in fields]
    with connection.cursor() as cursor:
        # a minimum, and no LIMIT 1: that makes the planner hope to meet one soon by walking the table, for each of many
        cursor.execute(
            f"SELECT v.at, r.id FROM unnest(%s::int[], {', '.join(types)}, %s::text[]) "
            f"AS v(at, {', '.join(f'k{at}' for at in range(len(fields)))}, area) "
            f"CROSS JOIN LATERAL (SELECT min(r.id + 0) AS id FROM {quote(meta.db_table)} r WHERE {same}{near}) r "
            "WHERE r.id IS NOT NULL",
            [list(wanted), *lists])
        found = dict(cursor.fetchall())
    rows = register.model.objects.filter(sight(register, actor)).in_bulk(set(found.values()))
    why = tuple(_label(register, n) for n in names)
    for at, pk in found.items():
        if pk in rows and pk != records[at].pk:
            out[at] = Likeness(rows[pk], why)


def _column_type(field: Any) -> str:
    target = field.target_field if field.is_relation else field
    kind = str(target.db_type(connection))
    return {"bigint GENERATED BY DEFAULT AS IDENTITY": "bigint"}.get(kind, "bigint" if field.is_relation else kind)


def _same(rule: Alike, record: Any) -> Q:
    q = NOTHING
    for name in rule.same.split():
        if _value(record, name):
            q = q | Q(**{name: _value(record, name)})
    return q


def _judge(register: Register, rule: Alike, one: Any, other: Any) -> tuple[str, ...]:
    same = [n for n in rule.same.split() if _value(one, n) and _value(one, n) == _value(other, n)]
    if same or not rule.name:
        return tuple(_label(register, n) for n in same)
    name = identifiers.tidy(str(getattr(one, rule.name) or ""))
    like = _ratio(name, identifiers.tidy(str(getattr(other, rule.name) or "")))
    if like < LIKE_NAME:
        return ()
    beside = [n for n in rule.beside.split() if _agree(register, one, other, n)]
    if beside or (like == 1 and len(name) >= LONG_NAME):
        return tuple(_label(register, n) for n in (rule.name, *beside))
    return ()


def _agree(register: Register, one: Any, other: Any, name: str) -> bool:
    a, b = _value(one, name), _value(other, name)
    if not a or not b:
        return False
    return _ratio(identifiers.tidy(a), identifiers.tidy(b)) >= LIKE_TEXT if _is_text(register, name) else a == b


def _value(record: Any, name: str) -> Any:
    value = getattr(record, record._meta.get_field(name).attname)
    return bytes(value) if isinstance(value, memoryview) else value


def _is_text(register: Register, name: str) -> bool:
    kind = register.kinds[name]
    return isinstance(kind, TextKind) and not isinstance(kind, CodeKind | SecretKind)  # blind indexes are bytes


def _label(register: Register, name: str) -> str:
    """What is compared, in words; a blind index is named after what it is of."""
    return str(register.kinds[getattr(register.model._meta.get_field(name), "of", "") or name].label)


def _ratio(one: str, other: str) -> float:
    return 1.0 if one == other else SequenceMatcher(None, one, other, autojunk=False).ratio()

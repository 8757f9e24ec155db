"""Which records may be the same thing as another: a register's ``alike``, judged within the reader's sight."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

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

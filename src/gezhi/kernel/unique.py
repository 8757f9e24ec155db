"""What must be unique, judged for many rows at once: a query a constraint, not an error of the database a row."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext as _

from .errors import Invalid
from .records import Record
from .registers import Register

_LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
    "in": lambda value, many: value in many, "isnull": lambda value, wanted: (value is None) == wanted}


class _Unreadable(Exception):
    """A condition that only the database can judge."""


@dataclass(frozen=True)
class Once:
    """One thing that no two records may share.

    Args:
        number: which of the model's, from 1.
        names: fields that are the same in no two records.
        columns: their attributes.
        condition: records it holds for; ``None``: all.
    """

    number: int
    names: tuple[str, ...]
    columns: tuple[str, ...]
    condition: Q | None

    def key(self, record: Any) -> tuple[Any, ...] | None:
        """What the record must be alone with; ``None`` when it need not."""
        key = tuple(plain(getattr(record, at)) for at in self.columns)
        if None in key or (self.condition is not None and not _meets(record, self.condition)):
            return None
        return key

    def owners(self, model: type[Record], keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
        """Which records in the database have these keys. One query."""
        rows: Any = model.objects.filter(self.condition) if self.condition is not None else model.objects.all()
        meta, quote = model._meta, connection.ops.quote_name
        for at, name in enumerate(self.columns):
            column = f"{quote(meta.db_table)}.{quote(str(meta.get_field(name).column))}"  # type: ignore[union-attr]
            # one array, where __in would be a thousand parameters, each prepared, quoted and parsed by itself
            values = list({key[at] for key in keys})
            rows = rows.extra(where=[f"{column} = ANY(%s)"], params=[values])  # noqa: S610 (the model's own column)
        wanted = set(keys)
        found = ((tuple(plain(v) for v in row[1:]), row[0]) for row in rows.values_list("pk", *self.columns))
        return {key: pk for key, pk in found if key in wanted}

    def wrong(self, register: Register) -> Invalid:
        """What the door says when the database refuses it."""
        return repeated(register, self.names)


def repeated(register: Register, names: Sequence[str]) -> Invalid:
    """What is said of fields that together must be unique; a blind index is named after what it is of."""
    of = {n: str(getattr(register.model._meta.get_field(n), "of", "")) for n in names}
    labels = "、".join(register.kinds[of[n] or n].label for n in names if (of[n] or n) in register.kinds)
    about = next((sealed for sealed in of.values() if sealed), names[0] if names else "")
    return Invalid({about: [_("“%s”已存在，不能重复") % labels]})


def digest(key: Any) -> int:
    """A key in eight bytes, signed for a ``bigint``: equal ones can be found, personal ones cannot be read."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=8).digest(), "big", signed=True)


def plain(value: Any) -> Any:
    """A value that can be compared and be a key."""
    return bytes(value) if isinstance(value, memoryview) else value


@lru_cache(maxsize=512)
def once_of(model: type[Record]) -> tuple[Once, ...]:
    """What no two records of a model may share, as far as it can be judged outside the database.

    Numbers that the door draws at random are left out: they repeat nobody's.
    """
    return tuple(_found(model))


def _found(model: type[Record]) -> Iterator[Once]:
    number = 0
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key and getattr(field, "of", None) != "":
            number += 1
            yield Once(number, (field.name,), (field.attname,), None)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and not constraint.expressions:
            if constraint.condition is not None and not _readable(constraint.condition):
                continue
            number += 1
            columns = tuple(str(getattr(model._meta.get_field(n), "attname", n)) for n in constraint.fields)
            yield Once(number, tuple(constraint.fields), columns, constraint.condition)


def _readable(q: Q) -> bool:
    try:
        _meets(None, q)
    except _Unreadable:
        return False
    return True


def _meets(record: Any, q: Q) -> bool:
    """Whether a record in memory meets a condition.

    Raises:
        _Unreadable: it asks for more than plain comparisons of own fields.
    """
    answers = []
    for child in q.children:
        if isinstance(child, Q):
            answers.append(_meets(record, child))
            continue
        if not isinstance(child, tuple):
            raise _Unreadable
        name, _dots, how = child[0].partition("__")
        how = how or "exact"
        if how not in _LOOKUPS or hasattr(child[1], "resolve_expression"):
            raise _Unreadable
        value = getattr(record, name, None)
        if child[1] is None:
            answers.append(value is None)
        elif value is None and how != "isnull":
            answers.append(False)
        else:
            answers.append(_LOOKUPS[how](value, child[1]))
    met = (any if q.connector == Q.OR else all)(answers)
    return met != q.negated

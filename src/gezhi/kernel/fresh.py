"""New rows at their defaults, and how a field's value goes to the driver: what the door does for every row it writes.

Django's ``Model()`` sets eighty fields one by one and its ``get_db_prep_save`` asks eight methods what to do with a
text that needs nothing done; both are reckoned once a model here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.db import connection, models
from django.db.models.base import ModelState
from psycopg.types.json import Jsonb

from .fields import SealedField, TokensField

M = TypeVar("M", bound=models.Model)
_EMPTY = (dict, list, models.NOT_PROVIDED)
_DIRECT = frozenset({str, int, float, bool, type(None), dt.datetime, dt.date, bytes})
"""Values the driver takes as they stand, for fields that do nothing of their own to them …"""
_HOW = ("get_prep_value", "get_db_prep_value", "get_db_prep_save", "pre_save")
"""… in these methods."""


@dataclass(frozen=True, slots=True)
class Blank:
    """What every new row of a model starts with.

    Args:
        plain: defaults that are the same for every row, by attribute.
        own: those of them that can be changed in place, so that each row needs its own.
        made: fields whose default is made for each.
        stored: names of all columns but the key.
        attributes: name and attribute of the columns with a plain default.
    """

    plain: dict[str, Any]
    own: tuple[str, ...]
    made: tuple[models.Field, ...]
    stored: frozenset[str]
    attributes: tuple[tuple[str, str], ...]


@lru_cache(maxsize=512)
def blank(model: type[models.Model]) -> Blank:
    """The blank of a model."""
    fields = model._meta.concrete_fields
    made = tuple(f for f in fields if callable(f.default) and f.default not in _EMPTY)
    plain = {f.attname: f.get_default() for f in fields if f not in made}
    own = tuple(at for at, value in plain.items() if isinstance(value, dict | list))
    return Blank(plain, own, made, frozenset(f.name for f in fields if not f.primary_key),
                 tuple((f.name, f.attname) for f in fields
                       if f.attname in plain and not f.primary_key and not _by_database(f)))


def _by_database(field: models.Field) -> bool:
    return field.db_default is not models.NOT_PROVIDED


def fresh(model: type[M], **values: Any) -> M:
    """A row as ``model(**values)`` makes it; values by attribute (``unit_id``, not ``unit``), not checked."""
    known = blank(model)
    row = model.__new__(model)
    row._state = ModelState()
    now = row.__dict__
    now.update(known.plain)
    for at in known.own:
        now[at] = known.plain[at].copy()
    for field in known.made:
        setattr(row, field.attname, field.get_default())
    now.update(values)
    return row


@lru_cache(maxsize=8192)
def writer(field: models.Field) -> Callable[[Any], Any]:
    """How a value of a field is given to psycopg as a bound parameter."""
    if isinstance(field, TokensField):
        return _lexemes
    if hasattr(field, "geom_type"):
        return _shape
    if isinstance(field, models.JSONField):
        return _tree
    if isinstance(field, SealedField):
        return field.get_prep_value
    if _particular(field):
        return lambda value: field.get_db_prep_save(value, connection)
    return lambda value: value if value.__class__ in _DIRECT else field.get_db_prep_save(value, connection)


def _particular(field: models.Field) -> bool:
    """Whether a field does something of its own to what it is given."""
    stock = next(c for c in type(field).__mro__ if c.__module__.startswith("django."))
    return any(getattr(type(field), how) is not getattr(stock, how) for how in _HOW) or getattr(
        field, "auto_now", False)


@lru_cache(maxsize=8192)
def column(field: models.Field) -> Callable[[list[Any]], list[Any]]:
    """How the values of a field in many rows are given to COPY: a column at a time, most as they stand."""
    if isinstance(field, models.JSONField):
        return lambda values: [None if v is None else _dumps(v).decode() for v in values]
    write = writer(field)
    if isinstance(field, TokensField | SealedField) or hasattr(field, "geom_type") or _particular(field):
        return lambda values: [write(v) for v in values]
    return lambda values: values if _DIRECT.issuperset(map(type, values)) else [write(v) for v in values]


def _lexemes(words: Any) -> str | None:
    """Words as a ``tsvector`` literal."""
    if words is None:
        return None
    if not words:
        return ""
    text = "\x1f".join(words).replace("\\", "\\\\").replace("'", "''")  # no word has the unit separator in it
    return "'" + text.replace("\x1f", "' '") + "'"


def _shape(value: Any) -> str | None:
    return None if value is None else bytes(value.ewkb).hex()


def _tree(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value, _dumps)


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)

"""Filters that the index of words knows as well, and how many rows words and filters have together."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models import Q

from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.slices import Holds, Traits

_KEEP_SECONDS = 300
_shares: dict[tuple[str, str], tuple[float, dict[str, float]]] = {}


@cache
def beside(model: type[models.Model]) -> tuple[Traits | None, str, str]:
    """The traits that the index of a model's words holds, the name of that index, and the number of their column."""
    for index in model._meta.indexes:
        for number, expression in enumerate(index.expressions, 1):
            if isinstance(expression, Traits):
                return expression, index.name, str(number)
    return None, "", ""


def keys(model: type[models.Model], bounds: Q) -> dict[str, str]:
    """Entries that rows within ``bounds`` have in the index, by field; each says no more than the bounds do.

    Of an area within an area the smaller is told. Filters of several values, or of areas that have no entry (a city),
    are left to the bounds.
    """
    traits = beside(model)[0]
    out: dict[str, str] = {}
    if traits is None:
        return out
    said = list(_leaves(bounds))
    fields = {n: model._meta.get_field(n) for n in traits.fields}
    by_column = {c: n for n, f in fields.items() for c in (n, f.attname)}  # type: ignore[union-attr]
    for lookup, value in said:
        column, _sep, how = lookup.partition("__")
        name = by_column.get(column)
        if name is None or value is None:
            continue
        if isinstance(fields[name], AreaCodeField):
            low = str(value)
            below = bool(low) and (f"{column}__lt", low[:-1] + chr(ord(low[-1]) + 1)) in said
            if how == "gte" and below and len(low) in (*traits.LEVELS, 15) and len(low) >= len(out.get(name, "")):
                out[name] = traits.key(name, low)
        elif how in ("", "exact") and isinstance(value, str | int):
            out[name] = traits.key(name, value)
        elif how == "in" and isinstance(value, list | tuple) and len(value) == 1:
            out[name] = traits.key(name, value[0])
    return out


def _leaves(q: Q) -> Iterator[tuple[str, Any]]:
    """What a filter demands in any case: not what stands in a choice or a denial."""
    if q.negated or (q.connector != Q.AND and len(q.children) > 1):
        return
    for child in q.children:
        if isinstance(child, Q):
            yield from _leaves(child)
        elif isinstance(child, tuple):
            yield child


def holding(model: type[models.Model], entries: Iterable[str]) -> Q:
    """Filter of the rows that have all these entries."""
    wanted = sorted(entries)
    traits = beside(model)[0]
    return Q(Holds(traits, wanted)) if traits is not None and wanted else Q()


@cache
def _pairs(model: type[models.Model]) -> frozenset[frozenset[str]]:
    """Fields that stand together at the head of an index."""
    return frozenset(frozenset(f.lstrip("-") for f in index.fields[:2]) for index in model._meta.indexes
                     if len(index.fields) > 1)


def paired(model: type[models.Model], names: Iterable[str]) -> bool:
    """Whether an ordinary index has two of these fields: it is better than the entries of each of them."""
    have = set(names)
    return any(pair <= have for pair in _pairs(model))


def share(model: type[models.Model], entries: Iterable[str]) -> float:
    """About what part of the rows has all these entries, as if they were independent of each other."""
    wanted = list(entries)
    if not wanted:
        return 1.0
    known = _known(*beside(model)[1:])
    least = min(known.values(), default=1.0)
    return math.prod(known.get(entry, least) for entry in wanted)


def words_share(model: type[models.Model], field: str, words: Q) -> float:
    """About what part of the rows holds the words of a filter; a word that is not known to be common counts as none."""
    known = _known(model._meta.db_table, field)
    most = 0.0
    for child in words.children:
        if isinstance(child, tuple) and child[0] == f"{field}__words":
            operator, said = child[1]
            shares = [known.get(word, 0.0) for word in said]
            most = max(most, min(shares) if operator == "&" else max(shares))
    return most


def _known(relation: str, column: str) -> dict[str, float]:
    """Shares of the rows with each common element of a column, as the planner last saw them; kept some minutes.

    Args:
        relation: a table, or an index, whose columns have no names of their own.
        column: its name, or its number from one.
    """
    kept = _shares.get((relation, column))
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.most_common_elems::text::text[], s.most_common_elem_freqs FROM pg_stats s "
            "JOIN pg_attribute a ON a.attrelid = to_regclass(%s) AND a.attname = s.attname "
            "WHERE s.schemaname = current_schema() AND s.tablename = %s AND %s IN (a.attname, a.attnum::text) "
            "AND s.most_common_elems IS NOT NULL", [relation, relation, column])
        elements, shares = cursor.fetchone() or ([], [])
    found = dict(zip(elements, shares, strict=False))  # behind the shares stand their least and greatest
    _shares[relation, column] = (time.monotonic() + _KEEP_SECONDS, found)
    return found

"""The newest rows that hold common words, without reading all rows that hold them.

An index of words gives every row of a word at once: of a word in a hundred thousand rows a first page costs a hundred
thousand entries, and two such conditions together cost both. Newest first, a page stands in a thin slice of the table:
the slices are asked from the newest backwards, more of them each time, and the whole table only when they do not fill
a page.
"""

from __future__ import annotations

import math
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.sql.datastructures import BaseTable

from gezhi.kernel.slices import Slice

FIRST, MOST = 2, 48
"""Slices asked first, and at most before the whole table."""


class _Part(BaseTable):
    """Rows of a table in its place in a statement, chosen before anything else is looked at.

    The planner would otherwise join in the indexes of the other filters, which hold rows of the whole table.
    """

    def __init__(self, table: str, alias: str, rows: models.QuerySet[Any], most: int) -> None:
        super().__init__(table, alias)
        self.rows = rows.order_by().values("pk")[:most]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        inner, params = self.rows.query.get_compiler(connection=connection).as_sql()
        rows = f"SELECT *{inner[inner.index(' FROM '):]}"
        return f"({rows}) {connection.ops.quote_name(self.table_alias)}", params


def sliced(model: type[models.Model]) -> bool:
    """Whether the words of a model are indexed together with the slices of its rows."""
    return any(isinstance(e, Slice) for index in model._meta.indexes for e in index.expressions)


def newest(table: models.QuerySet[Any], words: Q, bounds: Q, top: int, want: int, dense: float = 0) -> list[int] | None:
    """Primary keys of the newest rows within ``bounds`` that hold the words, newest first.

    Args:
        table: all rows.
        words: filter of the words, and of what else their index knows.
        bounds: everything else.
        top: no row above this primary key is wanted.
        want: rows wanted.
        dense: rows expected in a slice; 0 when nothing is known.

    Returns:
        Exactly ``want`` keys; ``None`` when the newest slices hold fewer, or the table is thinner than they are.
        When the first hold none at all the rows are few, and are better found otherwise.
    """
    last, step = top >> Slice.BITS, FIRST
    if dense:
        step = min(MOST, max(FIRST, math.ceil(want * 1.3 / dense)))
    while step <= min(last, MOST):
        holding = table.filter(words, pk__in_slices=range(last - step + 1, last + 1))
        chosen = table.filter(bounds, pk__lte=top).order_by("-pk").values_list("pk", flat=True)
        name = chosen.query.get_initial_alias()
        chosen.query.alias_map[name] = _Part(table.model._meta.db_table, name, holding, step << Slice.BITS)
        found = list(chosen[:want])
        if len(found) == want:
            return found
        if step == MOST or not found:
            break
        step = min(MOST, max(step * 2, step * want * 3 // len(found) // 2))
    return None

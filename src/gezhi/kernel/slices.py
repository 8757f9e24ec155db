"""Slices of a table by its primary keys, so that the newest rows are asked first."""

from __future__ import annotations

from typing import Any

from django.db import models


class Slice(models.Func):
    """The slice of primary keys a row stands in, as an array that a GIN index can hold beside its words.

    ``GinIndex("tokens", Slice("id"), name=…)`` finds the newest rows of a common word without reading all rows that
    hold it: the index meets the two lists and skips what lies outside. Without it the words alone are indexed.
    """

    BITS = 14
    template = f"(ARRAY[%(expressions)s >> {BITS}])"
    output_field = models.BigIntegerField()  # type: ignore[assignment]


@models.BigAutoField.register_lookup
class InSlices(models.Lookup):
    """``pk__in_slices=[305, 304]``: rows of these slices of primary keys, see :class:`Slice`."""

    lookup_name = "in_slices"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        left, params = self.process_lhs(compiler, connection)
        return f"ARRAY[{left} >> {Slice.BITS}] && %s::bigint[]", [*params, list(self.rhs)]

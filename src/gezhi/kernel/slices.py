"""What a GIN index holds beside the words of a row: the slice of a table it stands in, and its traits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .fields import AreaCodeField


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


class Traits(models.Func):
    """What else a row is filtered by, as one array that a GIN index can hold beside its words and its slice.

    ``GinIndex("tokens", Slice("id"), Traits("area_code", "channel"), name=…)`` answers an area and a word, or several
    values together, from the index alone, where the rows of each by itself would be read and met. A few entries more
    for each row: name those fields that lists are filtered by, not those that change often.

    Args:
        fields: at most ten names; an area code stands there with the areas above it, from the county down.
    """

    LEVELS = (6, 9, 12)
    """Digits of the areas above a grid; below them stands the whole code."""
    output_field = ArrayField(models.TextField())  # type: ignore[assignment]

    def __init__(self, *fields: str) -> None:
        super().__init__(*fields)
        self.fields = fields

    def as_sql(self, compiler: Any, connection: Any, **_kw: Any) -> tuple[str, Sequence[Any]]:  # type: ignore[override]
        parts = []
        for number, source in enumerate(self.get_source_expressions()):
            sql, _params = compiler.compile(source)
            if isinstance(source.output_field, AreaCodeField):
                parts += [f"'{number}' || left({sql}, {digits})" for digits in self.LEVELS]
            text = sql if isinstance(source.output_field, models.CharField) else f"{sql}::text"
            parts.append(f"'{number}' || {text}")
        return f'((ARRAY[{", ".join(parts)}]) COLLATE "C")', []

    def key(self, name: str, value: Any) -> str:
        """The entry of a value of one of the fields."""
        return f"{self.fields.index(name)}{value}"


class Holds(models.Lookup):
    """``Q(Holds(traits, keys))``: rows that have all of these entries of :class:`Traits`."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        left, params = self.process_lhs(compiler, connection)
        return f"{left} @> %s::text[]", [*params, list(self.rhs)]

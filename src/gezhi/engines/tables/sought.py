"""How the rows are chosen that hold the words searched for: from the newest slices of the table, or one by one.

Of a large table the planner knows the common words and values, and takes rare ones for thousands of times commoner
than they are (it walked five million rows for three hits). So what is known to be common is read from the newest slices
backwards, and of the rest the rows themselves are fetched first, which is one statement where they are few. What
the index of words knows beside them (``kernel.slices.Traits``) is asked together with them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q

from gezhi.engines.search.find import ways
from gezhi.kernel.registers import Register
from gezhi.kernel.slices import Slice

from . import counts, traits
from .newest import newest, sliced

FEW = 2000
"""Rows with the words searched for up to which a list is chosen from these rows alone."""
PAGES = 4
"""Pages of rows expected up to which they are all fetched at once, and not the newest of them."""
SURE = 10
"""Times ``FEW`` rows expected above which nobody looks whether they are few after all."""
MANY = 50_000
"""Rows the planner expects of words that it knows to be common; above it they are not fetched first."""


class Sought:
    """Rows of a register within bounds that hold the words of a text.

    Args:
        register: the register.
        text: words as a person types them, ``""`` for none.
        bounds: everything but the words.
        size: rows of a page.
    """

    def __init__(self, register: Register, text: str, bounds: Q, size: int) -> None:
        self.register, self.model, self.text, self.bounds, self.size = register, register.model, text, bounds, size
        self._kept: dict[tuple[str, int, int | None], list[int] | None] = {}
        self._rows: dict[str, list[int] | None] = {}

    @cached_property
    def large(self) -> bool:
        """Whether the table is large."""
        return counts.table_size(self.model) > counts.LARGE

    @cached_property
    def entries(self) -> dict[str, str]:
        """What the index of words knows of the bounds, by field."""
        return traits.keys(self.model, self.bounds) if self.large else {}

    @cached_property
    def beside(self) -> Q:
        """The same as a filter: it says nothing that the bounds do not."""
        return traits.holding(self.model, self.entries.values())

    @cached_property
    def filter(self) -> Q:
        """Filter of the rows beside the bounds.

        With words, the rows themselves where they are few. Without, what the index of words knows of several filters
        that together hold few rows: each of them alone would give many.
        """
        if self.text:
            words = self.found[0]
            few = self._few(words)
            return words & self.beside if few is words and self._filled(words) else few
        if len(self.entries) < 2 or traits.paired(self.model, self.entries):
            return Q()
        rows = traits.share(self.model, self.entries.values()) * counts.table_size(self.model)
        return self.beside if rows <= FEW else Q()

    @cached_property
    def found(self) -> tuple[Q, bool]:
        """The filter of the words searched for, and whether it was loosened: the strictest that finds a row."""
        if not self.text:
            return Q(), False
        choices = ways(self.register, self.text)
        for number, q in enumerate(choices):
            last = number == len(choices) - 1
            if last or self._any(q):
                return q, last and number > 0
        return Q(pk__in=()), False

    def _any(self, q: Q) -> bool:
        """Whether there is a row with the words."""
        if self.newest(q, self.size + 1):
            return True
        if self._few(q) is not q:
            return bool(self._rows[str(q)])
        return self._base().filter(self.bounds, q).exists()

    def newest(self, words: Q, want: int, top: int | None = None) -> list[int] | None:
        """Primary keys of the newest rows with the words; ``None``: another way must be taken."""
        if not self.large or not self._by_words(words):
            return None
        if not self._common(words):
            self._few(words)
        if self._rows.get(str(words)) is not None:
            return None
        key = (str(words), want, top)
        if key not in self._kept:
            last = self._last if top is None else top
            rows = self._share(words) * (1 << Slice.BITS)
            self._kept[key] = newest(self._base(), words & self.beside, self.bounds, last, want, rows)
        return self._kept[key]

    @property
    def number(self) -> int | None:
        """How many rows there are, where they were fetched."""
        rows = self._rows.get(str(self.found[0])) if self.text else None
        return None if rows is None else len(rows)

    def _filled(self, q: Q) -> bool:
        """Whether the newest slices gave a page of the words."""
        return any(rows for (words, _want, _top), rows in self._kept.items() if words == str(q))

    def _by_words(self, q: Q) -> bool:
        return sliced(self.model) and any(isinstance(c, tuple) and c[0].endswith("__words") for c in q.children)

    def _share(self, q: Q) -> float:
        """About what part of the rows holds the words and what the index knows beside them."""
        share = traits.words_share(self.model, str(self.register.tokens_field), q)
        return share * traits.share(self.model, self.entries.values())

    def _expected(self, q: Q) -> float:
        return self._share(q) * counts.table_size(self.model) if self._by_words(q) else 0

    def _common(self, q: Q) -> bool:
        """Whether more rows are known to hold words, and what the index knows beside them, than are fetched at once."""
        return self._expected(q) > PAGES * self.size

    @cached_property
    def _last(self) -> int:
        """The newest primary key."""
        return self.model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0

    def _few(self, q: Q) -> Q:
        """The rows themselves in place of words that few rows of a large table hold; else the same filter."""
        if not self.register.tokens_field or not self.large:
            return q
        key = str(q)
        if key not in self._rows:
            self._rows[key] = self._fetched(q)
        found = self._rows[key]
        return q if found is None else Q(pk__in=found)

    def _fetched(self, q: Q) -> list[int] | None:
        """Keys of the rows within the bounds that hold the words; ``None`` where they are many."""
        if self._expected(q) > SURE * FEW or (self._common(q) and self._filled(q)):
            return None
        rows = self._base().filter(q, self.beside).order_by().values_list("pk", flat=True)
        if not sliced(self.model) and counts.planned(rows) > MANY:
            return None
        found = list(rows[: FEW + 1])
        if len(found) > FEW:
            return None
        if self.bounds and found:
            found = list(self._base().filter(self.bounds, pk__in=found).values_list("pk", flat=True))
        return found

    def _base(self) -> models.QuerySet[Any]:
        return self.model._default_manager.all()

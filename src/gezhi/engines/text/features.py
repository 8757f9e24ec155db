"""Weighted marks: which are known, how much each says (idf), and the sparse matrix of a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import grams

if TYPE_CHECKING:
    from scipy import sparse

WEIGHTS = {"body": 1.0, "head": 0.5, "title": 0.5, "words": 0.5}
"""Share of each view in the likeness of two texts; found by cross-validation (docs/text.md)."""
MOST_MARKS = 2_000_000
Marked = dict[str, tuple[grams.Keys, grams.Counts]]


@dataclass
class Vocabulary:
    """Known marks of each block, sorted, with the factor of each: idf × the block's weight.

    Attributes:
        numbers: the number of each known word.
        keys, idf: by block; ``idf`` is the plain one, block weights come in at :meth:`row`.
    """

    numbers: dict[str, int]
    keys: dict[str, grams.Keys]
    idf: dict[str, NDArray[np.float32]]

    @property
    def starts(self) -> dict[str, int]:
        """First column of each block."""
        out, at = {}, 0
        for block in grams.BLOCKS:
            out[block] = at
            at += len(self.keys[block])
        return out

    @property
    def width(self) -> int:
        """Columns of all blocks."""
        return sum(len(k) for k in self.keys.values())

    def row(self, marked: Marked, shared: NDArray[np.bool_] | None = None) -> tuple[NDArray[np.int64],
                                                                                   NDArray[np.float32]]:
        """Columns and values of one text; each block has length √(its weight / all weights).

        Args:
            marked: the text, as :func:`grams.marks` counts it.
            shared: by column, whether a mark counts for that length; all do when it is not given.
        """
        total, columns, values, start = sum(WEIGHTS.values()), [], [], 0
        for block in grams.BLOCKS:
            known, (keys, counts) = self.keys[block], marked[block]
            if len(known) and len(keys):
                at = np.searchsorted(known, keys)
                at[at == len(known)] = 0
                hit = known[at] == keys
                at, said = at[hit], (1 + np.log(counts[hit])) * self.idf[block][at[hit]]
                heard = said if shared is None else said[shared[at + start]]
                size = float(np.sqrt((heard * heard).sum()))
                if size:
                    columns.append(at + start)
                    values.append(said * np.float32(np.sqrt(WEIGHTS[block] / total) / size))
            start += len(known)
        if not columns:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)

    def matrix(self, marked: Iterable[Marked], shared: NDArray[np.bool_] | None = None) -> sparse.csr_matrix:
        """One row a text (:meth:`row`). Training only: a model that predicts needs no scipy."""
        from scipy import sparse

        found: list[NDArray[np.int32]] = []
        values: list[NDArray[np.float32]] = []
        for one in marked:
            columns, said = self.row(one, shared)
            found.append(columns.astype(np.int32))
            values.append(said)
        ends = np.concatenate(([0], np.cumsum([len(c) for c in found]))).astype(np.int64)
        columns = np.concatenate(found or [np.zeros(0, np.int32)])
        found.clear()
        data = np.concatenate(values or [np.zeros(0, np.float32)])
        values.clear()
        return sparse.csr_matrix((data, columns, ends), shape=(len(ends) - 1, self.width))


def learn(marked: Sequence[Marked], numbers: dict[str, int], *,
          most: int = MOST_MARKS) -> tuple[Vocabulary, NDArray[np.bool_]]:
    """The vocabulary of a corpus, and by column whether at least two texts share the mark.

    A mark that one text alone has cannot tell anything while learning, and must not weigh on that text's length; yet a
    new text that has it too is like that text. So it is kept, and gets its weight after learning
    (:func:`train.train`).

    Args:
        marked: its texts, as :func:`grams.marks` counts them.
        numbers: the word numbers they were counted with.
        most: marks kept in all; the rarest are left out first.
    """
    found = {block: np.unique(np.concatenate([m[block][0] for m in marked]), return_counts=True)
             for block in grams.BLOCKS}
    count = sum(len(k) for k, _n in found.values())
    floor = 1
    if count > most:
        spread = np.concatenate([n for _k, n in found.values()])
        floor = int(np.partition(spread, count - most)[count - most]) + 1
    keys, idf, shared = {}, {}, []
    for block, (known, seen) in found.items():
        kept = seen >= floor
        keys[block] = known[kept]
        idf[block] = (np.log((1 + len(marked)) / (1 + seen[kept])) + 1).astype(np.float32)
        shared.append(seen[kept] > 1)
    return Vocabulary(numbers, keys, idf), np.concatenate(shared)

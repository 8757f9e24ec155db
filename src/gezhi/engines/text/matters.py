"""Directions given by hand: lines of words that belong to one matter ("公交车 站台 班次 末班车").

A few thousand examples cannot show that two rare words are about the same thing; a line says it. What is learnt about a
line folds back into the weights of its marks, as with :mod:`latent`: a finished model is no larger and no slower.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import grams
from .features import Marked, Vocabulary

_CHARACTER = np.uint64(21)
"""Bits of one character: a mark that is larger stands for at least two."""
Dense = NDArray[np.float32]


def directions(lines: Sequence[str], vocabulary: Vocabulary) -> tuple[NDArray[np.int64], Dense]:
    """The columns of the marks that occur in *lines*, and for them one column a line.

    Single characters are left out: they belong to too many matters. A line has no title and no beginning; its
    pieces speak in every view.
    """
    rows = vocabulary.matrix(_marks(line, vocabulary.numbers) for line in lines)
    able = np.unique(rows.indices).astype(np.int64)
    return able, np.ascontiguousarray(rows[:, able].T.toarray())


def _marks(line: str, numbers: dict[str, int]) -> Marked:
    marked = grams.marks(line, numbers)
    keys, counts = marked["body"]
    several = (keys >> _CHARACTER) > 0
    pieces = keys[several], counts[several]
    return {block: marked["words"] if block == "words" else pieces for block in grams.BLOCKS}

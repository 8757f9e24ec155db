"""Directions of meaning learnt from texts without labels: a thin singular value decomposition.

Two texts that share no mark may still lie in the same direction, because other texts connect their marks. The
projection is linear and is not renormalised, so what is learnt about a direction folds back into the weights of the
marks: a finished model is no larger and no slower for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DIMENSIONS, ROUNDS, SPARE = 200, 2, 20
LEAST_TEXTS, MOST_MARKS = 4, 80_000
"""Marks that take part: those in at least so many texts, and of these the most frequent."""
Dense = NDArray[np.float32]


def directions(texts: sparse.csr_matrix, dimensions: int = DIMENSIONS,
               seed: int = 0) -> tuple[NDArray[np.int64], Dense]:
    """The marks that take part, and for them columns ``v / √s`` of the leading right singular vectors.

    Randomised range finder with power iterations (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1).

    Args:
        texts: one row a text.
        dimensions: directions wanted; fewer when there are fewer texts or marks.
        seed: of the random start.
    """
    seen = np.bincount(texts.indices, minlength=texts.shape[1])
    able = np.flatnonzero(seen >= LEAST_TEXTS)
    if len(able) > MOST_MARKS:
        able = np.sort(able[np.argsort(-seen[able], kind="stable")[:MOST_MARKS]])
    used = texts[:, able].tocsr()
    width = min(dimensions + SPARE, *used.shape)
    if width < 2 or not used.nnz:
        return able[:0], np.zeros((0, 0), np.float32)
    across = used.T.tocsr()
    start = np.random.default_rng(seed).standard_normal((used.shape[1], width), dtype=np.float32)
    span, _r = np.linalg.qr(used @ start)
    for _round in range(ROUNDS):
        back, _r = np.linalg.qr(across @ span)
        span, _r = np.linalg.qr(used @ back)
    _u, size, right = np.linalg.svd((across @ span).T, full_matrices=False)
    kept = min(dimensions, int((size > size[0] * 1e-4).sum()))
    return able, np.ascontiguousarray((right[:kept] / np.sqrt(size[:kept])[:, None]).T, dtype=np.float32)

"""Weighted ridge regression of class membership on marks, in its dual, by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

RIDGE = 0.2
ROUNDS, CLOSE = 80, 2e-3
MOST_DENSE, STEP = 3000, 128
Dense = NDArray[np.float32]


def balance(classes: NDArray[np.int64], count: int, power: float) -> Dense:
    """Weight of each example: (all / (classes × its class's))**power; rare classes count for more."""
    sizes = np.maximum(1, np.bincount(classes, minlength=count))
    return ((len(classes) / (count * sizes[classes])) ** power).astype(np.float32)


def products(rows: sparse.csr_matrix, meaning: Dense, alone: Dense) -> Callable[[Dense], Dense]:
    """Multiplication by the likeness of all examples, ``rows rowsᵀ + meaning meaningᵀ`` less *alone* on the diagonal.

    A small corpus keeps the likenesses themselves (fast, and no second copy of the rows); a large one multiplies twice.
    """
    if rows.shape[0] <= MOST_DENSE:
        across = rows.T
        like = np.vstack([(rows[at:at + STEP] @ across).toarray() for at in range(0, rows.shape[0], STEP)])
        like += meaning @ meaning.T
        like[np.diag_indices(len(like))] -= alone
        return lambda v: like @ v
    turned = rows.T.tocsr()
    return lambda v: rows @ (turned @ v) + meaning @ (meaning.T @ v) - alone[:, None] * v


def dual(times: Callable[[Dense], Dense], wanted: Dense, weights: Dense, ridge: float = RIDGE) -> Dense:
    """Coefficients ``a`` such that ``rowsᵀ a`` and ``meaningᵀ a`` are the weights of marks and directions.

    Minimises ``Σ wᵢ |f(xᵢ) - tᵢ|² + ridge |f|²``; all classes are solved at once.

    Args:
        times: of :func:`products`.
        wanted: examples by classes, what is to be said.
        weights: of each example; one of weight 0 is not learnt from.
    """
    root = np.sqrt(weights)[:, None]

    def through(v: Dense) -> Dense:
        return root * times(root * v) + np.float32(ridge) * v

    target = (root * wanted).astype(np.float32)
    answer = np.zeros_like(target)
    rest = target.copy()
    way, power = rest.copy(), (rest * rest).sum(0)
    goal = CLOSE**2 * np.maximum(power, 1e-12)
    for _round in range(ROUNDS):
        if (power <= goal).all():
            break
        moved = through(way)
        step = power / np.maximum((way * moved).sum(0), 1e-20)
        answer += step * way
        rest -= step * moved
        before, power = power, (rest * rest).sum(0)
        way = rest + power / np.maximum(before, 1e-20) * way
    return root * answer

"""Training: a corpus with classes, and texts without, become a calibrated classifier.

Every quantity (words, vocabulary, idf, directions, weights, calibration) is learnt from the examples handed in and
from texts without class; examples kept apart for a measurement are never looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from scipy import sparse

from gezhi.kernel.errors import Invalid

from . import features, grams, latent, matters, solve
from .features import Vocabulary
from .model import Classifier, shares

LEAST_EXAMPLES = 5
"""Examples a class needs; rarer classes are left to people."""
MOST_WEIGHTS = 40_000_000
BODY_SHARE, WORDS_SHARE = 0.2, 0.2
MATTERS_SHARE = 0.3
"""Weight of the directions of pieces, of words and of matters beside that of the marks (1)."""
BALANCE = 1.0
INNER_FOLDS = 4
CALIBRATION_ROUNDS, BIAS_PRIOR, CALIBRATION_BALANCE = 8, 0.3, 0.5
Dense = NDArray[np.float32]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Example:
    """A text and its class; a correction by a person weighs more than what was merely accepted."""

    label: str
    text: str
    weight: float = 1.0


@dataclass
class Prepared:
    """What does not depend on classes: vocabulary, rows of the examples, and their directions.

    Attributes:
        rows: examples by marks, also those that no other text has.
        alone: of each example, the squared length that such marks have: they are no likeness to another example.
    """

    vocabulary: Vocabulary
    rows: Any
    alone: Dense
    meaning: Dense
    fold_back: Callable[[Dense], Dense]


def prepare(texts: Sequence[str], more: Sequence[str], lines: Sequence[str], classes: int, seed: int) -> Prepared:
    """Learn words, vocabulary and directions from all texts; rows of *texts* only are returned.

    Directions are those of *lines* (:func:`matters.directions`) and, where there are texts without class (*more*) to
    learn them from, those of :func:`latent.directions`.
    """
    everything = [*texts, *more]
    numbers = grams.word_numbers(everything)
    marked = [grams.marks(text, numbers) for text in everything]
    most = min(features.MOST_MARKS, MOST_WEIGHTS // max(1, classes))
    vocabulary, shared = features.learn(marked, numbers, most=most)
    marked.reverse()
    matrix = vocabulary.matrix((marked.pop() for _text in everything), shared)
    rows = matrix[:len(texts)] if more else matrix
    spans = [(0, len(vocabulary.keys["body"]), BODY_SHARE),
             (vocabulary.starts["words"], vocabulary.width, WORDS_SHARE)]
    ways = [(*matters.directions(lines, vocabulary), MATTERS_SHARE)]
    for first, last, share in spans if more else ():
        able, way = latent.directions(matrix[:, first:last], seed=seed)
        ways.append((first + able, way, share))
    found: list[tuple[NDArray[np.int64], Dense]] = []
    parts = [np.zeros((len(texts), 0), np.float32)]
    for columns, way, share in ways:
        if len(columns):
            seen = rows[:, columns] @ way
            size = np.float32(np.sqrt(share / max(1e-12, float((seen * seen).sum(1).mean()))))
            found.append((columns, way * size))
            parts.append(seen * size)

    def fold_back(weights: Dense) -> Dense:
        """Weights of directions as weights of marks; without directions one row of zeros."""
        if not found:
            return np.zeros((1, weights.shape[1]), np.float32)
        out, at = np.zeros((vocabulary.width, weights.shape[1]), np.float32), 0
        for columns, way in found:
            out[columns] += way @ weights[at:at + way.shape[1]]
            at += way.shape[1]
        return out

    squares = sparse.csr_matrix((rows.data * rows.data, rows.indices, rows.indptr), shape=rows.shape)
    alone = squares @ (~shared).astype(np.float32)
    return Prepared(vocabulary, rows, alone, np.hstack(parts).astype(np.float32), fold_back)


def folds(classes: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each example, every class spread evenly over all folds."""
    random, out = np.random.default_rng(seed), np.zeros(len(classes), np.int64)
    for one in np.unique(classes):
        at = np.flatnonzero(classes == one)
        random.shuffle(at)
        out[at] = (np.arange(len(at)) + random.integers(count)) % count
    return out


def calibrate(scores: Dense, classes: NDArray[np.int64], weights: Dense) -> tuple[float, Dense]:
    """Factor and bias of each class that make scores honest shares: least surprise on examples not learnt from.

    Vector scaling (Guo et al. 2017). The factor is found by golden-section search of its logarithm, the biases by
    iterative scaling towards the weights that each class really has; :data:`BIAS_PRIOR` holds those of rare classes
    near zero. They mend what the regression leans to, so that shares are honest class by class (docs/text.md).

    Args:
        scores: of examples by classes, from models that had not seen the example.
        weights: how much each example counts.
    """
    count = scores.shape[1]
    bias, heat, at = np.zeros(count, np.float32), 1.0, np.arange(len(classes))
    wanted = np.bincount(classes, weights, count)

    def surprise(log_heat: float) -> float:
        said = shares(scores, float(np.exp(log_heat)), bias)[at, classes]
        return float(-(weights * np.log(np.maximum(said, 1e-12))).sum())

    for _round in range(CALIBRATION_ROUNDS):
        heat = float(np.exp(_lowest(surprise, -2.0, 6.0)))
        for _step in range(CALIBRATION_ROUNDS):
            said = np.maximum((weights[:, None] * shares(scores, heat, bias)).sum(0), 1e-6)
            pull = BIAS_PRIOR * bias
            bias += np.log((wanted + np.maximum(0, -pull)) / (said + np.maximum(0, pull))).astype(np.float32)
        bias -= bias.mean()
    return heat, bias


def _lowest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, by golden-section search."""
    gold = (5**0.5 - 1) / 2
    for _round in range(24):
        left, right = high - gold * (high - low), low + gold * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return (low + high) / 2


def train(examples: Sequence[Example], more: Sequence[str] = (), *, lines: Sequence[str] = (), seed: int = 0,
          say: Say = lambda _t: None, least: int = LEAST_EXAMPLES) -> Classifier:
    """A classifier of the classes that have at least *least* examples.

    Args:
        examples: texts with classes.
        more: texts without class, that teach words and directions of meaning.
        lines: words that belong to one matter, a line each (:mod:`matters`).
        seed: of the random start and the inner folds: the same input gives the same model.
        say: told what is being done.

    Raises:
        Invalid: fewer than two classes have enough examples.
    """
    sizes = Counter(one.label for one in examples)
    labels = tuple(sorted(label for label, n in sizes.items() if n >= least))
    if len(labels) < 2:
        raise Invalid(_("至少要有两个类别，每类不少于 %d 条样本") % least)
    used = [one for one in examples if sizes[one.label] >= least]
    number = {label: n for n, label in enumerate(labels)}
    classes = np.array([number[one.label] for one in used], np.int64)
    say(_("整理文本 %(n)d 条，无标签 %(m)d 条") % {"n": len(used), "m": len(more)})
    ready = prepare([one.text for one in used], more, lines, len(labels), seed)
    wanted = np.eye(len(labels), dtype=np.float32)[classes]
    given = np.array([one.weight for one in used], np.float32)
    weights = given * solve.balance(classes, len(labels), BALANCE)
    say(_("校准把握"))
    times = solve.products(ready.rows, ready.meaning, ready.alone)
    fold = folds(classes, INNER_FOLDS, seed)
    unseen = np.zeros((len(used), len(labels)), np.float32)
    for part in range(INNER_FOLDS):
        out = fold == part
        unseen[out] = times(solve.dual(times, wanted, np.where(out, np.float32(0), weights)))[out]
    heat, bias = calibrate(unseen, classes, given * solve.balance(classes, len(labels), CALIBRATION_BALANCE))
    say(_("训练 %d 个类别") % len(labels))
    spoken = solve.dual(times, wanted, weights)
    final = (ready.rows.T @ spoken + ready.fold_back(ready.meaning.T @ spoken)).astype(np.float16)
    facts = {"examples": len(used), "unlabelled": len(more), "left_out": len(examples) - len(used), "seed": seed,
             "classes": {label: sizes[label] for label in labels}}
    return Classifier(labels, ready.vocabulary, final, heat, tuple(round(float(b), 5) for b in bias), facts)

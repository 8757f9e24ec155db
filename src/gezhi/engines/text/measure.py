"""How good a classifier is: macro-F1, class by class, confusions, calibration, time and memory."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .model import Classifier, Guess
from .train import Example, Say, folds, train

SURE_STEPS = 10


def figures(truth: Sequence[str], guesses: Sequence[Sequence[Guess]]) -> dict[str, Any]:
    """Figures of a list of guesses against the truth.

    Args:
        truth: the right class of each text.
        guesses: what the classifier said, best first; empty counts as wrong.

    Returns:
        ``macro_f1`` (over the classes that occur in *truth*), ``accuracy``, ``per_class`` (precision, recall, f1, n),
        ``confusions`` (most frequent first: right, said, n), ``calibration_error`` (mean gap between confidence and
        share right, in tenths of confidence) and ``sure`` (share answered, and share right of these, from 0.5,
        0.7, 0.85 and 0.95 on).
    """
    said = [g[0].label if g else "" for g in guesses]
    sure = np.array([g[0].confidence if g else 0.0 for g in guesses])
    right = np.array([a == b for a, b in zip(truth, said, strict=True)], dtype=float)
    per_class = {}
    have, told = Counter(truth), Counter(said)
    hits = Counter(a for a, b in zip(truth, said, strict=True) if a == b)
    for label in sorted(have):
        precision = hits[label] / told[label] if told[label] else 0.0
        recall = hits[label] / have[label]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        per_class[label] = {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4),
                            "n": have[label]}
    wrong = Counter((a, b) for a, b in zip(truth, said, strict=True) if a != b)
    total = max(1, len(truth))
    return {
        "macro_f1": round(float(np.mean([c["f1"] for c in per_class.values()])) if per_class else 0.0, 4),
        "accuracy": round(float(right.mean()) if len(right) else 0.0, 4), "n": len(truth), "per_class": per_class,
        "confusions": [{"right": a, "said": b, "n": n} for (a, b), n in wrong.most_common()],
        "calibration_error": _gap(sure, right),
        "sure": {str(least): {"answered": round(float((sure >= least).sum()) / total, 4),
                              "right": round(float(right[sure >= least].mean()) if (sure >= least).any() else 0.0, 4)}
                 for least in (0.5, 0.7, 0.85, 0.95)},
    }


def _gap(sure: Any, right: Any) -> float:
    """Expected calibration error over ten bins of equal width."""
    if not len(sure):
        return 0.0
    bins = np.minimum((sure * SURE_STEPS).astype(int), SURE_STEPS - 1)
    return round(float(sum(abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
                           for b in np.unique(bins))), 4)


def measured(model: Classifier, examples: Sequence[Example]) -> tuple[list[list[Guess]], float]:
    """Guesses for all examples, one after the other, and the milliseconds one took."""
    began = time.perf_counter()
    out = [model.guesses(one.text) for one in examples]
    return out, (time.perf_counter() - began) * 1000 / max(1, len(examples))


def on_test(examples: Sequence[Example], tests: Sequence[Example], more: Sequence[str] = (), *,
            lines: Sequence[str] = (), seed: int = 0,
            say: Say = lambda _t: None) -> tuple[Classifier, dict[str, Any]]:
    """Train on one set, measure on another: the model and its figures, with time a message and peak memory."""
    began = time.perf_counter()
    model = train(examples, more, lines=lines, seed=seed, say=say, least=2)
    spent = time.perf_counter() - began
    guesses, each = measured(model, tests)
    found = figures([t.label for t in tests], guesses)
    found.update(ms_per_message=round(each, 3), train_seconds=round(spent, 1), peak_mb=peak_mb())
    return model, found


def crossed(examples: Sequence[Example], more: Sequence[str] = (), *, lines: Sequence[str] = (), count: int = 5,
            seeds: Sequence[int] = (0,), say: Say = lambda _t: None) -> dict[str, Any]:
    """Stratified cross-validation, repeated with other seeds: figures of all held-out guesses together.

    Everything is learnt anew in each fold from its training part (and *more* and *lines*, which have no classes).
    ``rounds`` gives macro-F1 of each repetition; ``macro_f1`` is their mean, ``spread`` their standard deviation.
    """
    names = sorted({one.label for one in examples})
    classes = np.array([names.index(one.label) for one in examples], np.int64)
    truth: list[str] = []
    guesses: list[list[Guess]] = []
    rounds, each = [], []
    for seed in seeds:
        fold = folds(classes, count, seed)
        start = len(truth)
        for part in range(count):
            learn = [one for one, at in zip(examples, fold, strict=True) if at != part]
            held = [one for one, at in zip(examples, fold, strict=True) if at == part]
            got, spent = measured(train(learn, more, lines=lines, seed=seed, least=2), held)
            guesses += got
            truth += [one.label for one in held]
            each.append(spent)
            say(f"seed {seed} fold {part + 1}/{count}")
        rounds.append(figures(truth[start:], guesses[start:])["macro_f1"])
    found = figures(truth, guesses)
    found.update(macro_f1=round(float(np.mean(rounds)), 4), spread=round(float(np.std(rounds)), 4), rounds=rounds,
                 folds=count, seeds=list(seeds), ms_per_message=round(float(np.mean(each)), 3), peak_mb=peak_mb())
    return found


def peak_mb() -> int:
    """Most memory this process has held, in MB; 0 where the system does not tell."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1024 if sys.platform != "darwin" else 1024 * 1024))

"""Training on the city's own past: what people decided, corrections counted more, measured before it is kept."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gezhi.kernel.actors import Actor
from gezhi.kernel.registry import registry

from . import measure
from .text_model import TextModel, keep
from .train import LEAST_EXAMPLES, Example, Say, train

MOST_OF_CLASS, MOST_UNLABELLED = 1500, 10_000
CORRECTION = 2.0
"""A case that a person put right counts as two."""
TEST_SHARE = 5


@dataclass(frozen=True)
class Lesson:
    """One past text and what people decided of it.

    Attributes:
        label: the class, ``""`` for a text nobody decided yet.
        corrected: whether a person overruled an earlier suggestion.
    """

    label: str
    text: str
    corrected: bool = False


def gather(lessons: Iterable[Lesson]) -> tuple[list[Example], list[str], int]:
    """Examples, texts without class, and the number of corrections among the examples.

    Lessons come newest first; of each class the newest :data:`MOST_OF_CLASS` are kept, and every correction.
    """
    seen: dict[str, int] = defaultdict(int)
    examples: list[Example] = []
    more: list[str] = []
    corrections = 0
    for one in lessons:
        if not one.label:
            if len(more) < MOST_UNLABELLED:
                more.append(one.text)
            continue
        if seen[one.label] >= MOST_OF_CLASS and not one.corrected:
            continue
        seen[one.label] += 1
        corrections += one.corrected
        examples.append(Example(one.label, one.text, CORRECTION if one.corrected else 1.0))
    return examples, more, corrections


def learn(actor: Actor, purpose: str, *, seed: int = 0, say: Say = lambda _t: None,
          given: Iterable[Lesson] | None = None) -> TextModel:
    """Train the next model of a purpose, measure it on a fifth kept apart, and keep it (not yet in use).

    Words that belong to one matter come from the port ``text_matters``.

    The figures are those of a model trained on four fifths; the one that is kept has learnt from all.

    Args:
        given: lessons instead of the city's own (port ``text_lessons``).

    Raises:
        Invalid: too few examples.
    """
    lessons: Any = registry.port("text_lessons")(purpose) if given is None else given
    lines = registry.port("text_matters")()
    examples, more, corrections = gather(lessons)
    rows = list(examples)
    random.Random(seed).shuffle(rows)
    size: dict[str, int] = defaultdict(int)
    learnt: list[Example] = []
    held: list[Example] = []
    for one in rows:
        size[one.label] += 1
        (held if size[one.label] % TEST_SHARE == 0 else learnt).append(one)
    figures: dict[str, Any] = {}
    if held:
        trial = train(learnt, more, lines=lines, seed=seed, say=say,
                      least=LEAST_EXAMPLES - LEAST_EXAMPLES // TEST_SHARE)
        known = [one for one in held if one.label in trial.labels]
        guesses, each = measure.measured(trial, known)
        figures = measure.figures([one.label for one in known], guesses)
        figures.update(ms_per_message=round(each, 3), peak_mb=measure.peak_mb())
        figures["confusions"] = figures["confusions"][:50]
    model = train(examples, more, lines=lines, seed=seed, say=say)
    return keep(actor, purpose, model, figures, corrections=corrections)

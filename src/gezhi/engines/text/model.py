"""A trained classifier: marks and their weights, nothing that runs. Predicting needs numpy alone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gezhi.kernel.errors import Invalid

from . import grams
from .features import Vocabulary

FORM = "gezhi-text-2"
DOUBT = 0.04
"""Share of texts whose class no reading tells (people err, too), spread evenly; so no text is surer than that."""
Dense = NDArray[np.float32]


@dataclass(frozen=True)
class Guess:
    """A class and how sure the model is of it, 0 to 1: among guesses of 0.8, eight in ten are right."""

    label: str
    confidence: float


@dataclass
class Classifier:
    """Classes of free text.

    Attributes:
        labels: the classes, in the order of the columns of ``weights``.
        vocabulary: the known marks.
        weights: marks × classes, half precision.
        heat, bias: scores × heat + the bias of each class become shares (calibration).
        facts: how it was made and how good it is: figures only, no text of anybody.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: NDArray[np.float16]
    heat: float = 1.0
    bias: tuple[float, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def scores(self, text: str) -> Dense:
        """The score of each class."""
        columns, values = self.vocabulary.row(grams.marks(text, self.vocabulary.numbers))
        return values @ self.weights[columns].astype(np.float32) if len(columns) else np.zeros(
            len(self.labels), np.float32)

    def guesses(self, text: str, most: int = 5) -> list[Guess]:
        """The likeliest classes, the best first, with calibrated confidence; none for a text without a known mark."""
        said = self.scores(text)
        if not said.any():
            return []
        share = shares(said[None], self.heat, self.bias)[0]
        best = np.argsort(-share)[:most]
        return [Guess(self.labels[at], round(float(share[at]), 4)) for at in best]

    def save(self) -> bytes:
        """The model as bytes: arrays and JSON, loaded without running anything that came with them."""
        words = [word for word, _n in sorted(self.vocabulary.numbers.items(), key=lambda pair: pair[1])]
        head = {"form": FORM, "labels": self.labels, "heat": self.heat, "bias": self.bias, "facts": self.facts,
                "words": words}
        arrays: dict[str, Any] = {"weights": self.weights,
                                  "head": np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8)}
        for block in grams.BLOCKS:
            arrays[f"keys_{block}"] = self.vocabulary.keys[block]
            arrays[f"idf_{block}"] = self.vocabulary.idf[block]
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **arrays)
        return out.getvalue()


def shares(scores: Dense, heat: float, bias: Sequence[float] | Dense = ()) -> Dense:
    """Scores as shares that sum to one, row by row: the exponential of scores × heat + bias, less :data:`DOUBT`."""
    said = scores * np.float32(heat) + (np.asarray(bias, np.float32) if len(bias) else np.float32(0))
    raised = np.exp(said - said.max(axis=1, keepdims=True))
    return np.float32(1 - DOUBT) * raised / raised.sum(axis=1, keepdims=True) + np.float32(DOUBT / scores.shape[1])


def digest(data: bytes) -> str:
    """SHA-256 of a model's bytes, by which it is known."""
    return hashlib.sha256(data).hexdigest()


def load(data: bytes) -> Classifier:
    """The model of :meth:`Classifier.save`.

    Raises:
        Invalid: the bytes are not such a model, or its parts do not fit each other.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            keys = {b: arrays[f"keys_{b}"] for b in grams.BLOCKS}
            idf = {b: arrays[f"idf_{b}"] for b in grams.BLOCKS}
            weights = arrays["weights"]
        if head["form"] != FORM:
            raise ValueError(head["form"])
        model = Classifier(tuple(head["labels"]),
                           Vocabulary({w: n for n, w in enumerate(head["words"], 1)}, keys, idf), weights,
                           float(head["heat"]), tuple(map(float, head.get("bias", ()))), dict(head["facts"]))
        _check(model)
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise Invalid(f"not a text model: {error}") from error
    return model


def _check(model: Classifier) -> None:
    known = model.vocabulary
    fits: Sequence[bool] = (
        model.weights.dtype == np.float16, model.weights.shape == (known.width, len(model.labels)),
        len(model.bias) in (0, len(model.labels)),
        *(known.keys[b].dtype == np.uint64 and known.idf[b].shape == known.keys[b].shape for b in grams.BLOCKS),
        *(bool((known.keys[b][1:] > known.keys[b][:-1]).all()) for b in grams.BLOCKS))
    if not all(fits):
        raise ValueError("arrays do not fit each other")

"""The model in use: read from the database once, kept in memory, looked for anew every few seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import structlog

from gezhi.kernel.errors import Invalid

from .model import Classifier, Guess, digest, load

log = structlog.get_logger(__name__)
KEEP_SECONDS = 15.0
_lock = threading.Lock()
_kept: dict[str, tuple[float, str, Classifier | None]] = {}


@dataclass(frozen=True)
class Said:
    """Guesses, best first (at least one), and the version of the model that made them."""

    version: str
    guesses: tuple[Guess, ...]


def active(purpose: str) -> tuple[str, Classifier | None]:
    """Version and model in use for a purpose, ``("", None)`` when there is none.

    The database is asked at most every :data:`KEEP_SECONDS`; bytes are read and checked only when the version changed.
    """
    with _lock:
        known = _kept.get(purpose)
        if known is not None and time.monotonic() - known[0] < KEEP_SECONDS:
            return known[1], known[2]
        found = _look(purpose, known)
        _kept[purpose] = (time.monotonic(), *found)
        return found


def _look(purpose: str, known: tuple[float, str, Classifier | None] | None) -> tuple[str, Classifier | None]:
    from .text_model import TextArtefact, TextModel

    row = TextModel.objects.filter(purpose=purpose, status="active").only("code", "sha256").first()
    if row is None:
        return "", None
    if known is not None and known[1] == row.code:
        return known[1], known[2]
    found = TextArtefact.objects.filter(pk=row.sha256).first()
    data = bytes(found.data) if found is not None else b""
    try:
        if digest(data) != row.sha256:
            raise Invalid("the bytes are not those that were stored")
        return row.code, load(data)
    except Invalid as error:
        log.error("text_model_unusable", model=row.code, why=str(error))
        return row.code, None


def forget() -> None:
    """Look for the models in use again at once."""
    with _lock:
        _kept.clear()


def say(purpose: str, text: str, most: int = 5) -> Said | None:
    """What the model in use says of a text, or ``None``: there is no model, or it knows nothing of the text."""
    version, model = active(purpose)
    if model is None:
        return None
    guesses = model.guesses(text, most)
    return Said(version, tuple(guesses)) if guesses else None

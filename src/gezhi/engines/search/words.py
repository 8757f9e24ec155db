"""Chinese words: segmentation for the index and for what a person types."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import rjieba

MOST_WORDS = 1500
"""Distinct words kept of one record; a tsvector holds at most 16,383 positions and 1 MB."""
LONGEST = 60
STOP = frozenset("的了是在和与及或也都就而把被让给向从对等着过吗呢吧啊呀请您你我他她它们这那")


def _kept(words: list[str]) -> list[str]:
    out: dict[str, None] = {}
    for word in words:
        if word and len(word) <= LONGEST and word not in STOP and any(c.isalnum() for c in word):
            out[word] = None
            if len(out) >= MOST_WORDS:
                break
    return list(out)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("\x00", " ")


def tokenise(text: str) -> list[str]:
    """Distinct words of a text for the index, long words also by their parts, lower case, at most ``MOST_WORDS``."""
    return _kept(rjieba.cut_for_search(_plain(text)))


@lru_cache(maxsize=2048)
def asked(text: str) -> tuple[str, ...]:
    """Distinct words of what a person types, without parts of words: all of them are to be found."""
    return tuple(_kept(rjieba.cut(_plain(text)))[:24])

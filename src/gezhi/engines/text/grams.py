"""From a text to counted marks: pieces of one to three characters and words, as whole numbers.

A mark is a 64-bit number that says exactly which characters (three code points of 21 bits) or words (two numbers of
32 bits) it stands for, so nothing collides and counting is array work: a message takes well under a millisecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import rjieba
from numpy.typing import NDArray

BLOCKS = ("body", "head", "title", "words")
"""The views of a text: all of it, its beginning, its title, its words."""
HEAD, TITLE, LONGEST = 120, 30, 3000
TITLES = range(4, 46)
"""Lengths of what stands before the first blank that make it a title; else the title is the first 30 characters."""
_CODED = re.compile(r"[a-z]\d{0,2}(?=[市县区镇])")
_NUMBER = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")
Keys = NDArray[np.uint64]
Counts = NDArray[np.float32]


def plain(text: str) -> str:
    """The text as it is counted: one width and case, numbers and coded place names ("A3区") each as one sign."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).lower().replace("\x00", " ")
    return _SPACE.sub(" ", _NUMBER.sub("0", _CODED.sub("地", text))).strip()


def _pieces(text: str) -> Keys:
    """Every run of one, two and three characters, as numbers."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < 2:
        return codes
    shift = np.uint64(21)
    two = (codes[:-1] << shift) | codes[1:]
    three = (two[:-1] << shift) | codes[2:]
    return np.concatenate((codes, two, three))


def title(text: str) -> str:
    """The title of a plain text: what stands before its first blank or line, where that has a title's length."""
    first = text[:TITLES.stop].partition(" ")[0]
    return first if len(first) in TITLES and len(first) < len(text) else text[:TITLE]


def split(text: str) -> list[str]:
    """Words of a plain text, blanks left out."""
    return [word for word in rjieba.cut(text) if word != " "]


def _word_marks(words: Sequence[str], numbers: dict[str, int]) -> Keys:
    """Known words and neighbouring pairs of known words."""
    one = np.array([numbers.get(word, 0) for word in words], dtype=np.uint64)
    if not len(one):
        return one
    pairs = (one[:-1] << np.uint64(32)) | one[1:]
    return np.concatenate((one[one > 0], pairs[(one[:-1] > 0) & (one[1:] > 0)]))


def marks(text: str, numbers: dict[str, int]) -> dict[str, tuple[Keys, Counts]]:
    """Distinct marks of a text and how often each occurs, block by block.

    Args:
        text: as it was written.
        numbers: the number of each known word, from 1.
    """
    text = plain(text)
    raw = {"body": _pieces(text), "head": _pieces(text[:HEAD]), "title": _pieces(title(text)),
           "words": _word_marks(split(text), numbers)}
    out = {}
    for block, keys in raw.items():
        found, counts = np.unique(keys, return_counts=True)
        out[block] = (found, counts.astype(np.float32))
    return out


def word_numbers(texts: Sequence[str], least: int = 2) -> dict[str, int]:
    """Numbers for the words that occur in at least *least* texts."""
    seen: dict[str, int] = {}
    for text in texts:
        for word in set(split(plain(text))):
            seen[word] = seen.get(word, 0) + 1
    return {word: at for at, word in enumerate(sorted(w for w, n in seen.items() if n >= least), start=1)}

"""Chinese words: segmentation for the index and for what a person types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

import rjieba

MOST_WORDS = 1500
"""Distinct words kept of one record; a tsvector holds at most 16,383 positions and 1 MB."""
LONGEST = 60
_RUNS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+|[^\\W\u3400-\u4dbf\u4e00-\u9fff]+")
STOP = frozenset("的了是在和与及或也都就而把被让给向从对等着过吗呢吧啊呀请您你我他她它们这那")


def _kept(words: Iterable[str], most: int = MOST_WORDS) -> list[str]:
    out: dict[str, None] = {}
    for word in words:
        if word and word not in STOP and len(word) <= LONGEST and (word.isalnum() or any(map(str.isalnum, word))):
            out[word] = None
            if len(out) >= most:
                break
    return list(out)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("\x00", " ")


def _han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


def _joints(words: list[str]) -> Iterator[tuple[int, str]]:
    """Pairs of characters across a border of words where one of them is a single character, with its place.

    There the segmentation is in doubt (a name, or "路|灯不亮"), so the pair stands in the index as well.
    """
    single = [len(word) == 1 for word in words]
    for at, beside in enumerate(pairwise(single)):
        left, right = words[at], words[at + 1]
        if True in beside and left not in STOP and right not in STOP and _han(left[-1]) and _han(right[0]):
            yield at, left[-1] + right[0]


def tokenise(text: str) -> list[str]:
    """Distinct words of a text for the index, lower case, at most ``MOST_WORDS``.

    Long words also by their parts, and doubtful borders by the pair of characters across them.
    """
    text = _plain(text)
    pairs = (pair for _at, pair in _joints(rjieba.cut(text, False)))
    return _kept([*rjieba.cut_for_search(text, False), *pairs])


NAME = 4
"""Signs of the longest piece of a name that stands in the index; a longer text is asked for by such pieces."""


def tokenise_names(text: str) -> list[str]:
    """Distinct pieces of names for the index: every run of one to ``NAME`` Chinese signs, and words in other letters.

    No dictionary knows names; with all pieces, any part of one that is typed is found as it stands.
    """
    out: dict[str, None] = {}
    for run in _RUNS.findall(_plain(text)):
        if _han(run[0]):
            out.update((run[at:at + size], None) for size in range(1, NAME + 1) for at in range(len(run) - size + 1))
        else:
            out[run[:LONGEST]] = None
    return list(out)[:MOST_WORDS]


@lru_cache(maxsize=2048)
def asked_names(text: str) -> tuple[str, ...]:
    """Pieces of a name that is typed, all of which are to be found."""
    out: list[str] = []
    for run in _RUNS.findall(_plain(text)):
        out += [run[at:at + NAME] for at in range(max(1, len(run) - NAME + 1))] if _han(run[0]) else [run[:LONGEST]]
    return tuple(dict.fromkeys(out))[:24]


@lru_cache(maxsize=2048)
def asked(text: str) -> tuple[str, ...]:
    """Distinct words of what a person types, without parts of words: all of them are to be found.

    A single character beside others is asked for with its neighbour, which says more than it alone.
    """
    words = rjieba.cut(_plain(text), False)
    joints = list(_joints(words))
    covered = {at for at, _pair in joints} | {at + 1 for at, _pair in joints}
    wanted = [w for at, w in enumerate(words) if len(w) > 1 or at not in covered]
    return tuple(_kept([*wanted, *(pair for _at, pair in joints)], 24))

"""What a person types as an address: areas cut off in front, the rest as words and numbers, how well two fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gezhi.foundation.premises.wording import number, plain

_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十]+(?=号楼|[号幢栋座楼单层室户门])")
_MEASURE = re.compile(r"(?<=[0-9A-Z])(?:号楼|单元|[号幢栋座楼层室户门])")
_PIECE = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)*|[^0-9A-Z\-,，、。;；()（）#]+")
_KINDS = re.compile(r"(?:特别行政区|自治区|自治州|自治县|开发区|街道办事处|街道|社区|居委会|村委会|[省市区县镇乡村])$")
MOST_PIECES = 12


def pieces(text: str) -> list[str]:
    """Words and numbers of an address without measure words: 友谊路５号三幢 to ``["友谊路", "5", "3"]``."""
    clear = _NUMERAL.sub(lambda m: number(m.group()), plain(text))
    found = []
    for piece in _PIECE.findall(_MEASURE.sub(" ", clear).replace("第", "")):
        word = piece.strip()
        if word:
            found.append(word.lstrip("0") or "0" if word.isdigit() else word)
    return found[:MOST_PIECES]


def cut_areas(text: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The areas an address begins with, cut off.

    Args:
        text: what was typed. names: names of areas by code.

    Returns:
        The code of the last area named, ``""`` if none; and what follows it.
    """
    rest, code = plain(text), ""
    rest = re.sub(r"^(?:中国|[^省]{2,3}省)", "", rest)
    while rest:
        best = ("", "")
        for below, name in names.items():
            if not below.startswith(code) or below == code:
                continue
            said = _said(name, rest)
            longer = len(said) > len(best[1]) or (len(said) == len(best[1]) and len(below) < len(best[0]))
            if said and longer:
                best = (below, said)
        if not best[0]:
            break
        code, rest = best[0], rest[len(best[1]):]
    return code, rest


def _said(name: str, text: str) -> str:
    """As much of an area's name as the text begins with: all, or all but its kind (虎丘 for 虎丘区)."""
    if name and text.startswith(name):
        return name
    short = _KINDS.sub("", name)
    return short if len(short) > 1 and text == short else ""


def fit(asked: Sequence[str], there: Sequence[str]) -> float:
    """How well an address fits what was asked, 0 to 1: its share of pieces in the same order, first of those asked.

    A word counts by the longest part the two have in common; a number fits whole or not at all.
    """
    if not asked or not there:
        return 0.0
    row = [0.0] * (len(there) + 1)
    for piece in asked:
        before = row
        row = [0.0]
        for column, other in enumerate(there):
            row.append(max(before[column + 1], row[column], before[column] + _same(piece, other)))
    recall, precision = row[-1] / len(asked), row[-1] / len(there)
    return 0.0 if row[-1] == 0 else round(5 * precision * recall / (4 * precision + recall), 4)


def _same(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if one[0].isascii() or other[0].isascii():
        return 0.0
    short, long_ = sorted((one, other), key=len)
    return 0.9 * len(short) / len(long_) if short in long_ else 0.0

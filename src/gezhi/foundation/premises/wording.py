"""Wording of addresses: one text from the parts, and one key by which two wordings of a place are known as the same.

Parts in order (GB/T 39609): road, house number, estate, building, unit, floor, room.
"""

from __future__ import annotations

import re
from typing import Any

from gezhi.kernel.identifiers import tidy as plain

PARTS = ("road", "house_number", "estate", "building_no", "unit_no", "floor", "room_no")
TAILS = {"house_number": "号", "building_no": "幢", "unit_no": "单元", "floor": "层", "room_no": "室"}
"""Measure words said behind a bare number."""
_TAIL = {"house_number": "号", "building_no": "号楼|[幢栋座楼]", "unit_no": "单元|门",
         "floor": "层|楼", "room_no": "[室号户]"}
_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十]+")


def number(text: str) -> str:
    """A Chinese numeral below a hundred as digits: 十二 to 12; signs read one by one (一〇二) to 102."""
    if "十" not in text:
        return "".join(_DIGITS[c] for c in text)
    tens, _ten, ones = text.partition("十")
    return f"{_DIGITS.get(tens, '1') if tens else '1'}{_DIGITS.get(ones, '0') if ones else '0'}"


def part_key(name: str, text: str) -> str:
    """A part of an address without its measure word, numerals as digits, no leading noughts."""
    key = plain(text)
    if name in _TAIL:
        key = re.sub(rf"^第(?=.)|(?:{_TAIL[name]})$", "", key)
        key = _NUMERAL.sub(lambda m: number(m.group()), key)
        key = re.sub(r"(?<!\d)0+(?=\d)", "", key)
    return key


def key_of(record: Any, upto: str = "room_no") -> str:
    """Key of an address down to a part: its community and the keys of its parts."""
    names = PARTS[:PARTS.index(upto) + 1]
    return "|".join([record.area_code[:12], *(part_key(n, getattr(record, n)) for n in names)])


def building_key(record: Any) -> str:
    """Key of the building an address lies in, ``""`` when it names none."""
    return key_of(record, "building_no") if record.building_no else ""


def full_text(record: Any) -> str:
    """An address in one line, below the community; a part that is a bare number gets its measure word."""
    said = []
    for name in PARTS:
        text = plain(getattr(record, name))
        if text:
            said.append(text + TAILS[name] if name in TAILS and re.fullmatch(r"[\dA-Z\-]+", text) else text)
    return "".join(said)

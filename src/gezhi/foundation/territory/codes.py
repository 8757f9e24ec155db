"""Codes of the five levels of territory.

An **area code** is text whose prefix is the ancestor's code, so that "everything in Suzhou" is one
prefix range of an index:

| level | digits | standard | example |
|---|---|---|---|
| city | 4 | GB/T 2260, first four digits | 3205 |
| county | 6 | GB/T 2260 | 320505 |
| town | 9 | + 3 of GB/T 10114 | 320505001 |
| community | 12 | + 3 of the statistical division codes (国家统计局 统计用区划代码) | 320505001002 |
| grid cell | 15 | + 3 in order within the community (as GB/T 30428.1 numbers unit cells) | 320505001002007 |

A **region code** is the same thing padded with zeros to twelve digits, as the state's lists print it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REGION_DIGITS = 12
# The provinces, autonomous regions, municipalities and special regions of GB/T 2260.
_PROVINCES = frozenset(
    str(number)
    for region in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66))
    for number in region
) | {"71", "81", "82"}


class CodeError(ValueError):
    """A code is not a well-formed area or region code; the message says why, for the user."""


class Level(StrEnum):
    """The five levels from the city down to the grid cell."""

    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    GRID_CELL = "grid_cell"

    @property
    def digits(self) -> int:
        """How many digits an area code of this level has."""
        return _DIGITS[self]

    @property
    def label(self) -> Any:
        """The level's name for the user, translated when it is shown."""
        return _LABELS[self]

    @property
    def above(self) -> Level | None:
        """The next higher level, None for the city."""
        place = LEVELS.index(self)
        return LEVELS[place - 1] if place else None

    @property
    def below(self) -> Level | None:
        """The next lower level, None for the grid cell."""
        place = LEVELS.index(self) + 1
        return LEVELS[place] if place < len(LEVELS) else None


LEVELS = tuple(Level)
_DIGITS = {Level.CITY: 4, Level.COUNTY: 6, Level.TOWN: 9, Level.COMMUNITY: 12, Level.GRID_CELL: 15}
_BY_DIGITS = {digits: level for level, digits in _DIGITS.items()}
_LABELS = {
    Level.CITY: gettext_lazy("市"),
    Level.COUNTY: gettext_lazy("区县"),
    Level.TOWN: gettext_lazy("街道（镇）"),
    Level.COMMUNITY: gettext_lazy("社区（村）"),
    Level.GRID_CELL: gettext_lazy("网格"),
}


def level_of(code: str) -> Level:
    """Return the level of an area code by its length.

    Raises: CodeError: no level has that length.
    """
    try:
        return _BY_DIGITS[len(code)]
    except KeyError:
        raise CodeError(
            _("区域代码“%(code)s”有 %(n)d 位，应为 4、6、9、12 或 15 位。") % {"code": code, "n": len(code)}
        ) from None


def validate(code: str) -> Level:
    """Check an area code wholly and return its level.

    Raises: CodeError: wrong length, not digits, unknown province, or a level numbered zero.
    """
    if not (code.isascii() and code.isdecimal()):
        raise CodeError(_("区域代码“%(code)s”只能由数字组成。") % {"code": code})
    level = level_of(code)
    if code[:2] not in _PROVINCES:
        raise CodeError(
            _("区域代码“%(code)s”的省级代码“%(head)s”不存在（GB/T 2260）。") % {"code": code, "head": code[:2]}
        )
    for step in (code[2:4], code[4:6], code[6:9], code[9:12], code[12:15]):
        if step and not int(step):
            raise CodeError(_("区域代码“%(code)s”中间一级为 0，上级与下级不连续。") % {"code": code})
    return level


def normalise(code: str | int) -> str:
    """Turn a code as lists print it (6 or 12 digits with zeros behind, or short) into an area code.

    '320500' and '320500000000' become '3205', '320505001000' becomes '320505001'; a grid's 15 digits stay.
    Raises: CodeError: it is not a code of the five levels (a province is not: a platform is a city's).
    """
    text = str(code).strip()
    if not (text.isascii() and text.isdecimal()):
        raise CodeError(_("区域代码“%(code)s”只能由数字组成。") % {"code": text})
    if len(text) == REGION_DIGITS and not int(text[9:]):
        text = text[:9]
        if not int(text[6:]):
            text = text[:6]
    elif len(text) == 9 and not int(text[6:]):
        text = text[:6]
    if len(text) == 6 and not int(text[4:]):
        text = text[:4]
    validate(text)
    return text


def region_code(code: str) -> str:
    """Return the 12-digit form of an area code; a grid cell has its community's.

    Raises: CodeError: the code is not a well-formed area code.
    """
    validate(code)
    return code[:REGION_DIGITS].ljust(REGION_DIGITS, "0")


def parent_of(code: str) -> str | None:
    """Return the area code one level up, None for a city.

    Raises: CodeError: no level has that length.
    """
    above = level_of(code).above
    return code[: above.digits] if above else None


def contains(area: str, code: str) -> bool:
    """Tell whether `code` is `area` itself or lies below it. The empty area contains everything."""
    return code.startswith(area)


def child_code(parent: str, number: int) -> str:
    """Return the code of the child with a number below a parent.

    Raises: CodeError: the parent has no children by its level, or the number does not fit.
    """
    below = validate(parent).below
    if below is None:
        raise CodeError(_("网格“%(code)s”之下没有更低一级。") % {"code": parent})
    width = below.digits - len(parent)
    if not 0 < number < 10**width:
        raise CodeError(
            _("“%(code)s”之下的序号 %(n)d 超出范围（1 至 %(max)d）。")
            % {"code": parent, "n": number, "max": 10**width - 1}
        )
    return f"{parent}{number:0{width}d}"


def next_code(parent: str, taken: set[str]) -> str:
    """Return the first code below a parent behind the highest ever given.

    A disabled grid's code is never given again, because old records still carry it: pass every code
    that was ever used.
    Raises: CodeError: all numbers are used up.
    """
    width = len(parent)
    highest = max((int(code[width:]) for code in taken if code.startswith(parent) and len(code) > width), default=0)
    return child_code(parent, highest + 1)

"""Numbers that pass every check and belong to nobody: of identity, credit, plates, telephones.

Divisions 3280 to 3299 (and the like of other provinces) are not given away by GB/T 2260, plates 苏Z are not issued,
telephone numbers that begin with 154 ring nowhere; each function gives every ``index`` a number of its own.
"""

from __future__ import annotations

import datetime as dt

from gezhi.demo.lexicon import words
from gezhi.kernel.identifiers import CREDIT_LETTERS, credit_check, id_check

HOME_PROVINCE = 32
PROVINCES = {34: "安徽", 41: "河南", 37: "山东", 42: "湖北", 36: "江西", 51: "四川", 43: "湖南", 61: "陕西", 52: "贵州",
             62: "甘肃"}
"""Provinces migrants come from."""
_BLOCK = 99 * 500
_PLATES = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def id_number(index: int, born: dt.date, woman: bool, province: int = HOME_PROVINCE) -> str:
    """A citizen's number (GB 11643) of an unassigned division; ``index`` below a million tells all people apart."""
    block, rest = divmod(index, _BLOCK)
    county, order = rest % 99 + 1, rest // 99 * 2 + (0 if woman else 1)
    body = f"{province}{99 - block}{county:02d}{born:%Y%m%d}{order:03d}"
    return body + id_check(body)


def passport(index: int) -> str:
    """The number of a foreign passport that says itself what it is."""
    return f"DEMO{index:08d}"


def credit_code(index: int, kind: str = "91") -> str:
    """A unified social credit code (GB 32100); ``kind``: 91 enterprise, 92 trader, 52 association."""
    body, rest = f"{kind}3299{index % 99 + 1:02d}", index // 99
    for _sign in range(9):
        body += CREDIT_LETTERS[rest % 31]
        rest //= 31
    return body + credit_check(body)


def plate(index: int, green: bool = False) -> str:
    """A number plate (GA 36); green ones are those of new-energy cars."""
    if green:
        return f"苏Z{'DF'[index // 100_000]}{index % 100_000:05d}"
    return f"苏Z{_PLATES[index // 10_000]}{index % 10_000:04d}"


def phone(index: int, series: int = 1) -> str:
    """A mobile number: 154, two digits of the series, six of the index."""
    high, low = divmod(index, 1_000_000)
    return f"{words.PHONE_PREFIX[:3]}{series + high * 10:02d}{low * 7919 % 1_000_000:06d}"

"""Numbers that can be checked by themselves: persons, organisations, plates, telephones, components, areas.

Each function takes a text, tidies it (no blanks; capitals) and returns it, or raises :class:`ValueError` with why
in the user's language. Sources: GB 11643-1999, GB 32100-2015, GA 36-2018, YD/T 3003, GB/T 47678.5-2026, GB/T 10114.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from typing import Any

from django.utils.translation import gettext as _

from .errors import Invalid

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]")
_GREEN = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z](?:[A-HJK][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[A-HJK])")
_PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|(?:0\d{2,3})?[2-9]\d{6,7}(?:-\d{1,6})?|(?:400|800)\d{7}"
                    r"|1\d{4}|1\d{2}|\+\d{7,15}")
_PASS = {"414": r"[A-Z0-9]{5,15}", "511": r"\d{8}|\d{10}", "516": r"[HM]\d{8}(?:\d{2})?", "513": r"[CW][A-Z0-9]\d{7}"}
OLDEST = dt.date(1900, 1, 1)
PLAIN = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}
"""Full-width signs to plain ones."""


def tidy(text: str) -> str:
    """Capitals, without blanks; full-width signs made plain."""
    text = "".join(text.split())
    return (text if text.isascii() else text.translate(PLAIN)).upper()


def id_check(body: str) -> str:
    """Check sign of the first 17 digits of a citizen's number (GB 11643: ISO 7064 MOD 11-2)."""
    return ID_CHECKS[sum(map(operator.mul, ID_WEIGHTS, map(int, body))) % 11]


def id_number(text: str) -> str:
    """A citizen's identity number (公民身份号码): 18 signs, a day of birth that was, the right check sign."""
    number = tidy(text)
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        raise ValueError(_("公民身份号码应为 18 位，前 17 位是数字"))
    if id_check(number[:17]) != number[17]:
        raise ValueError(_("公民身份号码的校验码不对，请核对每一位"))
    born = born_of(number)
    if born is None or not OLDEST <= born <= dt.date.today():
        raise ValueError(_("公民身份号码里的出生日期不存在"))
    return number


def born_of(number: str) -> dt.date | None:
    """Day of birth that a citizen's number states, ``None`` for a day that is not in the calendar."""
    try:
        return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    """Sex that a citizen's number states, in the codes of GB/T 2261.1: ``1`` man, ``2`` woman."""
    return "1" if int(number[16]) % 2 else "2"


def credit_check(body: str) -> str:
    """Check sign of the first 17 signs of a unified social credit code (GB 32100-2015, modulus 31)."""
    total = sum(w * CREDIT_LETTERS.index(c) for w, c in zip(CREDIT_WEIGHTS, body, strict=True))
    return CREDIT_LETTERS[-total % 31]


def credit_code(text: str) -> str:
    """A unified social credit code (统一社会信用代码): 18 signs without I O S V Z, the right check sign."""
    code = tidy(text)
    if not re.fullmatch(rf"[{CREDIT_LETTERS}]{{2}}\d{{6}}[{CREDIT_LETTERS}]{{10}}", code):
        raise ValueError(_("统一社会信用代码应为 18 位，不含 I、O、S、V、Z，第 3 至 8 位是数字"))
    if credit_check(code[:17]) != code[17]:
        raise ValueError(_("统一社会信用代码的校验码不对，请核对每一位"))
    return code


def plate(text: str) -> str:
    """A number plate (机动车号牌): seven signs, or the eight of a new-energy car (GA 36-2018)."""
    number = tidy(text).replace("·", "").replace("-", "")
    if not (_PLATE.fullmatch(number) or _GREEN.fullmatch(number)):
        raise ValueError(_("号牌号码不对：应如 黑A12345，新能源车如 黑AD12345"))
    return number


def phone(text: str) -> str:
    """A telephone number: mobile, landline with or without area code, service number, or with a country code."""
    number = tidy(text)
    if number.isascii() and number.isdigit() and _PHONE.fullmatch(number):  # as nearly all are written
        return number
    number = re.sub(r"[()（）]", "", number)
    for digits in (number.replace("-", ""), re.sub(r"^(\+?\d{2,4})-", r"\1", number)):
        if _PHONE.fullmatch(digits):
            return digits
    raise ValueError(_("电话号码不对：手机 11 位，固定电话可带区号"))


def document(kind: str, text: str) -> str:
    """The number of an identity document.

    Args:
        kind: code of table ``id_type`` (GA/T 517): ``111`` is the citizen's identity card.
        text: its number.
    """
    if kind in ("111", "112"):
        return id_number(text)
    number = tidy(text)
    if not re.fullmatch(_PASS.get(kind, r"[A-Z0-9\-]{4,30}"), number):
        raise ValueError(_("证件号码与证件种类不符"))
    return number


def checked(record: Any, kind: str = "id_type", number: str = "id_no") -> str:
    """Check the identity document of a record; what :meth:`Register.clean` of whoever keeps one calls.

    Args:
        record: holds the document's kind (a code of ``id_type``; empty is a citizen's card) and number.
        kind, number: names of these fields.

    Returns:
        The citizen's number when it is one, else ``""``.

    Raises:
        Invalid: about the number's field.
    """
    text = getattr(record, number)
    if not text:
        return ""
    try:
        setattr(record, number, document(getattr(record, kind) or "111", text))
    except ValueError as error:
        raise Invalid({number: [str(error)]}) from None
    return getattr(record, number) if (getattr(record, kind) or "111") in ("111", "112") else ""


def component_code(text: str) -> str:
    """A component's code (管理部件标识码): county 6, type 5, number 6; 17 digits (GB/T 47678.5)."""
    code = tidy(text)
    if not re.fullmatch(r"[1-9]\d{16}", code):
        raise ValueError(_("部件标识码应为 17 位数字：区划 6 位、分类 5 位、顺序号 6 位"))
    return code


def region_code(text: str) -> str:
    """A 12-digit code of an administrative area, shorter ones filled up with noughts (GB/T 2260, GB/T 10114)."""
    code = tidy(text)
    if not re.fullmatch(r"[1-9]\d{5}(?:\d{3}|\d{6})?", code):
        raise ValueError(_("区划代码应为 6、9 或 12 位数字"))
    return code.ljust(12, "0")


__all__ = ["born_of", "checked", "component_code", "credit_check", "credit_code", "document", "id_check", "id_number",
           "phone", "plate", "region_code", "sex_of", "tidy"]

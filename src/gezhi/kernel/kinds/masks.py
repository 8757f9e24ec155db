"""What shows through the mask of a personal value (GB/T 35273: shown so that it no longer tells who it is)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from .base import Kind

DOUBLE = frozenset(("欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙",
                    "宇文", "夏侯", "南宫", "端木", "百里", "东郭", "呼延", "轩辕"))
"""Surnames of two signs that are common enough to be kept whole."""
_STREET = re.compile(r"^.*?(?:社区|居委会|街道|镇|乡|村|大道|路|街|巷)")


class Veiled(str):
    """A masked value: a text, whatever the field holds."""


HIDDEN = Veiled("＊＊＊")


def name(text: str) -> str:
    """Surname and one or two stars."""
    keep = 2 if text[:2] in DOUBLE and len(text) > 2 else 1
    return text[:keep] + "*" * max(1, min(len(text) - keep, 2))


def phone(text: str) -> str:
    """First three and last four."""
    return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) > 7 else text[:1] + "*" * max(1, len(text) - 1)


def number(text: str) -> str:
    """First three and last two."""
    return text[:3] + "*" * (len(text) - 5) + text[-2:] if len(text) >= 8 else text[:1] + "*" * max(1, len(text) - 1)


def address(text: str) -> str:
    """Down to the community or the street; what follows is left out."""
    found = _STREET.match(text)
    return (found.group() if found and found.end() < len(text) else text[:2]) + "***"


def plate(text: str) -> str:
    """Province and letter, last two."""
    return text[:2] + "*" * max(1, len(text) - 4) + text[-2:]


def birth(text: str) -> str:
    """The year only."""
    return text[:4] + "-**-**"


MASKS = {"name": name, "phone": phone, "id_number": number, "document": number, "address": address, "plate": plate,
         "birth": birth}


def _veiled(value: Any) -> bool:
    """Whether a value is a mask; one that history kept comes back as plain text."""
    return isinstance(value, Veiled) or (isinstance(value, str) and bool(set(value) & set("*＊")))


class Personal:
    """Mixed into the kind of a plain column that holds something personal."""

    field: Any

    def mask(self, value: Any) -> Any:
        if value is None or value == "":
            return value
        how = MASKS.get(getattr(self.field, "mask_as", ""))
        return Veiled(how(str(value))) if how else HIDDEN

    def history(self, value: Any) -> Any:
        return self.mask(value)

    def show(self, value: Any) -> str:
        return str(value) if _veiled(value) else super().show(value)  # type: ignore[misc]

    def html(self, value: Any) -> SafeString:
        return escape(value) if _veiled(value) else super().html(value)  # type: ignore[misc]


@lru_cache(maxsize=64)
def personal(kind: Any) -> type[Kind]:
    """The same kind for personal values."""
    return type(f"Personal{kind.__name__}", (Personal, kind), {})

"""How a field stands in a file: as the list shows it, or so that it can be read in again."""

from __future__ import annotations

import json
from typing import Any

from gezhi.kernel.kinds import (
    INTERNAL,
    PUBLIC,
    AreaKind,
    ChoiceKind,
    JsonKind,
    Kind,
    LinkKind,
    NumberKind,
    ShapeKind,
)

RISKY = ("=", "+", "-", "@", "\t", "\r")


def shown(kind: Kind, record: Any) -> str:
    """A field as the list shows it: masked, in words."""
    return kind.show(kind.mask(kind.value(record)))


def whole(kind: Kind, record: Any) -> str:
    """A field in words, unmasked: for exports that somebody else approved."""
    return kind.show(kind.value(record))


def again(kind: Kind, record: Any) -> str:
    """A field so that :meth:`Kind.parse` reads the same value again; sensitive ones stay masked."""
    value = kind.value(record)
    if value is None or value == "":
        return ""
    if kind.sensitivity not in (PUBLIC, INTERNAL):
        return kind.show(kind.mask(value))
    if isinstance(kind, LinkKind):
        key = kind.register.key if kind.register else "id"
        return str(value.pk if key == "id" else getattr(value, key))
    if isinstance(kind, AreaKind):
        return str(value)
    if isinstance(kind, ShapeKind | JsonKind):
        return json.dumps(kind.json(value), ensure_ascii=False)
    if isinstance(kind, NumberKind) and not isinstance(kind, ChoiceKind):
        return str(value)
    return kind.show(value)


def safe(text: str) -> str:
    """A text a spreadsheet does not take for a formula."""
    if text.startswith(RISKY) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def unsafe(text: str) -> str:
    """The text that :func:`safe` was given."""
    return text[1:] if text.startswith("'") and text[1:2] and text[1] in RISKY else text

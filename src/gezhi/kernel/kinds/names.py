"""Parts of names, found through the index of a register's names."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from ..registry import registry


def indexed_pieces(field: Any, text: str) -> Q:
    """A condition that the index of names answers, to stand before that of a text within ``field``.

    Holds of every row in which the field contains the text; empty for fields whose pieces are not indexed, and for
    texts without Chinese signs, since of other letters only whole words are.
    """
    model: Any = getattr(field, "model", None)
    tokens = next((f for f in model._meta.concrete_fields if getattr(f, "names", False)
                   and field.name in f.of.split()), None) if model is not None else None
    if tokens is None:
        return Q()
    pieces = [p for p in registry.port("asked_names")(text) if 0x3400 <= ord(p[0]) <= 0x9FFF]
    return Q(**{f"{tokens.name}__words": ("&", pieces)}) if pieces else Q()

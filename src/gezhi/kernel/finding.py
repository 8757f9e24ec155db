"""Finding records by what people call them, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError


def find_many(self: Any, texts: Sequence[str]) -> dict[str, Any]:
    """The records that these texts name, as ``Register.find`` has it (a method of :class:`~.registers.Register`).

    One query for all by key. A register with a ``find`` of its own is then asked text by text, unless it brings a
    ``find_many`` of its own too, as those should that big imports link to.
    """
    if self.key == "id":
        return {}
    most = getattr(self.kinds[self.key].field, "max_length", None) or 40
    try:
        rows = self.model.objects.filter(**{f"{self.key}__in": [t for t in texts if t and len(t) <= most]})
        found = {str(getattr(row, self.key)): row for row in rows}
    except (ValueError, ValidationError):  # a key of numbers, and a text that is none
        found = {}
    out = {text: found[text] for text in texts if text in found}
    kind = type(self)
    own = kind.find.__module__ != "gezhi.kernel.registers" and kind.find_many is find_many
    for text in texts if own else ():
        if text not in out and (row := self.find(text)) is not None:
            out[text] = row
    return out

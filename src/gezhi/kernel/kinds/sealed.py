"""Kinds of what is not for everybody's eyes: encrypted texts, and hashes nobody is shown."""

from __future__ import annotations

import random
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from .base import HIGH, SENSITIVE, Kind
from .basic import TextKind


class SecretKind(TextKind):
    """A hash or key that is never shown, sent, filtered or kept in history."""

    sortable = False

    def __init__(self, field: Any, name: str = "", label: Any = "") -> None:
        super().__init__(field, name, label)
        self.sensitivity = HIGH

    def show(self, value: Any) -> str:
        return ""

    def json(self, value: Any) -> None:
        return None

    def mask(self, value: Any) -> str:
        return "＊＊＊" if value else ""

    def filter_widget(self) -> None:
        return None


class SealedKind(Kind):
    """Encrypted text: masked by default, found only by its whole value through its blind index."""

    sortable = False

    def __init__(self, field: Any, name: str = "", label: Any = "") -> None:
        super().__init__(field, name, label)
        self.sensitivity = HIGH if getattr(field, "form", "") == "id_number" else SENSITIVE

    @property
    def form(self) -> str:
        return self.field.form  # type: ignore[union-attr]

    def clean(self, raw: Any) -> str:
        text = str(raw).strip().replace("\x00", "")
        if self.form == "phone":
            digits = "".join(c for c in text if c.isdigit() or c == "+")
            if not 5 <= len(digits) <= 16 or any(c not in "0123456789+-() " for c in text):
                raise self.wrong(_("“%s”不是正确的电话号码") % self.label)
            return digits
        if len(text) > 500:
            raise self.wrong(_("“%s”过长") % self.label)
        return text

    def mask(self, value: Any) -> Any:
        if not value:
            return value
        if self.form == "phone" and len(value) >= 7:
            return value[:3] + "*" * (len(value) - 7) + value[-4:]
        if self.form == "id_number" and len(value) >= 8:
            return value[:3] + "*" * (len(value) - 5) + value[-2:]
        return value[0] + "*" * max(1, min(len(value) - 1, 8))

    def q(self, raw: str) -> Q:
        from .. import seal

        blind = next((f for f in self.field.model._meta.fields  # type: ignore[union-attr]
                      if getattr(f, "of", None) == self.field.name), None)  # type: ignore[union-attr]
        if blind is None:
            raise self.wrong(_("“%s”不能用于查找") % self.label)
        return Q(**{blind.name: seal.blind(self.clean(raw))})

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "text", "required": False, "exact": True}

    def sample(self, rng: random.Random) -> str:
        return f"199{rng.randint(0, 99999999):08d}" if self.form == "phone" else "演示"

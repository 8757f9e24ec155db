"""Kinds of what is not for everybody's eyes: encrypted texts, and hashes nobody is shown."""

from __future__ import annotations

import random
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from .. import identifiers
from .base import HIGH, SENSITIVE, Kind
from .basic import TextKind
from .masks import HIDDEN, MASKS, Veiled


def any_of(name: str, found: list[bytes]) -> Q:
    """A blind index that is one of these; of one alone, an equality, as its indexes are declared for."""
    return Q(**{name: found[0]}) if len(found) == 1 else Q(**{f"{name}__in": found})


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
        high = getattr(field, "high", False) or getattr(field, "form", "") in ("id_number", "document")
        self.sensitivity = HIGH if high else SENSITIVE

    @property
    def form(self) -> str:
        return self.field.form  # type: ignore[union-attr]

    def clean(self, raw: Any) -> str:
        text = str(raw).strip().replace("\x00", "")
        check = {"phone": identifiers.phone, "id_number": identifiers.id_number}.get(self.form)
        if check is not None:
            try:
                return check(text)
            except ValueError as error:
                raise self.wrong(f"“{self.label}”：{error}") from None
        if self.form == "document":
            text = identifiers.tidy(text)
        if len(text) > (2000 if self.form == "text" else 200):
            raise self.wrong(_("“%s”过长") % self.label)
        return text

    def mask(self, value: Any) -> Any:
        if not value:
            return value
        if self.form in MASKS and (self.sensitivity != HIGH or self.form in ("id_number", "document")):
            return Veiled(MASKS[self.form](str(value)))
        return HIDDEN

    def q(self, raw: str) -> Q:
        from .. import seal

        blind = next((f for f in self.field.model._meta.fields  # type: ignore[union-attr]
                      if getattr(f, "of", None) == self.field.name), None)  # type: ignore[union-attr]
        if blind is None:
            raise self.wrong(_("“%s”不能用于查找") % self.label)
        return any_of(blind.name, seal.blinds(self.clean(raw)))

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "text", "required": False, "exact": True}

    def sample(self, rng: random.Random) -> str:
        if self.form == "phone":
            return f"199{rng.randint(0, 99999999):08d}"
        if self.form in ("id_number", "document"):
            day = f"{rng.randint(1950, 1999)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
            body = f"320508{day}{rng.randint(0, 999):03d}"
            return body + identifiers.id_check(body)
        return "演示社区湖滨路二号" if self.form == "address" else "演示"

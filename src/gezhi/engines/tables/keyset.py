"""Keyset paging: a cursor is the place of the last row in the order, never a number of rows to skip."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from gezhi.kernel.custom import Keyed
from gezhi.kernel.errors import Invalid


@dataclass(frozen=True)
class Order:
    """An order of rows: one stored field, and the primary key to break ties.

    Args:
        field: the Django field, or what stands for one that a city has added.
        down: descending.
    """

    field: models.Field | Keyed
    down: bool = False

    @property
    def text(self) -> str:
        """As in the address bar: ``name`` or ``-name``."""
        return ("-" if self.down else "") + self.field.name

    def by(self, reverse: bool = False) -> list[Any]:
        """Arguments of ``order_by``; ``reverse`` reads backwards (for the page before)."""
        down = self.down != reverse
        names = ["pk"] if self.field.primary_key else [self.field.attname, "pk"]
        return [F(n).desc() if down else F(n).asc() for n in names]

    def after(self, value: Any, pk: int, reverse: bool = False) -> Q:
        """Rows that stand behind ``(value, pk)``; PostgreSQL keeps NULLs at the large end."""
        down, name = self.down != reverse, self.field.attname
        tie = Q(pk__lt=pk) if down else Q(pk__gt=pk)
        if self.field.primary_key:
            return tie
        if value is None:
            same = Q(**{f"{name}__isnull": True}) & tie
            return same | Q(**{f"{name}__isnull": False}) if down else same
        beyond, reach = ("lt", "lte") if down else ("gt", "gte")
        q = Q(**{f"{name}__{reach}": value}) & (Q(**{f"{name}__{beyond}": value}) | tie)
        if self.field.null and not down:
            q |= Q(**{f"{name}__isnull": True})
        return q

    def cursor(self, record: Any, back: bool = False) -> str:
        """The cursor of a row; ``back`` asks for the rows before it."""
        value = self.field.value_from_object(record)
        packed = orjson.dumps(["p" if back else "n", self.text, value, record.pk], default=str)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def read(self, cursor: str) -> tuple[Any, int, bool]:
        """Value, primary key and direction of a cursor.

        Raises:
            Invalid: it is not a cursor of this order.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            way, text, value, pk = orjson.loads(raw)
            if text != self.text or not isinstance(pk, int) or not -(2**63) <= pk < 2**63:
                raise ValueError(text)
            return (None if value is None else self.field.to_python(value)), pk, way == "p"
        except (ValueError, TypeError, binascii.Error, ValidationError):
            raise Invalid({"cursor": [_("翻页位置已失效，请回到第一页")]}) from None

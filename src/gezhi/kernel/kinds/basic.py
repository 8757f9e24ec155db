"""Kinds of texts, numbers, truth, choices, dates and JSON."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext as _

from .base import Kind, possible
from .names import indexed_pieces


class TextKind(Kind):
    """One line of text."""

    @property
    def max_length(self) -> int | None:
        return getattr(self.field, "max_length", None)

    def clean(self, raw: Any) -> str:
        text = str(raw).strip().replace("\x00", "")
        if self.max_length and len(text) > self.max_length:
            raise self.wrong(_("“%(label)s”最多 %(max)d 个字，现有 %(now)d 个")
                             % {"label": self.label, "max": self.max_length, "now": len(text)})
        for check in getattr(self.field, "validators", ()):
            try:
                check(text)
            except ValidationError as error:
                raise self.wrong("；".join(map(str, error.messages))) from None
        return text

    def q(self, raw: str) -> Q:
        if raw.startswith("~"):
            return indexed_pieces(self.field, raw[1:]) & Q(**{f"{self.lookup}__icontains": raw[1:]})
        return super().q(raw)

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "maxlength": self.max_length}

    def schema(self) -> dict[str, Any]:
        out = super().schema()
        if self.max_length:
            out["maxLength"] = self.max_length
        return out

    def sample(self, rng: random.Random) -> str:
        text = "".join(rng.choice("治理平安社区网格河湖街巷花木春秋") for _ in range(8))
        return text[: self.max_length or 8]


class LongTextKind(TextKind):
    """Several lines of text."""

    widget_type = "textarea"
    sortable = False

    def filter_widget(self) -> None:
        return None


class NumberKind(Kind):
    """Whole numbers."""

    widget_type = "number"
    align = "end"
    number: type = int

    def clean(self, raw: Any) -> Any:
        try:
            value = self.number(str(raw).replace(",", "").strip())
        except (ValueError, InvalidOperation):
            raise self.wrong(_("“%(label)s”应为数字，收到“%(raw)s”")
                             % {"label": self.label, "raw": self.heard(raw)}) from None
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise self.wrong(_("“%s”超出可用范围") % self.label)
        for check in getattr(self.field, "validators", ()):
            try:
                check(value)
            except ValidationError as error:
                raise self.wrong("；".join(map(str, error.messages))) from None
        return value

    def show(self, value: Any) -> str:
        if value is None:
            return ""
        return str(value) if self.name.endswith("year") else f"{value:,}"  # 2019, never 2,019

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "number_range", "required": False}

    def q(self, raw: str) -> Q:
        return self._range(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        limits = {type(v): v.limit_value for v in getattr(self.field, "validators", ())
                  if isinstance(v, MinValueValidator | MaxValueValidator)}
        low = max(1, int(limits.get(MinValueValidator, 1)))
        return self.number(rng.randint(low, min(low + 98, int(limits.get(MaxValueValidator, low + 98)))))


class DecimalKind(NumberKind):
    """Decimal numbers (kept exact) and floats."""

    number = Decimal

    def clean(self, raw: Any) -> Any:
        value = super().clean(raw)
        if not value.is_finite():
            raise self.wrong(_("“%s”应为有限的数字") % self.label)
        return value

    def json(self, value: Any) -> Any:
        return None if value is None else float(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "title": self.label}


class FloatKind(DecimalKind):
    """Measured numbers; shown to two decimals, kept whole."""

    number = float  # type: ignore[assignment]

    def show(self, value: Any) -> str:
        if value is None:
            return ""
        text = f"{value:,.2f}"
        return text.rstrip("0").rstrip(".")

    def clean(self, raw: Any) -> Any:
        value = NumberKind.clean(self, raw)
        if value != value or value in (float("inf"), float("-inf")):
            raise self.wrong(_("“%s”应为有限的数字") % self.label)
        return value


class TruthKind(Kind):
    """Yes or no."""

    widget_type = "checkbox"
    TRUE = frozenset({"1", "true", "是", "y", "yes", "on", "√", "有"})
    FALSE = frozenset({"0", "false", "否", "n", "no", "off", "×", "无"})

    @property
    def required(self) -> bool:
        return False

    def empty(self) -> Any:
        return None if self.field is not None and self.field.null else False

    def clean(self, raw: Any) -> bool:
        text = str(raw).strip().lower()
        if text in self.TRUE or text in self.FALSE:
            return text in self.TRUE
        raise self.wrong(_("“%s”只能填“是”或“否”") % self.label)

    def show(self, value: Any) -> str:
        return "" if value is None else (_("是") if value else _("否"))

    def q(self, raw: str) -> Q:
        return Q(**{self.lookup: self.clean(raw)})

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "select", "required": False,
                "options": [["1", _("是")], ["0", _("否")]]}

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "title": self.label}

    def sample(self, rng: random.Random) -> bool:
        return rng.random() < 0.5


class ChoiceKind(Kind):
    """One of a fixed list of codes; takes the code or its label."""

    widget_type = "select"

    def options(self) -> list[list[str]]:
        return [[str(code), str(label)] for code, label in self.field.flatchoices]  # type: ignore[union-attr]

    @cached_property
    def _codes(self) -> dict[str, tuple[Any, Any]]:
        """Each code as text, with its value and its label as declared: looked up before any label is translated."""
        if self.field is None or not self.field.choices:
            return {}
        return {str(code): (self.field.to_python(code), label) for code, label in self.field.flatchoices}

    def clean(self, raw: Any) -> Any:
        text = str(raw).strip()
        if text in self._codes:
            return self._codes[text][0]
        for code, label in self.options():
            if text in (code, label):
                return self.field.to_python(code) if self.field is not None else code
        raise self.wrong(_("“%(label)s”没有“%(raw)s”这一项，可选：%(all)s") % {
            "label": self.label, "raw": self.heard(text), "all": "、".join(lab for _c, lab in self.options()[:12])})

    def show(self, value: Any) -> str:
        plain = "" if value is None else str(value)
        if plain in self._codes:
            return str(self._codes[plain][1])
        return next((label for code, label in self.options() if code == plain), plain)

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "options": self.options()}

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "multiselect", "required": False}

    def schema(self) -> dict[str, Any]:
        codes = [code for code, _label in self.options()]
        if self.required is False:
            codes.append("")
        return {"type": "string", "enum": codes, "title": self.label}

    def json(self, value: Any) -> Any:
        return "" if value is None else str(value)

    def sample(self, rng: random.Random) -> Any:
        return self.clean(rng.choice(self.options())[0])


class DateKind(Kind):
    """A calendar day."""

    widget_type = "date"

    def clean(self, raw: Any) -> Any:
        value = raw.date() if isinstance(raw, dt.datetime) else raw if isinstance(raw, dt.date) else None
        if value is None:
            try:
                value = parse_date(str(raw).strip().replace("/", "-").replace(".", "-"))
            except ValueError:
                value = None
        if value is None:
            raise self.wrong(_("“%(label)s”应为日期（如 2026-11-21），收到“%(raw)s”")
                             % {"label": self.label, "raw": self.heard(raw)})
        return possible(self, value)

    def show(self, value: Any) -> str:
        return "" if value is None else value.isoformat()

    def json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def filter_widget(self) -> dict[str, Any]:
        return {**self.widget(), "type": "date_range", "required": False}

    def q(self, raw: str) -> Q:
        return self._range(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date", "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return dt.date(2025, 1, 1) + dt.timedelta(days=rng.randint(0, 600))


class MomentKind(DateKind):
    """A moment; entered and shown in the city's time zone, kept in UTC."""

    widget_type = "datetime"

    def clean(self, raw: Any) -> Any:
        value = raw
        if not isinstance(raw, dt.datetime):
            text = str(raw).strip().replace("/", "-")
            try:
                value = parse_datetime(text)
                if value is None:
                    day = parse_date(text)
                    value = dt.datetime.combine(day, dt.time()) if day else None
            except ValueError:
                value = None
        if value is None:
            raise self.wrong(_("“%(label)s”应为时间（如 2026-11-21 08:30），收到“%(raw)s”")
                             % {"label": self.label, "raw": self.heard(raw)})
        try:
            value = timezone.make_aware(value) if timezone.is_naive(value) else value
            value.astimezone(dt.UTC)
        except (OverflowError, ValueError):
            raise self.wrong(_("“%s”超出可用的时间范围") % self.label) from None
        return possible(self, value)

    def show(self, value: Any) -> str:
        return "" if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")

    def json(self, value: Any) -> Any:
        return None if value is None else value.astimezone(timezone.get_default_timezone()).isoformat()

    def q(self, raw: str) -> Q:
        low, dots, high = raw.partition("..")
        if not dots:
            low = high = raw
        q = Q()
        if low.strip():
            q &= Q(**{f"{self.lookup}__gte": self.clean(low)})
        if high.strip():
            end = self.clean(high)
            if len(high.strip()) <= 10:  # a bare day means the whole of it
                q &= Q(**{f"{self.lookup}__lt": end + dt.timedelta(days=1)})
            else:
                q &= Q(**{f"{self.lookup}__lte": end})
        return q

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date-time", "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=rng.randint(0, 400_000))


class TimeKind(DateKind):
    """A time of day."""

    widget_type = "time"

    def clean(self, raw: Any) -> Any:
        value = raw if isinstance(raw, dt.time) else parse_time(str(raw).strip())
        if value is None:
            raise self.wrong(_("“%(label)s”应为时刻（如 08:30）") % {"label": self.label})
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return dt.time(rng.randint(0, 23), rng.randint(0, 59))


class JsonKind(Kind):
    """Free JSON; shown compactly, not filtered."""

    widget_type = "json"
    sortable = False

    def clean(self, raw: Any) -> Any:
        if isinstance(raw, str):
            import orjson

            try:
                return orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                raise self.wrong(_("“%(label)s”不是正确的 JSON：%(error)s") % {"label": self.label, "error": error})
        return raw

    def empty(self) -> Any:
        return self.field.get_default() if self.field is not None and self.field.has_default() else None

    def show(self, value: Any) -> str:
        return "" if value in (None, [], {}) else super().show(value)

    def filter_widget(self) -> None:
        return None

    def schema(self) -> dict[str, Any]:
        return {"title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return self.field.get_default() if self.field is not None and self.field.has_default() else {}


class AddressKind(TextKind):
    """An IP address."""

    def sample(self, rng: random.Random) -> str:
        return f"10.0.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


class UuidKind(TextKind):
    """A UUID."""

    def clean(self, raw: Any) -> Any:
        try:
            return uuid.UUID(str(raw))
        except ValueError:
            raise self.wrong(_("“%s”不是正确的标识") % self.label) from None

    def json(self, value: Any) -> Any:
        return None if value is None else str(value)

    def sample(self, rng: random.Random) -> Any:
        return uuid.UUID(int=rng.getrandbits(128))

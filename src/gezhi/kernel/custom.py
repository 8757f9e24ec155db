"""Fields a city adds for itself at run time: their kinds, over the one JSON column that every record has.

What a field is, is data (:class:`Added`); how it is shown, read, masked and filtered is the kind of a declared field of
its type, with :class:`Custom` mixed in, which only says where the value lies. What is personal is encrypted there.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from . import blinding, seal
from .fields import CodeField, CodesField, SealedField
from .kinds import HIGH, INTERNAL, PUBLIC, SENSITIVE, Kind, kind_for
from .kinds.basic import DateKind, DecimalKind, LongTextKind, NumberKind, TextKind
from .kinds.links import CodesKind
from .registry import registry

PREFIX = "x_"
"""What the name of every added field begins with, so that none ever meets a declared one."""
PERSONAL = frozenset({"name", "phone", "id_number", "address"})
"""Types that are personal whatever the administrator says."""


@dataclass(frozen=True)
class Added:
    """One added field as data.

    Args:
        name: with :data:`PREFIX`; the key in the JSON column.
        label, help: for readers.
        type: one of :data:`TYPES`.
        table: code table of a choice.
        sensitivity: field class (``public internal sensitive high``).
        required: whether forms, imports and the API ask for it.
        listed, filtered: whether it is a column, a filter.
        length: longest text. least, most: bounds of a number.
        active: offered; one that is not keeps its values and is shown in history only.
    """

    name: str
    label: str
    type: str
    help: str = ""
    table: str = ""
    sensitivity: str = INTERNAL
    required: bool = False
    listed: bool = True
    filtered: bool = True
    length: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    active: bool = True


class Book(dict[str, Mapping[str, Kind]]):
    """All added fields, register by register, as one picture; another picture has another ``edition``."""

    edition: int = 0


NOTHING: Mapping[str, Kind] = {}
_EMPTY = Book()


def book() -> Book:
    """The added fields as this process knows them (the port ``custom_fields``); none before a room provides it."""
    read = registry.provided("custom_fields")
    return read() if read is not None else _EMPTY


# -- types -------------------------------------------------------------------------------------------------
def _bounds(of: Added) -> list[Any]:
    return ([MinValueValidator(of.least)] if of.least is not None else []) + (
        [MaxValueValidator(of.most)] if of.most is not None else [])


def _text(of: Added, **kw: Any) -> models.Field:
    if of.sensitivity in (SENSITIVE, HIGH):
        return SealedField(of.label, form="text", high=of.sensitivity == HIGH, **kw)
    return models.CharField(of.label, max_length=of.length or 200, **kw)


def _sealed(of: Added, **kw: Any) -> models.Field:
    return SealedField(of.label, form=of.type, high=of.sensitivity == HIGH and of.type != "id_number", **kw)


TYPES: dict[str, Callable[..., models.Field]] = {
    "text": _text,
    "long": lambda of, **kw: (_text(of, **kw) if of.sensitivity in (SENSITIVE, HIGH)
                              else models.TextField(of.label, max_length=of.length or 2000, **kw)),
    "number": lambda of, **kw: models.IntegerField(of.label, validators=_bounds(of), **kw),
    "decimal": lambda of, **kw: models.DecimalField(of.label, max_digits=15, decimal_places=4, validators=_bounds(of),
                                                    **kw),
    "date": lambda of, **kw: models.DateField(of.label, **kw),
    "choice": lambda of, **kw: CodeField(of.label, table=of.table, **kw),
    "choices": lambda of, **kw: CodesField(of.label, table=of.table, **kw),
    "truth": lambda of, **kw: models.BooleanField(of.label, **kw),
    "name": _sealed, "phone": _sealed, "id_number": _sealed, "address": _sealed,
}
"""The unattached Django field of each type; its kind does the rest."""


@lru_cache(maxsize=4096)
def kind_of(added: Added) -> Kind:
    """The kind of an added field."""
    field = TYPES[added.type](added, help_text=added.help, blank=not added.required, null=True)
    field.name, field.concrete = added.name, False
    if not isinstance(field, SealedField):  # which knows its own class
        field.sensitivity = added.sensitivity  # type: ignore[attr-defined]
    kind = type(kind_for(field, added.name))
    made = type(f"Custom{kind.__name__}", (Custom, kind), {"added": added})(field, added.name)
    return made


# -- where the value lies ----------------------------------------------------------------------------------
def blind_text(index: bytes, number: int) -> str:
    """A blind index as it lies in the JSON column: with the number of its key, unless that is the first."""
    return f"{number}:{index.hex()}" if number else index.hex()


class Custom:
    """Mixed into the kind of an added field: reads and writes ``record.custom``, filters by its JSON path."""

    added: Added
    name: str
    sensitivity: str
    reads = ("custom",)

    @property
    def sealed(self) -> bool:
        """Whether the value is encrypted where it lies."""
        return self.sensitivity not in (PUBLIC, INTERNAL)

    @property
    def blinded(self) -> bool:
        """Whether an encrypted value is found by its whole: a blind index lies beside it."""
        return self.sealed and (self.added.sensitivity != HIGH or self.added.type == "id_number") and not isinstance(
            self, CodesKind)

    @property
    def required(self) -> bool:
        return self.added.required and self.added.type != "truth"

    @property
    def sortable(self) -> bool:
        return not self.sealed and not isinstance(self, CodesKind | LongTextKind)

    @property
    def path(self) -> str:
        """Key in the JSON column by which it is filtered, sorted and indexed."""
        return f"{self.name}#" if self.sealed else self.name

    @property
    def lookup(self) -> str:
        return f"custom__{self.path}"

    # -- one record ----------------------------------------------------------------------------------------
    def value(self, record: Any) -> Any:
        kept = (record.custom or {}).get(self.name)
        if kept is None:
            return [] if isinstance(self, CodesKind) else None
        return self._load(orjson.loads(seal.decrypt(base64.b64decode(kept))) if self.sealed else kept)

    def put(self, record: Any, value: Any) -> None:
        """Set the value on a record; an empty one leaves no trace."""
        kept = {k: v for k, v in (record.custom or {}).items() if k not in (self.name, f"{self.name}#")}
        if value not in (None, "", []):
            plain = self._store(value)
            if self.sealed:
                kept[self.name] = base64.b64encode(seal.encrypt(orjson.dumps(plain).decode())).decode()
                if self.blinded:
                    kept[self.path] = self._blind(plain)
            else:
                kept[self.name] = plain
        record.custom = kept

    def _blind(self, plain: Any) -> str:
        number = blinding.for_writing()
        return blind_text(seal.blind(f"{plain}", number), number)

    def _blinds(self, plain: Any) -> list[str]:
        return [blind_text(seal.blind(f"{plain}", number), number) for number in blinding.for_reading()]

    def _store(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        return value.isoformat() if isinstance(value, dt.date) else value

    def _load(self, kept: Any) -> Any:
        if isinstance(self, DecimalKind):
            return Decimal(str(kept))
        return dt.date.fromisoformat(kept) if isinstance(self, DateKind) else kept

    # -- filters -------------------------------------------------------------------------------------------
    def filter_widget(self) -> dict[str, Any] | None:
        if not self.sealed:
            return super().filter_widget()  # type: ignore[misc]
        if not self.blinded:
            return None
        spec = {**self.widget(), "required": False}  # type: ignore[attr-defined]
        return {**spec, "type": "multiselect"} if spec.get("options") else {**spec, "type": "text", "exact": True}

    def q(self, raw: str) -> Q:
        """The filter language of a declared field of the type; what is encrypted is found by its whole value."""
        if raw == "-":
            return Q(**{f"custom__{self.name}__isnull": True})
        if self.sealed:
            if not self.blinded:
                raise self.wrong(_("“%s”不能用于查找") % self.label)  # type: ignore[attr-defined]
            return Q(**{f"{self.lookup}__in": [one for v in self._read(raw) for one in self._blinds(v)]})
        if raw.startswith("~") and isinstance(self, TextKind):
            return Q(**{f"{self.lookup}__icontains": raw[1:]})
        if isinstance(self, CodesKind):
            found = Q(pk__in=())
            for code in self._read(raw):
                found |= Q(**{f"{self.lookup}__contains": code})
            return found
        if isinstance(self, NumberKind | DateKind):
            return self._between(raw)
        return Q(**{f"{self.lookup}__in": self._read(raw)})

    def _read(self, raw: str) -> list[Any]:
        return [self._store(self.clean(part)) for part in raw.split(",") if part.strip()]  # type: ignore[attr-defined]

    def _between(self, raw: str) -> Q:
        low, dots, high = raw.partition("..")
        if not dots:
            return Q(**{f"{self.lookup}__in": self._read(raw)})
        q = Q(**{f"custom__{self.name}__isnull": False})
        for side, text in (("gte", low), ("lte", high)):
            if text.strip():
                q &= Q(**{f"{self.lookup}__{side}": self._read(text)[0]})
        return q


@dataclass(frozen=True)
class Keyed:
    """What an order of a list needs to know of an added field, worded as a Django field is."""

    name: str
    primary_key: bool = False
    null: bool = True

    @property
    def attname(self) -> str:
        return f"custom__{self.name}"

    def value_from_object(self, record: Any) -> Any:
        """The value as it lies in the table."""
        return (record.custom or {}).get(self.name)

    def to_python(self, value: Any) -> Any:
        return value

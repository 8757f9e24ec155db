"""Kinds: one class a field type. A new field type is one class here and works on every surface."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.gis.db import models as gis
from django.db import models

from ..fields import (
    Amount,
    AreaCodeField,
    BlindField,
    CodeField,
    CodesField,
    ComponentCodeField,
    CreditCodeField,
    Files,
    HashField,
    PlateField,
    Ref,
    RegionCodeField,
    Rows,
    SealedField,
    TokensField,
)
from .base import HIGH, INTERNAL, PUBLIC, SENSITIVE, Kind
from .basic import (
    AddressKind,
    ChoiceKind,
    DateKind,
    DecimalKind,
    FloatKind,
    JsonKind,
    LongTextKind,
    MomentKind,
    NumberKind,
    TextKind,
    TimeKind,
    TruthKind,
    UuidKind,
)
from .identifiers import ComponentCodeKind, CreditCodeKind, PlateKind, RegionCodeKind
from .links import AmountKind, CodeKind, CodesKind, FilesKind, LinkKind, RefKind, RowsKind
from .masks import personal
from .places import AreaKind, PointKind, ShapeKind, area_q
from .sealed import SealedKind, SecretKind

# A subclass stands before its base: the first class that fits is taken.
KINDS: tuple[tuple[type[models.Field], type[Kind]], ...] = (
    (AreaCodeField, AreaKind),
    (CodeField, CodeKind),
    (CodesField, CodesKind),
    (CreditCodeField, CreditCodeKind),
    (PlateField, PlateKind),
    (ComponentCodeField, ComponentCodeKind),
    (RegionCodeField, RegionCodeKind),
    (HashField, SecretKind),
    (BlindField, SecretKind),
    (TokensField, SecretKind),
    (SealedField, SealedKind),
    (Ref, RefKind),
    (Files, FilesKind),
    (Rows, RowsKind),
    (Amount, AmountKind),
    (gis.PointField, PointKind),
    (gis.GeometryField, ShapeKind),
    (models.ForeignKey, LinkKind),
    (models.BooleanField, TruthKind),
    (models.DateTimeField, MomentKind),
    (models.DateField, DateKind),
    (models.TimeField, TimeKind),
    (models.DecimalField, DecimalKind),
    (models.FloatField, FloatKind),
    (models.IntegerField, NumberKind),
    (models.JSONField, JsonKind),
    (models.UUIDField, UuidKind),
    (models.GenericIPAddressField, AddressKind),
    (models.TextField, LongTextKind),
    (models.CharField, TextKind),
    (models.BinaryField, JsonKind),
)


def kind_for(field: models.Field, name: str = "") -> Kind:
    """The kind of a field.

    Raises:
        LookupError: no kind is declared for the field's class.
    """
    kind = _class_for(field)
    if getattr(field, "sensitivity", "") in (SENSITIVE, HIGH):
        kind = personal(kind)  # type: ignore[arg-type]  # classes can be hashed
    return kind(field, name)


def _class_for(field: models.Field) -> type[Kind]:
    if getattr(field, "choices", None):
        return ChoiceKind
    own = getattr(field, "kind_class", None)
    if own is not None:
        return own
    for field_class, kind_class in KINDS:
        if isinstance(field, field_class):
            return kind_class
    raise LookupError(f"no kind for field {field!r}")


@lru_cache(maxsize=1024)
def kinds_of(model: type[models.Model]) -> dict[str, Kind]:
    """Kinds of all concrete fields of a model, by name."""
    return {f.name: kind_for(f) for f in model._meta.concrete_fields}


__all__ = [
    "HIGH", "INTERNAL", "PUBLIC", "SENSITIVE",
    "AddressKind", "AmountKind", "AreaKind", "ChoiceKind", "CodeKind", "CodesKind", "DateKind",
    "DecimalKind", "FilesKind", "FloatKind", "JsonKind", "Kind", "LinkKind", "LongTextKind", "MomentKind",
    "NumberKind", "PointKind", "RefKind", "RowsKind", "SealedKind", "SecretKind", "ShapeKind", "TextKind", "TimeKind",
    "TruthKind", "UuidKind", "area_q", "kind_for", "kinds_of",
]

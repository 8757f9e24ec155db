"""Model fields that the house adds to Django's, and the unattached ones that a move asks for."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import chance, seal
from .registry import registry


class _Own:
    """A field of the house: ``presets`` hold unless the declaration says otherwise; ``kept`` go into migrations."""

    presets: ClassVar[dict[str, Any]] = {}
    kept: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **{**self.presets, **kw})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kw = super().deconstruct()  # type: ignore[misc]
        return name, path, args, {**kw, **{key: getattr(self, key) for key in self.kept}}


class AreaCodeField(_Own, models.CharField):
    """Territory of a record as ``area_code``: city 4, county 6, town 9, community 12, grid 15 digits.

    A prefix is an ancestor (GB/T 2260, GB/T 10114), so one index serves all five levels.
    """

    presets: ClassVar = {"max_length": 15, "db_collation": "C", "blank": True, "default": ""}

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.validators.append(RegexValidator(r"^\d{0,15}$", _("区域代码只能是数字")))


class CreditCodeField(_Own, models.CharField):
    """Unified social credit code (统一社会信用代码, GB 32100), checked when written."""

    presets: ClassVar = {"max_length": 18}


class PlateField(_Own, models.CharField):
    """Number plate (号牌号码, GA 36), checked when written."""

    presets: ClassVar = {"max_length": 12}


class ComponentCodeField(_Own, models.CharField):
    """17-digit code of a component (管理部件标识码, GB/T 47678.5), checked when written."""

    presets: ClassVar = {"max_length": 17}


class RegionCodeField(_Own, models.CharField):
    """12-digit code of any area of the country (户籍地); a record's own territory is an :class:`AreaCodeField`."""

    presets: ClassVar = {"max_length": 12}


class OwnNumberField(_Own, models.CharField):
    """A record's own number, given once by the door: a letter and eleven random signs of Crockford's base 32.

    Names a record in files and links where its real name or number is not for everybody's eyes. Random, so that it
    tells nothing, costs no lock, and cannot be guessed from its neighbour.

    Args:
        prefix: the first letter.
    """

    SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    of = ""
    presets: ClassVar = {"max_length": 12, "unique": True, "blank": True, "default": "", "editable": False}
    kept = ("prefix", "editable")

    def __init__(self, *args: Any, prefix: str = "N", **kw: Any) -> None:
        self.prefix = prefix
        super().__init__(*args, **kw)

    def derive(self, record: models.Model) -> str:
        """The number the record has, or a new one."""
        return getattr(record, self.attname) or self.prefix + "".join(
            [self.SIGNS[byte & 31] for byte in chance.draw(11)])


class _OfTable(_Own):
    """Of an editable code table, named by ``table``."""

    kept = ("table",)

    def __init__(self, *args: Any, table: str = "", **kw: Any) -> None:
        self.table = table
        super().__init__(*args, **kw)


class CodeField(_OfTable, models.CharField):
    """A code of an editable code table (``table``), checked when written."""

    presets: ClassVar = {"max_length": 20}


class CodesField(_OfTable, models.JSONField):
    """Several codes of an editable code table (多选), kept as a list."""

    presets: ClassVar = {"default": list, "blank": True}


class SealedField(_Own, models.BinaryField):
    """Text encrypted at rest (AES-256-GCM). Add a :class:`BlindField` beside it for exact search.

    Args:
        form: what the text is: ``phone``, ``id_number`` (a citizen's, checked), ``document`` (that of any identity
            document), ``name``, ``address``, ``text``; decides mask and check.
        high: highly sensitive (privacy.md 2): nothing of it shows through the mask.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any
    presets: ClassVar = {"editable": True, "null": True, "blank": True}
    kept = ("form", "high", "editable")

    def __init__(self, *args: Any, form: str = "text", high: bool = False, **kw: Any) -> None:
        self.form, self.high = form, high
        super().__init__(*args, **kw)

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        return value if isinstance(value, bytes | memoryview) else seal.encrypt(value)

    def from_db_value(self, value: Any, *_args: Any) -> str | None:
        return None if value is None else seal.decrypt(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return ""


class _Derived(_Own):
    """Filled by the door from the fields that ``of`` names."""

    kept: ClassVar[tuple[str, ...]] = ("of",)

    def __init__(self, *args: Any, of: str = "", **kw: Any) -> None:
        self.of = of
        super().__init__(*args, **kw)


class BlindField(_Derived, models.BinaryField):
    """Keyed blind index of a :class:`SealedField` (``of``), filled by the door."""

    presets: ClassVar = {"max_length": 16, "null": True, "editable": False}

    def derive(self, record: models.Model) -> bytes | None:
        """The index of the sealed value the record now holds."""
        value = getattr(record, self.of)
        return seal.blind(value) if value else None


class HashField(_Own, models.CharField):
    """A password hash or key digest; no surface ever shows it."""

    presets: ClassVar = {"max_length": 128, "default": "", "blank": True, "editable": False}


class TokensField(_Derived, models.Field):
    """Full-text index of a record: words of the fields ``of``, as a ``tsvector``, filled by the door.

    Words come from the ``tokenise`` port (Chinese word segmentation), with ``names`` from ``tokenise_names`` (every
    piece of a name, since names are no words of a dictionary); give the model a GIN index on it.
    """

    presets: ClassVar = {"null": True, "editable": False}
    kept = ("of", "names")

    def __init__(self, *args: Any, names: bool = False, **kw: Any) -> None:
        self.names = names
        super().__init__(*args, **kw)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kw = super().deconstruct()
        if not self.names:
            kw.pop("names")
        return name, path, args, kw

    def db_type(self, connection: Any) -> str:
        return "tsvector"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        # an expression (of bulk_update) makes its vector within: wrapped once more it would be none
        plain = value is not None and not hasattr(value, "as_sql")
        return "array_to_tsvector(string_to_array(%s, E'\\x1f'))" if plain else "%s"

    def get_prep_value(self, value: Any) -> str | None:
        """Words in one text, between unit separators: an array costs the driver twenty times as much."""
        return None if value is None else "\x1f".join(value)

    def from_db_value(self, value: Any, *_args: Any) -> Any:
        return value

    def derive(self, record: models.Model) -> list[str]:
        """The distinct words of the indexed fields."""
        text = "\n".join(str(getattr(record, name) or "") for name in self.of.split())
        return registry.port("tokenise_names" if self.names else "tokenise")(text)


F = TypeVar("F", bound=models.Field)


def sensitive(field: F, mask: str = "") -> F:
    """Mark a plain column as personal: masked on every surface, whole only after a reasoned, logged look.

    What must be found by parts (a name) stays plain in the table; what is found by its whole value only belongs in a
    :class:`SealedField`.

    Args:
        mask: ``name``, ``address``, ``plate``, ``birth``; otherwise nothing shows through.
    """
    field.sensitivity, field.mask_as = "sensitive", mask  # type: ignore[attr-defined]
    return field


def indexed(table: str, *names: str) -> list[models.Index]:
    """A plain index a name, for the filters of a table that may grow large; links have theirs already.

    Args:
        table: what the indexes' names begin with.
        names: fields; several that are joined by ``+`` make one index.
    """
    return [models.Index(fields=n.split("+"), name=f"{table}_{n.replace('+', '_')}"[:30]) for n in names]


def public(field: F) -> F:
    """Mark a column as fit for everybody's eyes."""
    field.sensitivity = "public"  # type: ignore[attr-defined]
    return field


class _Unattached(models.Field):
    """A field that only a move asks for; it has no column."""

    def db_type(self, connection: Any) -> None:
        return None


class Ref(_Unattached):
    """Choose one record (or several) of another register.

    Args:
        register: name of the register chosen from; the actor's sight limits the choice.
        many: whether several may be chosen; the value is then a list, else one record.
        where: extra filters in the list filter language, e.g. ``{"kind": "department"}``.
    """

    def __init__(self, label: Any = None, *, register: str, many: bool = False,
                 where: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.register, self.many, self.where = register, many, where or {}


class Files(_Unattached):
    """Documents to attach; the value is a list of document ids.

    Args:
        kinds: accepted kinds, blank-separated: ``image audio video file``.
        least, most: how many.
        role: what the documents show (``before``, ``after``, ``verify`` …).
    """

    def __init__(self, label: Any = None, *, kinds: str = "image audio video file", least: int = 0,
                 most: int = 9, role: str = "attachment", **kw: Any) -> None:
        super().__init__(label, **kw)
        self.kinds, self.least, self.most, self.role = kinds.split(), least, most, role
        self.blank = least == 0


class Rows(_Unattached):
    """A small table: several rows of the same few fields (e.g. steps of a sequential dispatch)."""

    def __init__(self, label: Any = None, *, of: tuple[tuple[str, models.Field], ...], least: int = 0,
                 most: int = 20, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.of, self.least, self.most = of, least, most
        self.blank = least == 0


class Amount(_Unattached):
    """A limit as number and unit: ``{"value": 2, "unit": "work_day"}``."""

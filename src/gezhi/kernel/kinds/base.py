"""Kind: one class a field type, and everything a surface needs to know about such a field."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.encoding import force_str
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..errors import Invalid

PUBLIC, INTERNAL, SENSITIVE, HIGH = "public", "internal", "sensitive", "high"


class Kind:
    """How a field is shown, edited, filtered, parsed, written to JSON, masked and sampled.

    A kind is bound to a field (attached to a model, or unattached for what a move asks). ``value`` is always
    the Python value of the field.

    Args:
        field: the Django field.
        name: name under which registers, forms and JSON know it.
    """

    widget_type: ClassVar[str] = "text"
    align: ClassVar[str] = "start"
    sortable: ClassVar[bool] = True
    select_related: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...] | None] = None
    """Stored fields a computed kind looks at; ``None``: unknown, then a list reads them all."""

    def __init__(self, field: models.Field | None, name: str = "", label: Any = "") -> None:
        self.field = field
        self.name = name or (field.name if field is not None else "")
        self._label = label
        self.sensitivity: str = getattr(field, "sensitivity", INTERNAL)
        self.derived = hasattr(field, "derive")  # filled by the door from other fields

    # -- facts ---------------------------------------------------------------------------------------------
    @property
    def label(self) -> str:
        if self._label:
            return str(self._label)
        if self.name == "id":
            return _("编号")
        return force_str(self.field.verbose_name) if self.field is not None else self.name

    @property
    def help(self) -> str:
        return str(self.field.help_text) if self.field is not None else ""

    @property
    def required(self) -> bool:
        return self.field is not None and not self.field.blank and not self.field.has_default()

    @property
    def lookup(self) -> str:
        """ORM path that orders and filters this field."""
        return self.name

    # -- showing -------------------------------------------------------------------------------------------
    def value(self, record: Any) -> Any:
        """The field's value on a record."""
        return getattr(record, self.name)

    def show(self, value: Any) -> str:
        """Plain text for cells, exports and history. ``""`` for nothing."""
        return "" if value is None else force_str(value)

    def html(self, value: Any) -> SafeString:
        """Safe HTML for a cell; plain text unless a kind knows better."""
        return escape(self.show(value))

    def json(self, value: Any) -> Any:
        """Value as JSON data for the API."""
        return value

    def mask(self, value: Any) -> Any:
        """Value as somebody sees it who may not see the whole."""
        return value if self.sensitivity in (PUBLIC, INTERNAL) else "＊＊＊"

    def history(self, value: Any) -> Any:
        """Value as history keeps it: JSON, and never a sensitive plain text."""
        return self.json(value) if self.sensitivity in (PUBLIC, INTERNAL) else self.mask(value)

    # -- reading -------------------------------------------------------------------------------------------
    def parse(self, raw: Any) -> Any:
        """Python value from what a form, a JSON body or a spreadsheet cell gave.

        Raises:
            Invalid: keyed by this field's name.
        """
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return self.empty()
        return self.clean(raw)

    def clean(self, raw: Any) -> Any:
        return raw

    def empty(self) -> Any:
        if self.required:
            raise self.wrong(_("请填写“%s”") % self.label)
        if self.field is None or self.field.null:
            return None
        if self.field.has_default():
            return self.field.get_default()
        return "" if self.field.empty_strings_allowed else None

    def wrong(self, message: str) -> Invalid:
        """An error about this field."""
        return Invalid({self.name: [message]})

    def heard(self, raw: Any) -> str:
        """What was given, to be repeated in an error; nothing of a personal value, which would end up in reports."""
        return str(raw)[:40] if self.sensitivity in (PUBLIC, INTERNAL) else "…"

    # -- asking and filtering ------------------------------------------------------------------------------
    def widget(self) -> dict[str, Any]:
        """What a form renders: ``type`` and its attributes, all JSON."""
        return {"type": self.widget_type, "name": self.name, "label": self.label, "help": self.help,
                "required": self.required}

    def initial(self, value: Any) -> Any:
        """Value as the widget takes it."""
        return self.json(value)

    def filter_widget(self) -> dict[str, Any] | None:
        """Widget of this field's filter, or ``None`` when it cannot be filtered."""
        return {**self.widget(), "type": self.widget_type, "required": False}

    def q(self, raw: str) -> Q:
        """Filter in the language of the address bar: ``a,b`` any of, ``a..b`` a range, ``-`` empty."""
        if raw == "-":
            return Q(**{f"{self.lookup}__isnull": True}) | Q(**{self.lookup: ""})
        return Q(**{f"{self.lookup}__in": [self.parse(p) for p in raw.split(",") if p]})

    def _range(self, raw: str) -> Q:
        low, dots, high = raw.partition("..")
        if not dots:
            return Q(**{self.lookup: self.parse(raw)})
        q = Q()
        if low.strip():
            q &= Q(**{f"{self.lookup}__gte": self.parse(low)})
        if high.strip():
            q &= Q(**{f"{self.lookup}__lte": self.parse(high)})
        return q

    # -- contracts -----------------------------------------------------------------------------------------
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the JSON value."""
        return {"type": "string", "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        """A valid Python value for tests and the demo."""
        raise LookupError(f"{type(self).__name__} has no sample")


FIRST_YEAR, LAST_YEAR = 1800, 2200


def possible(kind: Kind, value: Any) -> Any:
    """A day or moment that somebody may mean; years that are slips of the hand (0202, 9026) are none.

    Raises:
        Invalid: about the kind's field.
    """
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise kind.wrong(_("“%(label)s”的年份应在 %(first)d 至 %(last)d 年之间") % {
            "label": kind.label, "first": FIRST_YEAR, "last": LAST_YEAR})
    return value

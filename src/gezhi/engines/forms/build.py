"""Forms of records, moves and filters, built from kinds: parsed, checked and worded by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from gezhi.engines.tables.query import Query, flat, language
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import INTERNAL, PUBLIC, AreaKind, Kind, LinkKind, RefKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Move

from .widgets import Addresses, widget_for

FEW = 60
"""Choices of a link that stand in the page itself; more are asked as a person types."""


def nowhere(_type: str, _spec: Mapping[str, Any]) -> str:
    """No address: choices stand in the page only."""
    return ""


class KindField(forms.Field):
    """A form field that a kind reads."""

    def __init__(self, kind: Kind, *, actor: Actor, addresses: Addresses, initial: Any = None,
                 keep: str = "") -> None:
        self.kind, self.keep = kind, keep
        spec = kind.widget()
        known = _known(kind, actor, initial)
        super().__init__(required=kind.required and not keep, label=kind.label, initial=_shown(kind, initial),
                         help_text=keep or kind.help, widget=widget_for(spec, addresses, known))
        if self.required:
            self.widget.is_required = True

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"lang": "zh"} if isinstance(widget, forms.Textarea) and not self.help_text else {}

    def clean(self, value: Any) -> Any:
        if self.keep and value in (None, ""):
            return None
        try:
            return self.kind.parse(value)
        except Invalid as error:
            raise ValidationError([str(m) for ms in error.errors.values() for m in ms]) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data


def _shown(kind: Kind, value: Any) -> Any:
    """A value as the widget takes it."""
    shown = kind.initial(value)
    if isinstance(kind, LinkKind | RefKind):
        if isinstance(shown, list):
            return [str(one["id"]) for one in shown]
        return str(shown["id"]) if shown else ""
    return shown


def _known(kind: Kind, actor: Actor, value: Any) -> list[tuple[str, str]]:
    """The choices of a link that stand in the page: the present value and the first few the actor sees."""
    if isinstance(kind, AreaKind):
        return [(value, kind.show(value) or value)] if value else []
    if not isinstance(kind, LinkKind | RefKind):
        return []
    present = value if isinstance(value, list) else [value] if value is not None else []
    out = {str(r.pk): str(r) for r in present}
    for row in choices(kind, actor)[:FEW]:
        out.setdefault(str(row.pk), str(row))
    return list(out.items())


def choices(kind: Kind, actor: Actor, text: str = "") -> list[Any]:
    """Records a link may point to, as far as the actor sees them, found by what was typed."""
    if isinstance(kind, RefKind):
        field: Any = kind.field
        register, where = registry.register(field.register), dict(field.where)
    else:
        register, where = kind.register, {}  # type: ignore[attr-defined]
    if register is None:
        return list(kind.target.objects.order_by("pk")[:FEW])  # type: ignore[attr-defined]
    return candidates(register, actor, text, where)


def candidates(register: Register, actor: Actor, text: str = "", where: Mapping[str, str] | None = None,
               most: int = FEW) -> list[Any]:
    """Records of a register to choose from."""
    query = Query(register, actor, {**(where or {}), "q": text}, strict=False)
    return list(query.rows().order_by(*query.order.by())[:most])


class RecordForm(forms.Form):
    """The form of a record: the fields of ``register.form``, in its sections.

    Args:
        record: the record to change, or ``None`` for a new one.
        given: first values of a new record, raw by name.
        only: names of the fields it is bounded to.

    ``values()`` gives what is to be written once the form is valid.
    """

    def __init__(self, register: Register, actor: Actor, record: Any = None, *, data: Any = None, files: Any = None,
                 addresses: Addresses = nowhere, given: Mapping[str, Any] | None = None,
                 only: Collection[str] | None = None) -> None:
        super().__init__(data, files, label_suffix="")
        self.register, self.record = register, record
        self.given = given or {}
        for name in register.form_names if only is None else only:
            kind = register.kinds[name]
            value = kind.value(record) if record is not None else _default(kind, self.given.get(name))
            keep = ""
            if kind.sensitivity not in (PUBLIC, INTERNAL) and value not in (None, ""):
                keep = _("现有内容 %s；不填则保持不变") % kind.mask(value)
                value = None
            self.fields[name] = KindField(kind, actor=actor, addresses=addresses, initial=value, keep=keep)

    def sections(self) -> list[list[forms.BoundField]]:
        """Bound fields, section by section."""
        return [here for section in self.register.sections if (here := [self[n] for n in section if n in self.fields])]

    def values(self) -> dict[str, Any]:
        """Values to write: all of a new record, only those that differ of an old one."""
        out = {}
        for name, value in self.cleaned_data.items():
            field: Any = self.fields[name]
            if field.keep and value is None:
                continue
            if self.record is None or _differs(field.kind, field.kind.value(self.record), value):
                out[name] = value
        return out

    def blame(self, error: Invalid) -> None:
        """Show what the door found wrong beside the fields."""
        blame(self, error)


def blame(form: forms.Form, error: Invalid) -> None:
    """Put the messages of an :class:`Invalid` beside the fields of a form; others stand at its head."""
    for name, messages in error.errors.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, str(message))


def _default(kind: Kind, raw: Any) -> Any:
    if raw not in (None, ""):
        try:
            return kind.parse(raw)
        except Invalid:
            return None
    field = kind.field
    return field.get_default() if field is not None and field.has_default() else None


def _differs(kind: Kind, before: Any, after: Any) -> bool:
    if isinstance(kind, LinkKind):
        return getattr(before, "pk", None) != getattr(after, "pk", None)
    return (before or None) != (after or None) if isinstance(before, str) or isinstance(after, str) else before != after


class MoveForm(forms.Form):
    """What a move asks for."""

    def __init__(self, move: Move, actor: Actor, record: Any = None, *, data: Any = None, files: Any = None,
                 addresses: Addresses = nowhere) -> None:
        super().__init__(data, files, label_suffix="", auto_id=f"id_{move.name}_%s")
        self.move = move
        for ask in move.ask:
            value = ask.default(record, actor) if ask.default is not None else None
            if value is None:
                value = _default(ask.kind, None)
            self.fields[ask.name] = KindField(ask.kind, actor=actor, addresses=addresses, initial=value)

    def inputs(self) -> dict[str, Any]:
        """Checked inputs, for ``act``."""
        return dict(self.cleaned_data)

    def blame(self, error: Invalid) -> None:
        """Show what the move found wrong beside the fields."""
        blame(self, error)


class FilterForm(forms.Form):
    """The filters of a list as a GET form; nothing is required and nothing is checked here."""

    def __init__(self, register: Register, actor: Actor, params: Mapping[str, Any], *,
                 addresses: Addresses = nowhere) -> None:
        now = flat(params)
        super().__init__(label_suffix="", auto_id="filter_%s")
        names = list(dict.fromkeys([*register.filter_names, *language(register)]))
        for name in names:
            spec, known = self._spec(register, name, actor, now.get(name, ""))
            if spec is None:
                continue
            widget = widget_for(spec, addresses, known)
            self.fields[name] = forms.Field(required=False, label=spec["label"], widget=widget,
                                            initial=_filter_value(spec, now.get(name, "")))

    @staticmethod
    def _spec(register: Register, name: str, actor: Actor, raw: str
              ) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
        kind = register.kinds.get(name)
        extra = next((f for f in register.extra_filters if f.name == name), None) or (
            language(register)[name] if kind is None or name not in register.filter_names else None)
        if extra is not None:
            options = extra.options() if extra.options else None
            spec = {"type": "multiselect" if options else "text", "name": name, "label": str(extra.label),
                    "required": False}
            return ({**spec, "options": options} if options else spec), []
        spec = kind.filter_widget() if kind is not None else None  # type: ignore[assignment]
        if spec is None or spec["type"] == "bbox":
            return None, []
        if isinstance(kind, AreaKind):
            return spec, [(raw, kind.show(raw) or raw)] if raw else []
        if isinstance(kind, LinkKind):
            return spec, _link_choices(kind, actor, raw)
        return spec, []


def _link_choices(kind: LinkKind, actor: Actor, raw: str) -> list[tuple[str, str]]:
    register = kind.register
    if register is None:
        return []
    ids = [int(p) for p in raw.split(",") if p.isdecimal() and len(p) < 19]
    rows = list(register.model.objects.filter(sight(register, actor), pk__in=ids)) if ids else []
    rows += candidates(register, actor)
    return list({str(r.pk): str(r) for r in rows}.items())


def _filter_value(spec: Mapping[str, Any], raw: str) -> Any:
    return [p for p in raw.split(",") if p] if spec["type"] == "multiselect" else raw

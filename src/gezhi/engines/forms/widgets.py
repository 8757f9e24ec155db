"""Django widgets for the widget dictionaries of kinds. Each posts plain text and works without script."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

Addresses = Callable[[str, Mapping[str, Any]], str]
"""Address of the choices of a link: ``addresses(widget type, widget dictionary)``; ``""`` for none."""
LONG_LIST = 12


class Loose:
    """Takes the last value that is not empty: a box inside ``<noscript>`` may stand beside the first."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return next((v for v in reversed(values) if v not in (None, "")), values[-1] if values else None)


class PickSelect(Loose, forms.Select):
    """A searchable select; the options that are known stand in it, others are asked from ``src``."""

    template_name = "desk/widgets/pick.html"


class PickMany(forms.SelectMultiple):
    template_name = "desk/widgets/pick.html"


class AreaSelect(Loose, forms.Select):
    """Territory as a tree, or its code typed."""

    template_name = "desk/widgets/area.html"


class PointInput(forms.TextInput):
    template_name = "partials/widgets/point.html"
    wide = True

    def format_value(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return f"{value['lon']}, {value['lat']}"
        return value or ""


class ShapeInput(forms.Textarea):
    template_name = "partials/widgets/polygon.html"
    wide = True

    def __init__(self, draw: str = "polygon") -> None:
        super().__init__()
        self.draw = draw

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["draw"] = self.draw
        return context

    def format_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else value or ""


class JsonInput(forms.Textarea):
    wide = True

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def format_value(self, value: Any) -> str:
        moment = parse_datetime(value) if isinstance(value, str) and value else value
        if not isinstance(moment, dt.datetime):
            return value or ""
        return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if timezone.is_aware(moment) else (
            moment.strftime("%Y-%m-%dT%H:%M"))


class PlainInput(forms.TextInput):
    """A box of a given HTML type; takes whatever text is given."""

    def __init__(self, input_type: str, attrs: dict[str, Any] | None = None) -> None:
        self.input_type = input_type
        super().__init__(attrs)

    def format_value(self, value: Any) -> Any:
        return "" if value is None else str(value)


class RangeInput(forms.MultiWidget):
    """From … to: two boxes that make ``a..b``."""

    template_name = "desk/widgets/range.html"
    use_fieldset = True

    def __init__(self, input_type: str, attrs: dict[str, Any] | None = None) -> None:
        boxes = {"_from": PlainInput(input_type, {"aria-label": _("从")}),
                 "_to": PlainInput(input_type, {"aria-label": _("到")})}
        super().__init__(boxes, attrs)  # type: ignore[arg-type]

    def decompress(self, value: Any) -> list[str]:
        low, dots, high = str(value or "").partition("..")
        return [low, high if dots else low]


class FilesInput(forms.FileInput):
    """Files to attach; the surface keeps them and hands over their ids."""

    template_name = "partials/widgets/file.html"
    allow_multiple_selected = True
    wide = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        uploads = files.getlist(name) if hasattr(files, "getlist") else []
        if uploads:
            return uploads
        kept = data.get(name)
        return kept or []

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class AmountInput(forms.MultiWidget):
    """A number and its unit: ``2 work_day``."""

    template_name = "desk/widgets/row.html"
    use_fieldset = True

    def __init__(self, units: list[list[str]], attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"min": "0", "step": "any", "aria-label": _("数值")})
        super().__init__({"value": number, "unit": forms.Select({"aria-label": _("单位")}, choices=units)}, attrs)  # type: ignore[arg-type]

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            number, _blank, unit = value.partition(" ")
            return [number, unit]
        return [value["value"], value["unit"]] if value else ["", "work_day"]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        plain = data.get(name)
        if plain:
            return plain
        number, unit = super().value_from_datadict(data, files, name)
        return f"{number} {unit}" if number not in (None, "") else ""


class RowsInput(forms.Widget):
    """A small table of the same boxes; empty rows do not count."""

    template_name = "desk/widgets/rows.html"
    use_fieldset = True
    wide = True
    SPARE = 3

    def __init__(self, of: list[tuple[str, str, forms.Widget]], least: int = 0, most: int = 20) -> None:
        super().__init__()
        self.of, self.least, self.most = of, least, most

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = value if isinstance(value, list) else []
        shown = min(self.most, max(len(rows) + 1, self.least, self.SPARE))
        context["widget"]["labels"] = [label for _n, label, _w in self.of]
        context["widget"]["rows"] = [
            [widget.get_context(f"{name}-{at}-{column}", rows[at].get(column) if at < len(rows) else None,
                                {"aria-label": f"{label} {at + 1}"})["widget"] for column, label, widget in self.of]
            for at in range(shown)]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if data.get(name):
            return data.get(name)
        rows = []
        for at in range(self.most):
            row = {c: w.value_from_datadict(data, files, f"{name}-{at}-{c}") for c, _l, w in self.of}
            if any(v not in (None, "", [], False) for v in row.values()):
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)


def widget_for(spec: Mapping[str, Any], addresses: Addresses, known: list[tuple[str, str]] | None = None
               ) -> forms.Widget:
    """The Django widget of a kind's widget dictionary.

    Args:
        spec: ``kind.widget()`` or ``kind.filter_widget()``.
        addresses: where the choices of links and areas are asked.
        known: choices already known (of a link: the present value and the first few).
    """
    type_ = spec["type"]
    blank = [] if spec.get("required") else [("", "—")]
    if type_ in ("select", "multiselect"):
        options = [tuple(o) for o in spec["options"]]
        if type_ == "multiselect":
            return PickMany(choices=options, attrs={"data-many": "on"})
        options = [("", _("请选择")), *options] if spec.get("required") else [*blank, *options]
        return forms.Select(choices=options) if len(options) <= LONG_LIST else PickSelect(choices=options)
    if type_ in ("link", "area"):
        src = addresses(type_, spec)
        attrs = {"src": src} if src else {}
        if type_ == "area":
            return AreaSelect(attrs, choices=[("", "—"), *(known or [])])
        if spec.get("many"):
            return PickMany(attrs, choices=known or [])
        return PickSelect(attrs, choices=[("", "—"), *(known or [])])
    if type_ == "rows":
        of = [(s["name"], s["label"], widget_for(s, addresses)) for s in spec["of"]]
        return RowsInput(of, spec.get("least", 0))
    return _simple(type_, spec)


def _simple(type_: str, spec: Mapping[str, Any]) -> forms.Widget:
    if type_.endswith("_range"):
        kind = type_.removesuffix("_range")
        return RangeInput("date" if kind == "datetime" else kind)
    if type_ == "amount":
        return AmountInput(spec["units"])
    if type_ == "files":
        accept = ",".join(f"{k}/*" for k in spec["kinds"] if k != "file")
        attrs: dict[str, Any] = {"multiple": spec["most"] > 1, "data-most": str(spec["most"])}
        if accept and "file" not in spec["kinds"]:
            attrs["accept"] = accept
        if "image" in spec["kinds"]:
            attrs["photo"] = True
        return FilesInput(attrs)
    if type_ == "checkbox":
        return forms.CheckboxInput()
    known: dict[str, Callable[[], forms.Widget]] = {
        "textarea": lambda: forms.Textarea({"rows": 4}),
        "number": lambda: PlainInput("number", {"step": "any"}),
        "date": lambda: PlainInput("date"),
        "time": lambda: PlainInput("time"),
        "datetime": MomentInput,
        "point": PointInput,
        "shape": lambda: ShapeInput(spec.get("draw", "polygon")),
        "json": lambda: JsonInput({"rows": 4}),
    }
    if type_ in known:
        return known[type_]()
    limit = spec.get("maxlength")
    return forms.TextInput({"maxlength": limit} if limit else {})

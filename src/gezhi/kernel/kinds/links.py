"""Kinds of links to other records, documents, and of the small tables and limits a move asks for."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from ..errors import Invalid
from ..registry import registry
from .base import INTERNAL, PUBLIC, Kind
from .basic import ChoiceKind


def discreet(register: Any, kind: Kind, text: str) -> str:
    """What an error repeats of a text that found nobody: nothing where records are known by personal values.

    A person is looked up by identity number, so what was typed for one may be one.
    """
    private = register is not None and any(k.sensitivity not in (PUBLIC, INTERNAL) for k in register.kinds.values())
    return "…" if private else kind.heard(text)


class LinkKind(Kind):
    """A foreign key; takes a record, an id, or the target's key (code, plate …)."""

    widget_type = "link"
    select_related = True

    @property
    def target(self) -> Any:
        return self.field.remote_field.model  # type: ignore[union-attr]

    @property
    def register(self) -> Any:
        return registry.register_of(self.target)

    def clean(self, raw: Any) -> Any:
        if isinstance(raw, self.target):
            return raw
        if isinstance(raw, dict):
            raw = raw.get("id")
        text = str(raw).strip()
        found = None
        if text.isdecimal() and len(text) < 19:
            found = self.target.objects.filter(pk=int(text)).first()
        if found is None and self.register is not None:
            found = self.register.find(text)
        if found is None:
            raise self.lost(text)
        return found

    def clean_many(self, texts: Iterable[str]) -> dict[str, Any]:
        """The records that texts name, as :meth:`clean` has it, in a query or two; who names nobody is left out."""
        wanted = {text.strip() for text in texts}
        numbers = [int(t) for t in wanted if t.isdecimal() and len(t) < 19]
        links = self.register.related if self.register is not None else ()
        rows = self.target.objects.select_related(*links).in_bulk(numbers) if numbers else {}
        out = {t: rows[int(t)] for t in wanted if t.isdecimal() and len(t) < 19 and int(t) in rows}
        if self.register is not None and (rest := sorted(wanted - out.keys())):
            out |= self.register.find_many(rest)
        return out

    def lost(self, text: str) -> Invalid:
        """What is said of a text that names nobody."""
        return self.wrong(_("“%(label)s”没有找到：%(raw)s") % {
            "label": self.label, "raw": discreet(self.register, self, text)})

    def json(self, value: Any) -> Any:
        return None if value is None else {"id": value.pk, "name": str(value)}

    def history(self, value: Any) -> Any:
        return self.json(value)

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "register": self.register.name if self.register else ""}

    def q(self, raw: str) -> Q:
        if raw == "-":
            return Q(**{f"{self.name}__isnull": True})
        ids = [int(p) for p in raw.split(",") if p.strip().isdecimal() and len(p.strip()) < 19]
        return Q(**{f"{self.name}_id__in": ids})

    def schema(self) -> dict[str, Any]:
        return {"title": self.label, "type": ["object", "null"],
                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}

    def sample(self, rng: random.Random) -> Any:
        found = self.target.objects.order_by("pk").first()
        if found is None and self.required:
            raise LookupError(f"no {self.target.__name__} to link to")
        return found


class RefKind(Kind):
    """:class:`~gezhi.kernel.fields.Ref`: one or several records of a register, given as ids."""

    widget_type = "link"

    def clean(self, raw: Any) -> Any:
        field: Any = self.field
        register = registry.register(field.register)
        model = register.model
        items = raw if isinstance(raw, list | tuple) else str(raw).split(",") if field.many else [raw]
        found = []
        for item in items:
            if isinstance(item, model):
                found.append(item)
                continue
            item = item.get("id") if isinstance(item, dict) else item
            text = str(item).strip()
            record = model.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
            if record is None:
                raise self.wrong(_("“%(label)s”没有找到：%(raw)s") % {
                    "label": self.label, "raw": discreet(register, self, text)})
            found.append(record)
        if field.many:
            return found
        return found[0] if found else self.empty()

    def empty(self) -> Any:
        if self.required:
            raise self.wrong(_("请选择“%s”") % self.label)
        return [] if self.field.many else None  # type: ignore[union-attr]

    def json(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.json(v) for v in value]
        return None if value is None else {"id": value.pk, "name": str(value)}

    def widget(self) -> dict[str, Any]:
        field: Any = self.field
        return {**super().widget(), "register": field.register, "many": field.many, "where": field.where}

    def schema(self) -> dict[str, Any]:
        one = {"type": "integer", "title": self.label}
        return {"type": "array", "items": one, "title": self.label} if self.field.many else one  # type: ignore[union-attr]

    def sample(self, rng: random.Random) -> Any:
        field: Any = self.field
        found = list(registry.register(field.register).model.objects.order_by("pk")[:1])
        return found if field.many else (found[0] if found else None)


class FilesKind(Kind):
    """:class:`~gezhi.kernel.fields.Files`: ids of documents already uploaded."""

    widget_type = "files"

    def clean(self, raw: Any) -> list[int]:
        field: Any = self.field
        items = raw if isinstance(raw, list | tuple) else str(raw).split(",")
        ids = []
        for item in items:
            text = str(item.get("id") if isinstance(item, dict) else item).strip()
            if not text.isdecimal() or len(text) > 18:
                raise self.wrong(_("“%s”的附件编号有误") % self.label)
            ids.append(int(text))
        if len(ids) < field.least:
            raise self.wrong(_("“%(label)s”至少需要 %(least)d 个附件") % {"label": self.label, "least": field.least})
        if len(ids) > field.most:
            raise self.wrong(_("“%(label)s”最多 %(most)d 个附件") % {"label": self.label, "most": field.most})
        return ids

    def empty(self) -> Any:
        if self.required:
            raise self.wrong(_("请上传“%s”") % self.label)
        return []

    def widget(self) -> dict[str, Any]:
        field: Any = self.field
        return {**super().widget(), "kinds": field.kinds, "least": field.least, "most": field.most,
                "role": field.role}

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "integer"}, "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return []


class RowsKind(Kind):
    """:class:`~gezhi.kernel.fields.Rows`: a list of small records, each checked field by field."""

    widget_type = "rows"

    def kinds(self) -> list[Kind]:
        from . import kind_for

        return [kind_for(f, n) for n, f in self.field.of]  # type: ignore[union-attr]

    def clean(self, raw: Any) -> list[dict[str, Any]]:
        import orjson

        field: Any = self.field
        try:
            rows = orjson.loads(raw) if isinstance(raw, str) else raw
        except orjson.JSONDecodeError:
            rows = None
        if not isinstance(rows, list) or any(not isinstance(r, dict) for r in rows):
            raise self.wrong(_("“%s”应为若干行") % self.label)
        if not field.least <= len(rows) <= field.most:
            raise self.wrong(_("“%(label)s”应有 %(least)d 至 %(most)d 行")
                             % {"label": self.label, "least": field.least, "most": field.most})
        out, errors = [], {}
        for number, row in enumerate(rows, 1):
            clean = {}
            for kind in self.kinds():
                try:
                    clean[kind.name] = kind.parse(row.get(kind.name))
                except Invalid as error:
                    errors[self.name] = [_("第 %(n)d 行：%(why)s") % {"n": number, "why": error}]
            out.append(clean)
        if errors:
            raise Invalid(errors)
        return out

    def empty(self) -> Any:
        if self.required:
            raise self.wrong(_("请填写“%s”") % self.label)
        return []

    def json(self, value: Any) -> Any:
        kinds = self.kinds()
        return [{k.name: k.json(row.get(k.name)) for k in kinds} for row in value or ()]

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "of": [k.widget() for k in self.kinds()]}

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "title": self.label,
                "items": {"type": "object", "properties": {k.name: k.schema() for k in self.kinds()}}}

    def sample(self, rng: random.Random) -> Any:
        return [{k.name: k.sample(rng) for k in self.kinds()} for _i in range(self.field.least)]  # type: ignore[union-attr]


class AmountKind(Kind):
    """:class:`~gezhi.kernel.fields.Amount`: a limit, ``{"value": 2, "unit": "work_day"}`` or ``"2 work_day"``."""

    widget_type = "amount"
    UNITS = ("urgent_minute", "urgent_hour", "natural_day", "work_hour", "work_day")

    @staticmethod
    def unit_label(unit: str) -> str:
        return {"urgent_minute": _("紧急工作分"), "urgent_hour": _("紧急工作时"), "natural_day": _("自然日"),
                "work_hour": _("工作时"), "work_day": _("工作日")}.get(unit, unit)

    def clean(self, raw: Any) -> dict[str, Any]:
        if isinstance(raw, str):
            number, _blank, unit = raw.strip().partition(" ")
            raw = {"value": number, "unit": unit}
        try:
            value, unit = float(raw["value"]), raw["unit"]
        except (KeyError, TypeError, ValueError):
            raise self.wrong(_("“%s”应为数字和单位，如 2 工作日") % self.label) from None
        if unit not in self.UNITS or not 0 < value <= 100_000:
            raise self.wrong(_("“%s”的数值或单位有误") % self.label)
        return {"value": int(value) if value == int(value) else value, "unit": unit}

    def show(self, value: Any) -> str:
        return "" if not value else f"{value['value']:g} {self.unit_label(value['unit'])}"

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "units": [[u, self.unit_label(u)] for u in self.UNITS]}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "title": self.label, "required": ["value", "unit"],
                "properties": {"value": {"type": "number", "exclusiveMinimum": 0, "maximum": 100000},
                               "unit": {"enum": list(self.UNITS)}}}

    def sample(self, rng: random.Random) -> Any:
        return {"value": rng.randint(1, 5), "unit": rng.choice(self.UNITS)}


class CodeKind(ChoiceKind):
    """A code of an editable code table, read through the ``codes`` port.

    ``codes(table)`` gives all of the table's codes in order: ``{code: (label, offered)}``; one that is no longer
    offered is still shown.
    """

    def known(self) -> Mapping[str, tuple[str, bool]]:
        return registry.port("codes")(self.field.table)  # type: ignore[union-attr]

    def options(self) -> list[list[str]]:
        return [[code, label] for code, (label, offered) in self.known().items() if offered]

    def clean(self, raw: Any) -> Any:
        return str(raw) if str(raw) in self.known() else super().clean(raw)

    def show(self, value: Any) -> str:
        return "" if value in (None, "") else self.known().get(str(value), (str(value), False))[0]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "title": self.label, "description": f"code table {self.field.table}"}  # type: ignore[union-attr]


class CodesKind(CodeKind):
    """:class:`~gezhi.kernel.fields.CodesField`: a list of codes; in files their labels, parted by commas."""

    sortable = False
    PARTED = re.compile(r"[、,，;；|]\s*")

    def clean(self, raw: Any) -> list[str]:
        parts = raw if isinstance(raw, list | tuple) else self.PARTED.split(str(raw).strip("[]\"' "))
        found = list(dict.fromkeys(CodeKind.clean(self, part) for part in parts if str(part).strip()))
        return found or self.empty()

    def empty(self) -> Any:
        if self.field is not None and not self.field.blank:
            raise self.wrong(_("请选择“%s”") % self.label)
        return []

    def show(self, value: Any) -> str:
        return "、".join(CodeKind.show(self, code) for code in value or ())

    def json(self, value: Any) -> Any:
        return list(value or ())

    def widget(self) -> dict[str, Any]:
        return {**super().widget(), "type": "multiselect"}

    def q(self, raw: str) -> Q:
        q = Q(pk__in=())
        for code in raw.split(","):
            q |= Q(**{f"{self.lookup}__contains": [CodeKind.clean(self, code)]})
        return q

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().schema(), "title": self.label}

    def sample(self, rng: random.Random) -> Any:
        return [rng.choice(self.options())[0]]

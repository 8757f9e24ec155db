"""How a field stands in a cell, a card, a fact: masked, linked, with chips and lights."""

from __future__ import annotations

from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from gezhi.engines.tables import within
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import AreaKind, DateKind, Kind, LinkKind, NumberKind, TextKind, TimeKind, TruthKind
from gezhi.kernel.registers import Register

WIDE = 100
"""Texts that may be this long get room in a table."""
LONG = 14
"""Signs above which a text in a table is cut after two lines; the whole stands in its title."""
KEY_LIKE = 28
"""Longest number or code that stands on one line at the head of a row."""
BANDS = ((10, "b0"), (8, "b1"), (6, "b2"), (4, "b3"))
"""Columns after these numbers give way, one band after the other, as a table gets narrower (``table.css``)."""


def light_of(record: Any) -> dict[str, Any]:
    """Variables of ``partials/light.html`` for a record; nothing for one without deadlines."""
    if not isinstance(record, Timed):
        return {"light": "", "due": None, "words": ""}
    light = record.light(timezone.now())
    if light == "red" and record.finished_at is not None:
        return {"light": "red", "due": None, "words": _("曾超期")}
    return {"light": light, "due": record.due_at, "words": ""}


def light_html(record: Any) -> SafeString:
    """A light as a cell."""
    return mark_safe(get_template("partials/light.html").render(light_of(record)))  # noqa: S308 (our own template)


def chip(register: Register, code: str) -> SafeString:
    """A workflow state as a chip."""
    state = register.flow.states().get(code) if register.flow else None
    if state is None:
        return SafeString("")
    return format_html('<span class="chip {}"><span>{}</span></span>',
                       "chip-final" if state.final else "chip-state", state.label)


def cell(register: Register, kind: Kind, record: Any) -> Any:
    """A field in a table row."""
    value = kind.value(record)
    if register.flow is not None and kind.name == register.flow.field:
        return chip(register, value)
    if kind.name == "light" and isinstance(record, Timed):
        return light_html(record)
    said = register.says(record, kind.name)
    shown = kind.html(kind.mask(value)) if said is None else escape(said)
    if isinstance(kind, DateKind) and not isinstance(kind, TimeKind) and value is not None:
        return format_html_join(" ", '<span class="nowrap">{}</span>', ((part,) for part in str(shown).split(" ")))
    if isinstance(kind, TextKind) and (kind.max_length or 0) >= WIDE:
        return format_html('<span class="cell-wide clip-2" title="{}">{}</span>', kind.show(kind.mask(value)), shown)
    if isinstance(kind, AreaKind) and shown:
        return format_html('<span class="cell-area">{}</span>', shown)
    if isinstance(shown, str) and len(shown) > LONG and "<" not in shown and not shown.isascii():
        return format_html('<span class="clip-2" title="{0}">{0}</span>', shown)
    return shown


def band(at: int, fixed: bool) -> str:
    """The band of the column at a place, from 0; none where the person chose the columns."""
    return "" if fixed else next((name for after, name in BANDS if at >= after), "")


def has_light(register: Register) -> bool:
    """Whether rows of the register show a light of their own accord."""
    return issubclass(register.model, Timed) and "light" not in register.column_names


def columns(query: Query, kinds: list[Kind], fixed: bool = False) -> list[dict[str, Any]]:
    """Heads of a table; ``fixed``: all stay, however narrow it gets."""
    order = query.order
    out = [{"key": k.name, "label": k.label, "sortable": k.name in query.sortable,
            "sorted": ("descending" if order.down else "ascending") if order.field.name == k.name else "",
            "numeric": k.align == "end"} for k in kinds]
    if has_light(query.register):
        out.insert(1, {"key": "due_at", "label": _("时限"), "sortable": "due_at" in query.sortable, "numeric": False,
                       "sorted": ("descending" if order.down else "ascending") if order.field.name == "due_at" else ""})
    for at, column in enumerate(out):
        column["band"] = band(at, fixed)
    return out


def rows(register: Register, records: list[Any], kinds: list[Kind], fixed: bool = False) -> list[dict[str, Any]]:
    """Rows of a table; the first cell links to the record, and says so when it is empty."""
    out = []
    for record in records:
        cells: list[Any] = []
        for at, kind in enumerate(kinds):
            shown = cell(register, kind, record)
            if at == 0:
                shown = shown or number(register, record)
                plain = isinstance(shown, str) and shown.isascii() and "<" not in shown and len(shown) <= KEY_LIKE
                cells.append(format_html('<span class="nowrap">{}</span>', shown) if plain else shown)
            else:
                cells.append({"text": shown, "numeric": True} if kind.align == "end" else shown)
        if has_light(register):
            cells.insert(1, light_html(record))
        cells = [_banded(shown, band(at, fixed)) for at, shown in enumerate(cells)]
        out.append({"id": record.pk, "url": reverse("desk:record", args=[register.name, record.pk]), "cells": cells})
    return out


def _banded(shown: Any, name: str) -> Any:
    if not name:
        return shown
    return {**shown, "band": name} if isinstance(shown, dict) else {"text": shown, "band": name}


def facts(register: Register, record: Any, most: int = 4, *, moments: bool = True) -> list[str]:
    """A few plain facts of a record, in the order of its columns, without key, state and what the title says.

    Args:
        most: how many at most.
        moments: whether dates and times are among them.
    """
    title, out = register.title(record), []
    for name in register.column_names:
        kind = register.kinds[name]
        if name in (register.key, "light", "urgency", "due_at", register.column_names[0]) or (
                register.flow is not None and name == register.flow.field):
            continue
        text = "" if isinstance(kind, DateKind) and not moments else fact(register, record, kind)
        if text and text not in title and text not in out:
            out.append(text)
        if len(out) == most:
            break
    return out


def fact(register: Register, record: Any, kind: Kind) -> str:
    """A field among others, where no head says what it is: bare words, but moments and numbers with their label."""
    value = kind.value(record)
    if isinstance(kind, TruthKind):
        return kind.label if value else ""
    said = register.says(record, kind.name)
    text = kind.show(kind.mask(value)) if said is None else said
    if text and isinstance(kind, DateKind | NumberKind):
        return f"{kind.label} {text}"
    return text


def number(register: Register, record: Any) -> str:
    """What a record is called by: its first column when that is a short text, else its key, else its id."""
    first = register.kinds[register.column_names[0]]
    key = register.kinds[register.key]
    for kind in (first, key):
        if isinstance(kind, TextKind) and kind.name != "name" and (kind.max_length or 99) <= 40:  # type: ignore[attr-defined]
            text = str(kind.mask(kind.value(record)) or "")
            if text:
                return text
    return f"#{record.pk}"


def item(register: Register, record: Any, url: str, current: bool = False) -> dict[str, Any]:
    """A record as a row of ``partials/queue.html``."""
    called = number(register, record)
    area = register.kinds[register.area_field].show(getattr(record, register.area_field)) if register.area_field else ""
    said = [f for f in facts(register, record, 5, moments=False) if f != area]
    state = register.flow.states().get(getattr(record, register.flow.field)) if register.flow else None
    title = register.title(record)
    if title == called and len(said) > 1:
        title = said.pop(0)
    title = title.removeprefix(called).strip() or title
    return {"id": f"{register.name}-{record.pk}", "url": url, "number": called, "title": title,
            "state": str(state.label) if state else "", "final": bool(state and state.final),
            "urgency": getattr(record, "urgency", ""), "kind": said[0] if said else "", "place": area,
            "source": said[1] if len(said) > 1 else "", "unit": said[2] if len(said) > 2 else "",
            "last": "", "at": record.updated_at, "current": current, **light_of(record)}


def brief(register: Register, record: Any, url: str) -> dict[str, Any]:
    """A record in a line: what it is called, its state and light, a few facts."""
    state = register.flow.states().get(getattr(record, register.flow.field)) if register.flow else None
    return {"title": register.title(record), "url": url, "icon": register.icon, "facts": facts(register, record, 3),
            "state": str(state.label) if state else "", "final": bool(state and state.final), **light_of(record)}


def link_url(kind: Kind, record: Any, actor: Actor) -> str:
    """Where a link field leads, when the actor may go there."""
    if not isinstance(kind, LinkKind) or kind.register is None or not actor.may(f"{kind.register.name}.view"):
        return ""
    pk = getattr(record, f"{kind.name}_id")
    return reverse("desk:record", args=[kind.register.name, pk]) if pk else ""


def described(register: Register, name: str, raw: str) -> str:
    """A filter's value in words."""
    kind = register.kinds.get(name)
    if raw == "-":
        return _("空")
    if name == within.NAME:
        return within.read(raw).words()
    if isinstance(kind, LinkKind):
        ids = [int(p) for p in raw.split(",") if p.isdecimal() and len(p) < 19]
        return "、".join(str(r) for r in kind.target.objects.filter(pk__in=ids)[:6]) or raw
    spec = _spec(register, name, kind)
    options = dict((spec or {}).get("options") or ())
    if options:
        return "、".join(str(options.get(p, p)) for p in raw.split(","))
    if kind is not None and (spec or {}).get("type") == "area":
        return "、".join(kind.show(p) or p for p in raw.split(","))
    return raw.replace("..", _(" 至 ")).removeprefix("~")


def _spec(register: Register, name: str, kind: Kind | None) -> dict[str, Any] | None:
    from gezhi.engines.tables.query import language

    own = language(register).get(name)
    if own is not None and own.options is not None:
        return {"options": own.options()}
    return kind.filter_widget() if kind is not None else None

"""What a record page shows: head, flow, fields, panels, map, timeline, and the acts this person may do now."""

from __future__ import annotations

import json
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from gezhi.engines.access.reveal import may_reveal
from gezhi.engines.forms import MoveForm
from gezhi.engines.relations.cards import Group, groups
from gezhi.engines.workflow.act import allowed
from gezhi.engines.workflow.extend import editable, extra_names
from gezhi.foundation.units.models import Role
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import INTERNAL, PUBLIC, LongTextKind, TextKind
from gezhi.kernel.registers import Register

from . import cells
from .frame import DeskRequest, addresses
from .relations import connect_url, territory
from .timeline import acts_of, kinds_of_acts

PLENTY = 6
"""Fields above which one that stands in the head already is left out."""
REVEALED = "gezhi_revealed"
"""Session key: ``"register:id:field"`` to the moment until which it stays readable."""


def record_context(request: DeskRequest, register: Register, record: Any, *, form: MoveForm | None = None,
                   open_: str = "") -> dict[str, Any]:
    """Context of ``desk/parts/record.html``.

    Args:
        form: the form of a move that was refused, with its errors.
        open_: the move whose form stands open.
    """
    actor: Actor = request.actor
    url = reverse("desk:record", args=[register.name, record.pk])
    rows, acts = acts_of(register, record, request.GET.get("acts", ""))
    return {
        "register": register, "record": record, "url": url, "head": head(register, record),
        "steps": steps(register, record, rows), "fields": fields(request, register, record),
        "main": panels(request, register, record, "main"), "side": panels(request, register, record, "side"),
        "related": related(register, record, actor), "tellings": territory(register, record, actor),
        "connect_url": connect_url(register, record, actor), "map": small_map(register, record),
        "acts": acts, "act_kinds": kinds_of_acts(request, url),
        "moves": moves(actor, register, record, form), "open_move": open_ or request.GET.get("move", ""),
        "has_flow": register.flow is not None,
        "may_change": editable(register, actor, record) or bool(extra_names(actor, register, record)),
        "may_remove": permits(register, actor, "remove", record), "count": len(rows),
        "diagram": diagram(register, record), "editor": _editor(record),
    }


def _editor(record: Any) -> dict[str, str] | None:
    """The page of its own by which a record is worked on, beside its form."""
    if not isinstance(record, Role):
        return None
    return {"label": _("权限"), "url": reverse("desk:grants", args=[record.pk])}


def head(register: Register, record: Any) -> dict[str, Any]:
    """Variables of ``partials/record_head.html``."""
    one = cells.item(register, record, "")
    said = [f for f in (one["place"], one["kind"], one["source"], one["unit"]) if f]
    return {**one, "facts": said, "demo": bool(getattr(record, "invented", False))}


def steps(register: Register, record: Any, rows: list[Any]) -> list[dict[str, Any]]:
    """The flow as steps: its stages (or states) in order, those passed, the present one lit."""
    if register.flow is None:
        return []
    states = register.flow.states()
    now = states[getattr(record, register.flow.field)]
    seen = {r.target for r in rows if r.target} | {r.source for r in rows if r.source} | {now.code}
    stages: dict[str, list[Any]] = {}
    for state in states.values():
        stages.setdefault(str(state.stage or state.label), []).append(state)
    main = [label for label, inside in stages.items()
            if now in inside or any(s.code in seen for s in inside)
            or any(s.tone not in ("stop", "pause") for s in inside)]
    if now.final:
        main = [label for label in main if any(s.code in seen for s in stages[label])]
    elif len(main) > 9:
        main = [label for label in main if any(s.code in seen or not s.final for s in stages[label])]
    return [{"label": label, "now": now in stages[label],
             "note": str(now.label) if now in stages[label] and str(now.label) != label else "",
             "done": now not in stages[label] and any(s.code in seen for s in stages[label])} for label in main]


def diagram(register: Register, record: Any) -> list[dict[str, Any]]:
    """The whole flow as a table: each state and where its moves lead, the present one marked."""
    if register.flow is None:
        return []
    now = getattr(record, register.flow.field)
    out = []
    for code, state in register.flow.states().items():
        ways = [{"label": str(m.label), "to": "、".join(str(t.label) for t in m.targets())}
                for m in register.flow.moves().values() if not m.creates and m.targets() and m.starts_from(code)]
        out.append({"label": str(state.label), "now": code == now, "final": state.final, "ways": ways})
    return out


def fields(request: DeskRequest, register: Register, record: Any) -> list[dict[str, Any]]:
    """Fields as name and value: those of columns and form, masked unless revealed a moment ago."""
    actor: Actor = request.actor
    names = dict.fromkeys([*register.column_names, *register.form_names, *retired(register, record)])
    shown = request.session.get(REVEALED, {})
    called, title = cells.number(register, record), register.title(record)
    above = {called, title, title.removeprefix(called).strip()}
    now = timezone.now().timestamp()
    out = []
    for name in names:
        kind = register.kinds[name]
        if (register.flow is not None and name == register.flow.field) or name == "light":
            continue
        value = kind.value(record)
        if isinstance(kind, TextKind) and kind.show(value) in above and len(names) > PLENTY:
            continue  # it stands in the head already
        out_of_use = name in register.customs and name not in register.added
        label = _("%s（已停用）") % kind.label if out_of_use else kind.label
        entry: dict[str, Any] = {"label": label, "span": isinstance(kind, LongTextKind)}
        open_ = shown.get(f"{register.name}:{record.pk}:{name}", 0) > now and may_reveal(actor, record, name)
        if kind.sensitivity not in (PUBLIC, INTERNAL) and value and not open_:
            entry["value"] = kind.mask(value)
            if may_reveal(actor, record, name):
                entry["reveal_url"] = reverse("desk:reveal", args=[register.name, record.pk, name])
        else:
            link = cells.link_url(kind, record, actor)
            entry["value"] = format_html('<a href="{}">{}</a>', link, kind.show(value)) if link else (
                register.says(record, name) or kind.html(value))
        out.append(entry)
    return out


def retired(register: Register, record: Any) -> list[str]:
    """Fields the city no longer asks for, of which this record still holds a value."""
    return [n for n, k in register.customs.items() if n not in register.added and k.value(record) not in (None, [])]


def panels(request: DeskRequest, register: Register, record: Any, place: str) -> list[dict[str, Any]]:
    """Panels of a register that are for this record and person, rendered."""
    actor: Actor = request.actor
    out = []
    for panel in register.panels:
        if panel.place != place or (panel.when is not None and not panel.when(record, actor)):
            continue
        context = {"record": record, "register": register, "actor": actor, **panel.context(record, actor)}
        out.append({"name": panel.name, "label": str(panel.label),
                    "html": render_to_string(panel.template, context, request)})
    return out


def related(register: Register, record: Any, actor: Actor) -> list[dict[str, Any]]:
    """What leads to a record of a hub, as far as the actor sees it: a few of each, and the way to all of them."""
    return [_group(group, record) for group in groups(register, record, actor)]


def _group(group: Group, record: Any) -> dict[str, Any]:
    other, tie = group.register, group.tie
    where = "" if tie.by else f"{reverse('desk:list', args=[other.name])}?{tie.field}={record.pk}"
    return {"label": str(other.label), "as": tie.label, "icon": other.icon, "url": where, "more": group.more,
            "rows": [{**cells.brief(other, row, reverse("desk:record", args=[other.name, row.pk])),
                      "ends": [{"label": e.label, **cells.brief(e.register, e.record, reverse(
                          "desk:record", args=[e.register.name, e.record.pk]))} for e in group.ends.get(row.pk, ())]}
                     for row in group.rows]}


def small_map(register: Register, record: Any) -> dict[str, Any] | None:
    """Props of the small map: the record's own point or shape."""
    if register.layer is None:
        return None
    shape = register.spot_of(record)
    if shape is None:
        return None
    w, s, e, n = shape.extent
    point = shape.geom_type == "Point"
    pad = 0.004 if point else max(e - w, n - s) * 0.1
    feature = {"type": "Feature", "properties": {"id": record.pk, "name": register.title(record)},
               "geometry": {"type": "Point", "coordinates": [w, s]} if point else json.loads(shape.json)}
    layer = {"id": "record", "label": str(register.label), "geometry": "point" if point else
             "line" if "Line" in shape.geom_type else "polygon", "cluster": False,
             "data": {"type": "FeatureCollection", "features": [feature]}}
    return {"bounds": [w - pad, s - pad, e + pad, n + pad], "layers": [layer], "legend": False}


def moves(actor: Actor, register: Register, record: Any, form: MoveForm | None = None) -> list[dict[str, Any]]:
    """The acts this person may do now, each with its few fields."""
    out = []
    found = allowed(actor, record)
    plain = not any(m.tone == "primary" for m in register.flow.moves().values()) if register.flow else True
    for move in found:
        asked = form if form is not None and form.move is move else MoveForm(move, actor, record, addresses=addresses)
        out.append({"name": move.name, "label": str(move.label), "hint": str(move.help), "icon": "",
                    "url": reverse("desk:move", args=[register.name, record.pk, move.name]),
                    "main": move.tone == "primary" or (plain and move is found[0] and move.tone != "danger"),
                    "danger": move.tone == "danger", "form": asked, "version": record.version})
    return out


def no_moves(register: Register) -> str:
    """Why there is nothing to do."""
    return _("您当前的岗位在这个环节没有需要办理的动作。") if register.flow else ""

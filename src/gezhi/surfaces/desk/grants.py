"""What a role may do: every register by every verb with its reach, beside the default, to be changed and put back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gezhi.engines.access import grants_of
from gezhi.engines.access.grants import permissions
from gezhi.engines.history import timeline
from gezhi.foundation.units.models import Role
from gezhi.kernel.access import VERBS, permits
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.groups import GROUPS, order
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .frame import desk, record_seen

REACHES = {
    "all": gettext_lazy("全部"), "area": gettext_lazy("本辖区"), "centre": gettext_lazy("本中心"),
    "unit": gettext_lazy("本单位"), "own": gettext_lazy("本人"), "parent": gettext_lazy("本单位派出"),
    "handler": gettext_lazy("交给本人"), "owner": gettext_lazy("所属记录可见"), "loose": gettext_lazy("尚未挂接"),
    "named": gettext_lazy("记录指名本人"),
}
"""Reaches in words; a reach of another name shows its name."""
SHOWN_ACTS = 10


def words(reaches: Any) -> str:
    """Reaches in one phrase; ``—`` for none."""
    return "、".join(str(REACHES.get(r, r)) for r in reaches) or "—"


def named(permission: str) -> str:
    """``案件 · 导出`` for ``case.export``."""
    name, _dot, verb = permission.partition(".")
    register = registry.registers.get(name)
    return f"{register.label} · {_verb(register, verb)}" if register else permission


def _verb(register: Register, verb: str) -> str:
    move = register.flow.moves().get(verb) if register.flow is not None else None
    return str(move.label if move else VERBS.get(verb, verb))


@desk
@require_http_methods(["GET", "POST"])
def grants(request: HttpRequest, pk: int) -> HttpResponse:
    """The matrix of a role; with ``register``, the verbs of one register by reach, as a form.

    Raises:
        Refused: a change without ``role.change``. Conflict: somebody was faster.
    """
    register = registry.register("role")
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.may("role.view"):
        raise Missing
    role = record_seen(register, actor, pk)
    chosen = registry.registers.get(request.GET.get("register", ""))
    errors: list[str] = []
    if request.method == "POST":
        try:
            version = request.POST.get("version", "")
            write(actor, "change", role, {"overlay": _wanted(request, role, chosen)},
                  version=int(version) if version.isdecimal() else None)
            messages.success(request, _("已保存“%s”的权限，立即生效") % role)
            return redirect(reverse("desk:grants", args=[pk]))
        except Invalid as error:
            errors = [str(m) for ms in error.errors.values() for m in ms]
            role.refresh_from_db()
    return render(request, "desk/grants.html", {
        "role": role, "errors": errors, "may_change": permits(register, actor, "change", role),
        "chosen": chosen, "verbs": _table(role, chosen) if chosen else [],
        "reaches": [{"code": r, "label": REACHES.get(r, r)} for r in chosen.reaches] if chosen else [],
        "groups": [] if chosen else _matrix(role), "heads": list(VERBS.values()),
        "changed": [{"name": p, "label": named(p), "now": words(r), "was": words(_default(role).get(p, ()))}
                    for p, r in sorted(role.overlay.items())],
        "acts": _acts(role), "title": _("“%s”的权限") % role,
        "crumbs": [{"label": str(register.label), "url": reverse("desk:list", args=["role"])},
                   {"label": str(role), "url": reverse("desk:record", args=["role", pk])},
                   {"label": _("权限"), "url": ""}]}, status=422 if errors else 200)


def _default(role: Role) -> Any:
    return grants_of(role.code)


def _wanted(request: HttpRequest, role: Role, chosen: Register | None) -> dict[str, list[str]]:
    """The role's edits after this form: what equals the default is no edit."""
    overlay = {p: list(r) for p, r in role.overlay.items()}
    reset = request.POST.get("reset", "")
    if reset == "*":
        return {}
    if reset:
        overlay.pop(reset, None)
        return overlay
    if chosen is None:
        return overlay
    for permission, reaches in permissions().items():
        if permission.partition(".")[0] != chosen.name:
            continue
        picked = [r for r in reaches if r in request.POST.getlist(permission)]
        overlay.pop(permission, None)
        if set(picked) != set(_default(role).get(permission, ())):
            overlay[permission] = picked
    return overlay


def _table(role: Role, register: Register) -> list[dict[str, Any]]:
    """The verbs of a register with what is granted and what was by default."""
    now, default = grants_of(role.code, role.overlay), _default(role)
    out = []
    verbs = [p.partition(".")[2] for p in permissions() if p.partition(".")[0] == register.name]
    for verb in sorted(verbs, key=lambda v: (list(VERBS).index(v) if v in VERBS else len(VERBS))):
        permission = f"{register.name}.{verb}"
        granted, was = now.get(permission, ()), default.get(permission, ())
        out.append({"name": permission, "label": _verb(register, verb), "move": verb not in VERBS,
                    "cells": [{"code": r, "on": r in granted, "label": REACHES.get(r, r)} for r in register.reaches],
                    "was": words(was), "changed": set(granted) != set(was)})
    return out


def _matrix(role: Role) -> list[dict[str, Any]]:
    """Every register in its menu group, by the verbs all registers have, and how many of its moves are granted."""
    now, default = grants_of(role.code, role.overlay), _default(role)
    groups: dict[str, list[dict[str, Any]]] = {}
    for register in registry.registers.values():
        cells = []
        for verb in VERBS:
            granted, was = (g.get(f"{register.name}.{verb}", ()) for g in (now, default))
            cells.append({"text": words(granted), "changed": set(granted) != set(was), "was": words(was)})
        moves = list(register.flow.moves()) if register.flow is not None else []
        held = [m for m in moves if now.get(f"{register.name}.{m}")]
        cells.append({"text": f"{len(held)} / {len(moves)}" if moves else "—", "was": "",
                      "changed": any(f"{register.name}.{m}" in role.overlay for m in moves)})
        groups.setdefault(str(register.group), []).append(
            {"name": register.name, "label": register.label, "cells": cells})
    return [{"label": GROUPS[g][0] if g in GROUPS else g or _("其他"), "rows": groups[g]}
            for g in sorted(groups, key=order)]


def _acts(role: Role) -> list[dict[str, Any]]:
    """The last changes of the role's permissions, newest first: who, when, from what to what."""
    out = []
    for row in timeline(role, newest_first=True):
        before, after = (v or {} for v in row.changes.get("overlay", (None, None)))
        lines = [{"label": named(p), "was": words(before[p]) if p in before else _("默认"),
                  "now": words(after[p]) if p in after else _("默认")}
                 for p in sorted({*before, *after}) if before.get(p) != after.get(p)]
        if lines:
            out.append({"at": row.at, "who": row.actor_name, "lines": lines})
    return out[:SHOWN_ACTS]

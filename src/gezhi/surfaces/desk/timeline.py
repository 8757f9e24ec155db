"""The timeline of a record: every act, who, when, with what opinion and attachments."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.engines.history import deed, timeline
from gezhi.foundation.documents.document import Document
from gezhi.foundation.documents.serve import gallery
from gezhi.foundation.units.post import Post
from gezhi.kernel.kinds import (
    AmountKind,
    ChoiceKind,
    FilesKind,
    Kind,
    LinkKind,
    MomentKind,
    NumberKind,
    ShapeKind,
    TruthKind,
)
from gezhi.kernel.registers import Register

ACT_KINDS = {"": gettext_lazy("全部"), "acts": gettext_lazy("办理"), "changes": gettext_lazy("修改"),
             "opinions": gettext_lazy("意见"), "looks": gettext_lazy("查看与导出")}
LOOKS = frozenset({"reveal", "export"})
CHANGES = frozenset({"create", "change", "import", "remove", "relink"})


def kinds_of_acts(request: HttpRequest, url: str) -> list[dict[str, Any]]:
    """Filters over the timeline."""
    now = request.GET.get("acts", "")
    return [{"label": str(label), "url": f"{url}?acts={code}#timeline" if code else f"{url}#timeline",
             "current": code == now} for code, label in ACT_KINDS.items()]


def acts_of(register: Register, record: Any, kind: str = "") -> tuple[list[Any], list[dict[str, Any]]]:
    """All history rows of a record, and those of a kind as ``partials/timeline.html`` draws them, newest first."""
    rows = timeline(record, newest_first=True)
    moves = register.flow.moves() if register.flow is not None else {}
    wanted = [r for r in rows if _is(r, kind, moves)]
    posts = {p.pk: f"{p.unit} · {p.role}" for p in
             Post.objects.filter(pk__in={r.post_id for r in wanted if r.post_id}).select_related("unit", "role")}
    files = _files(wanted, moves)
    return rows, [_act(register, r, moves.get(r.verb), posts, files) for r in wanted]


def _is(row: Any, kind: str, moves: Any) -> bool:
    if kind == "acts":
        return row.verb in moves
    if kind == "changes":
        return row.verb in CHANGES
    if kind == "opinions":
        return bool(row.opinion)
    if kind == "looks":
        return row.verb in LOOKS
    return True


def _act(register: Register, row: Any, move: Any, posts: dict[int, str], files: dict[int, Any]) -> dict[str, Any]:
    changes = []
    for name, pair in row.changes.items():
        if name == "_" or not isinstance(pair, list) or len(pair) != 2:
            continue
        kind = register.kinds.get(name)
        if kind is None or not _named(kind) or (
                register.flow is not None and name == register.flow.field and row.source == row.target):
            continue
        before, after = told(kind, pair[0]), told(kind, pair[1])
        if before or after:
            changes.append({"label": kind.label, "before": before, "after": after or _("（空）")})
    attached = []
    for ask, value in _facts(row, move):
        if isinstance(ask.kind, FilesKind):
            attached += [files[i] for i in value if i in files]
        elif (said := told(ask.kind, value)) and not any(c["label"] == ask.kind.label for c in changes):
            changes.append({"label": ask.kind.label, "before": "", "after": said})
    if row.verb == "reveal":
        kind = register.kinds.get((row.changes.get("_") or {}).get("field", ""))
        changes.append({"label": _("查看内容"), "before": "", "after": kind.label if kind else ""})
    return {"label": deed(register, row.verb), "who": row.actor_name, "post": posts.get(row.post_id, ""), "at": row.at,
            "opinion": row.opinion, "alarm": move is not None and move.tone == "danger",
            "quiet": move.quiet if move else row.verb in LOOKS, "changes": changes[:16], "files": attached}


def _named(kind: Kind) -> bool:
    """Whether the field was given a name for readers; what the machinery keeps for itself has none."""
    return kind.field is None or not kind.field.name or kind.label != kind.field.name.replace("_", " ")


def _facts(row: Any, move: Any) -> list[tuple[Any, Any]]:
    facts = row.changes.get("_") or {}
    if move is None or not isinstance(facts, dict):
        return []
    return [(a, facts[a.name]) for a in move.ask if facts.get(a.name) not in (None, "", [], {})]


def _files(rows: list[Any], moves: Any) -> dict[int, Any]:
    """Attachments of all rows by id, in one query."""
    ids = {i for r in rows for ask, value in _facts(r, moves.get(r.verb))
           if isinstance(ask.kind, FilesKind) and isinstance(value, list) for i in value}
    if not ids:
        return {}
    found = list(Document.objects.filter(pk__in=ids))
    return dict(zip((d.pk for d in found), gallery(found, reverse("files:send")), strict=True))


def _name_of(kind: Kind, pk: Any) -> str:
    """What a link leads to, where history was written without its name."""
    found = kind.target.objects.filter(pk=pk).first() if isinstance(kind, LinkKind) else None
    return str(found) if found is not None else f"#{pk}"


def told(kind: Kind, value: Any) -> str:
    """A value as history keeps it (JSON), in words."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict) and "id" in value:
        return str(value.get("name") or _name_of(kind, value["id"]))
    if isinstance(value, list):
        return "、".join(told(kind, v) for v in value)
    if value in AmountKind.UNITS:  # the unit of a limit, kept beside its number
        return AmountKind.unit_label(value)
    if isinstance(kind, MomentKind) and isinstance(value, str):
        moment = parse_datetime(value)
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else value
    if isinstance(kind, ChoiceKind | TruthKind | NumberKind) or kind.widget_type == "area":
        return kind.show(value)
    if isinstance(kind, ShapeKind):
        return _("已绘制")
    if isinstance(value, dict) and {"lon", "lat"} <= value.keys():
        return f"{value['lon']}, {value['lat']}"
    if isinstance(value, dict) and "unit" in value and "value" in value:
        return kind.show(value)
    if isinstance(value, dict):
        return "；".join(f"{k} {v}" for k, v in value.items() if v not in (None, ""))[:200]
    return str(value)[:500]

"""The list of a register: table, map and board as three views of the same query; split view; saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gezhi.engines.forms import FilterForm
from gezhi.engines.forms.build import candidates
from gezhi.engines.tables import habits
from gezhi.engines.tables.query import Query, flat, hidden, language
from gezhi.engines.transfer.request import may_ask
from gezhi.kernel.access import permits
from gezhi.kernel.kinds import ChoiceKind, LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import cells
from .board import board, features, map_props
from .frame import DeskRequest, addresses, desk, fragment, record_seen
from .page import record_context

SPLIT = 30


@desk
@require_GET
def list_(request: DeskRequest, register: Register) -> HttpResponse:
    """A list in one of its views; ``beside=<id>`` shows that record beside it."""
    habit = habits.habit_of(request.actor, register)
    params = flat(request.GET)
    sort = params.get("sort", "")
    if sort and sort != habit.sort:
        habits.remember(request.actor, register, sort=sort)
    query = _query(request, register, params, habit.sort)
    context = {"register": register, "params": params, "query": query, "habit": habit, "title": str(register.label)}
    part = fragment(request)
    if part == "record" and params.get("beside", "").isdecimal():
        context |= _opened(request, register, query)
        return render(request, "desk/parts/record.html", context)
    context |= _shown(request, register, query, habit)
    if part == "list":
        return render(request, "desk/parts/list.html", context)
    context |= _tools(request, register, query, habit)
    return render(request, "desk/list.html", context)


def _query(request: DeskRequest, register: Register, params: dict[str, str], sort: str) -> Query:
    query = Query(register, request.actor, params)
    if sort and not params.get("sort") and sort.lstrip("-") in query.sortable:
        query = Query(register, request.actor, {**params, "sort": sort})
    return query


def _shown(request: DeskRequest, register: Register, query: Query, habit: Any) -> dict[str, Any]:
    """The body of the list in the view the address bar asks for."""
    params = query.params
    view = params.get("view", "")
    if params.get("beside", "").isdecimal():
        return {"view": "split", **_opened(request, register, query)}
    if view == "map" and register.layer:
        return {"view": "map", "map": map_props(register, query), "count": query.count()}
    if view == "board" and register.flow:
        return {"view": "board", "lanes": board(register, query)}
    kinds, fixed = query.columns(habit.columns), bool(habit.columns)
    page = query.page(kinds=kinds)
    return {"view": "table", "page": page, "loosened": page.loosened,
            "columns": cells.columns(query, kinds, fixed), "rows": cells.rows(register, page.rows, kinds, fixed),
            "pager": pager(query, page), "bulk": _bulk(request, register, query),
            "pick": bool(register.flow or permits(register, request.actor, "export")),
            "empty": _empty(request, register, query)}


def pager(query: Query, page: Any) -> dict[str, Any]:
    """Variables of ``partials/pager.html``."""
    found = query.count(page)
    return {"previous": page.previous, "next": page.next, "count": found.number, "estimate": not found.exact}


def _opened(request: DeskRequest, register: Register, query: Query) -> dict[str, Any]:
    """List left, record right: neighbours are the rows of this page of the query."""
    pk = int(query.params["beside"])
    record = record_seen(register, request.actor, pk)
    page = query.page(SPLIT)
    ids = [r.pk for r in page.rows]
    at = ids.index(pk) if pk in ids else None

    def to(other: int | None) -> str:
        return "" if other is None else "?" + urlencode({**query.params, "beside": other})

    items = [cells.item(register, r, to(r.pk), r.pk == pk) for r in page.rows]
    around = {"previous": to(ids[at - 1]) if at else "", "next": to(ids[at + 1]) if at is not None
              and at + 1 < len(ids) else "", "back": "?" + urlencode({k: v for k, v in query.params.items()
                                                                      if k != "beside"})}
    return {"items": items, "around": around, "pager": pager(query, page), **record_context(request, register, record)}


def _empty(request: DeskRequest, register: Register, query: Query) -> dict[str, str]:
    if query.filters or query.text:
        return {"title": _("没有符合条件的记录"), "text": _("可以放宽或清除筛选条件。"),
                "url": reverse("desk:list", args=[register.name]), "label": _("清除筛选")}
    label = str(register.label)
    if register.writable and register.form and permits(register, request.actor, "create"):
        return {"title": _("还没有%s") % label, "text": _("可以逐条新增，也可以从表格文件导入。"),
                "url": new_url(register, query), "label": _("新增%s") % label}
    return {"title": _("还没有%s") % label, "text": _("您管辖范围内有新的记录时会出现在这里。"), "url": "", "label": ""}


def new_url(register: Register, query: Query) -> str:
    """The form of a new record, begun with what the list is bounded to by choice."""
    given = {n: raw for n, raw in query.filters.items() if n in register.form_names and "," not in raw
             and isinstance(register.kinds[n], ChoiceKind | LinkKind)}
    return reverse("desk:new", args=[register.name]) + (f"?{urlencode(given)}" if given else "")


def _bulk(request: DeskRequest, register: Register, query: Query) -> list[dict[str, Any]]:
    """Moves that may be made on several rows: those the actor holds and that start from the states shown."""
    actor = request.actor
    if register.flow is None:
        return []
    states = [s for s in query.filters.get(register.flow.field, "").split(",") if s] or list(register.flow.states())
    moves = [m for m in register.flow.moves().values()
             if not m.creates and not m.strong and actor.may(f"{register.name}.{m.name}")
             and any(m.starts_from(s) for s in states if s in register.flow.states())]
    return [{"label": str(m.label), "danger": m.tone == "danger", "icon": "",
             "url": reverse("desk:bulk", args=[register.name, m.name])} for m in moves[:8]]


def _tools(request: DeskRequest, register: Register, query: Query, habit: Any) -> dict[str, Any]:
    """Everything around the list: views, filters, switches, exports."""
    actor, params = request.actor, query.params
    base = {k: v for k, v in params.items() if k not in ("cursor", "beside", "view")}
    now = "map" if params.get("view") == "map" else "board" if params.get("view") == "board" else "table"
    ways = [("table", _("表格"), "table", True), ("map", _("地图"), "map-2", bool(register.layer)),
            ("board", _("看板"), "layout-kanban", bool(register.flow))]
    chosen = habit.columns.split() or list(register.column_names)
    plain = urlencode({k: v for k, v in base.items() if k != "sort"} | {"sort": query.order.text})
    out: dict[str, Any] = {
        "filter_form": FilterForm(register, actor, params, addresses=addresses),
        "filter_open": bool(params.get("filters")),
        "applied": _applied(register, query),
        "keep": [(k, v) for k, v in params.items() if k in ("sort", "view") or k in hidden(register)],
        "ways": [{"label": label, "icon": icon, "url": "?" + urlencode({**base, "view": name}),
                  "current": name == now} for name, label, icon, there in ways if there],
        "chooser": [{"key": n, "label": register.kinds[n].label, "shown": n in chosen}
                    for n in register.column_names],
        "new_url": new_url(register, query),
        "may_create": register.writable and bool(register.form) and permits(register, actor, "create"),
        "creators": _creators(register, actor),
        "may_import": permits(register, actor, "import"),
        "custom_url": _custom_url(register, actor), "crumbs": [],
        "columns_url": reverse("desk:columns", args=[register.name]),
    }
    if permits(register, actor, "export"):
        forms = [("csv", "CSV", "file-text"), ("xlsx", "Excel", "file-spreadsheet")]
        forms += [("geojson", "GeoJSON", "map")] if register.layer and not register.layer.linked else []
        forms += [("again.xlsx", _("Excel（可改后再导入）"), "file-import")] if register.form else []
        out["formats"] = [{"label": label, "icon": icon,
                           "url": reverse("desk:export", args=[register.name, ext]) + f"?{plain}"}
                          for ext, label, icon in forms]
        if may_ask(actor, register):
            out["whole_url"] = reverse("desk:export_whole", args=[register.name]) + f"?{plain}"
    return out


def _custom_url(register: Register, actor: Any) -> str:
    """Where fields are added to this register; empty for who may not."""
    fields = registry.registers.get("custom_field")
    if fields is None or fields is register or not permits(fields, actor, "create"):
        return ""
    return reverse("desk:list", args=[fields.name]) + f"?register={register.name}"


def _creators(register: Register, actor: Any) -> list[Any]:
    if register.flow is None:
        return []
    return [m for m in register.flow.moves().values() if m.creates and actor.may(f"{register.name}.{m.name}")]


def _applied(register: Register, query: Query) -> list[dict[str, str]]:
    known = {**hidden(register), **language(register)}
    out = []
    for name, raw in query.filters.items():
        rest = {k: v for k, v in query.params.items() if k not in (name, "cursor", "beside")}
        out.append({"label": str(known[name].label), "value": cells.described(register, name, raw),
                    "url": "?" + urlencode(rest)})
    if query.text:
        rest = {k: v for k, v in query.params.items() if k not in ("q", "cursor", "beside")}
        out.append({"label": _("搜索"), "value": query.text, "url": "?" + urlencode(rest)})
    return out


@desk
@require_GET
def views(request: DeskRequest, register: Register) -> HttpResponse:
    """Saved views with their counts; asked for by the list once it stands."""
    url = reverse("desk:list", args=[register.name])
    found = [{"label": v.row.name, "url": f"{url}?{v.row.query}", "current": False, "id": v.row.pk,
              "count": v.count.number if v.count else None, "own": v.row.user_id is not None}
             for v in habits.counted(request.actor, register)]
    return render(request, "desk/parts/views.html" if fragment(request) else "desk/views.html",
                  {"register": register, "views": found, "title": str(register.label)})


@desk
@require_POST
def save_view(request: DeskRequest, register: Register) -> HttpResponse:
    """Keep the present filters under a name."""
    view = habits.save_view(request.actor, register, request.POST.get("name", ""), request.POST.get("query", ""))
    messages.success(request, _("已保存视图“%s”") % view.name)
    return redirect(reverse("desk:list", args=[register.name]) + f"?{view.query}")


@desk
@require_POST
def drop_view(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """Delete one of one's own views."""
    view = habits.drop_view(request.actor, pk)
    messages.success(request, _("已删除视图“%s”") % view.name)
    return redirect(reverse("desk:list", args=[register.name]))


@desk
@require_POST
def choose_columns(request: DeskRequest, register: Register) -> HttpResponse:
    """Keep which columns are shown."""
    habits.choose_columns(request.actor, register, request.POST.getlist("columns"))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = reverse("desk:list", args=[register.name])
    return redirect(back)


@desk
@require_GET
def options(request: DeskRequest, register: Register) -> HttpResponse:
    """Choices of a link as JSON: ``{"items": [{"id", "label"}]}``."""
    where = {k: v for k, v in flat(request.GET).items() if k != "q"}
    rows = candidates(register, request.actor, request.GET.get("q", ""), where, 40)
    return JsonResponse({"items": [{"id": str(r.pk), "label": str(r)} for r in rows]})


@desk
@require_GET
def map_features(request: DeskRequest, register: Register) -> HttpResponse:
    """The rows of the list that lie in the map's bounds, as GeoJSON."""
    query = Query(register, request.actor, flat(request.GET))
    return JsonResponse(features(register, query), content_type="application/geo+json")

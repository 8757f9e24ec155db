"""Registers on the phone: look something up at the doorstep, enter it, put it right. Derived from declarations alone.

Shown are registers whose records lie in an area, are kept by form and are no work of their own (work is under tasks).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gezhi.engines.duplicates.entering import LooksAlike, enter
from gezhi.engines.forms import RecordForm
from gezhi.engines.relations.cards import groups
from gezhi.engines.relations.ties import leading_to
from gezhi.engines.tables import within
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import work
from .asks import messages
from .guard import by_outbox, signed_in
from .once import Done, key_of, once
from .refusals import refusal_of
from .shell import actor, page

PAGE = 20
OPEN = 2
"""Sections of a form that stand open; later ones only when something in them must be filled in."""


def kept(me: Actor) -> list[Register]:
    """The registers a phone shows to this person."""
    return [r for r in registry.registers.values() if r.writable and r.form and r.columns and r.area_field
            and r.flow is None and me.may(f"{r.name}.view")]


def _entry(register: Register, me: Actor) -> dict[str, Any]:
    new = reverse("pocket:entry_new", args=[register.name]) if me.may(f"{register.name}.create") else ""
    return {"label": register.label, "icon": register.icon, "url": reverse("pocket:entries", args=[register.name]),
            "new": new, "writes": bool(new) or me.may(f"{register.name}.change")}


def _declared(name: str, me: Actor) -> Register:
    for register in kept(me):
        if register.name == name:
            return register
    raise Missing


def listed(name: str, me: Actor) -> Register:
    """A register whose list opens on the phone: what is kept there, and whatever else the map or a card leads to.

    Raises:
        Missing: there is none, or none this person may view.
    """
    register = registry.registers.get(name)
    if register is None or not register.columns or not me.may(f"{name}.view"):
        raise Missing
    return register


def index_of(me: Actor) -> list[dict[str, Any]]:
    """The registers a phone shows, with where they lead: ``{label, icon, url, new, writes}``."""
    return [_entry(register, me) for register in kept(me)]


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """The registers: those I keep, and those I may look something up in."""
    me = actor(request)
    all_ = index_of(me)
    return render(request, "pocket/registers.html", page(
        request, "home", keep=[one["new"] for one in all_ if one["new"]], back=reverse("pocket:home"),
        mine=[one for one in all_ if one["writes"]], others=[one for one in all_ if not one["writes"]]))


@require_safe
@signed_in
def entries(request: HttpRequest, register: str) -> HttpResponse:
    """One register: a box to search it, its newest records, and the way to a new one."""
    me = actor(request)
    declared = listed(register, me)
    query = Query(declared, me, request.GET, strict=False)
    found = query.page(PAGE)
    items = [work.row(declared, r, me, reverse("pocket:record", args=[declared.name, r.pk])) for r in found.rows]
    given = dict(query.filters)
    entry = _entry(declared, me) if declared in kept(me) else {"new": ""}
    if entry["new"] and given:
        entry["new"] += "?" + "&".join(f"{name}={raw}" for name, raw in given.items() if raw.isdecimal())
    pager = {"previous": found.previous, "next": found.next, "count": None}
    part = within.read(given[within.NAME]).words() if within.NAME in given else ""
    return render(request, "pocket/entries.html", page(
        request, "map" if part else "home", back=reverse("pocket:city" if part else "pocket:registers"),
        register=declared, items=items, pager=pager, entry=entry, given=given, q=query.text, loosened=found.loosened,
        part=part, count=query.count(found, PAGE)))


def related(register: Register, record: Any, me: Actor) -> list[dict[str, Any]]:
    """What leads to a record of a hub, group by group: a few records, the way to all of them and to one more."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for group in groups(register, record, me):
        found[group.register.name, group.tie.field] = {
            "label": group.register.label, "as": group.tie.label, "icon": group.register.icon, "more": group.more,
            "url": "", "new": "",
            "rows": [{**_brief(group.register, row),
                      "ends": [{"label": end.label, **_brief(end.register, end.record)}
                               for end in group.ends.get(row.pk, ())]} for row in group.rows]}
    shown = {r.name for r in kept(me)}
    for tie in leading_to(register) if register.hub else ():
        other = tie.register
        if tie.by or other.name not in shown:
            continue
        of, entry = f"?{tie.field}={record.pk}", _entry(other, me)
        one = found.get((other.name, tie.field))
        if one is not None or entry["new"]:
            one = one or {"label": other.label, "as": tie.label, "icon": other.icon, "more": False, "rows": []}
            found[other.name, tie.field] = {**one, "url": entry["url"] + of if one["rows"] else "",
                                            "new": entry["new"] + of if entry["new"] else ""}
    return list(found.values())


def _brief(register: Register, record: Any) -> dict[str, Any]:
    """A record in a line of a card."""
    state = register.flow.states().get(getattr(record, register.flow.field)) if register.flow else None
    timed = isinstance(record, Timed)
    return {"title": register.title(record), "icon": register.icon, "facts": [],
            "url": reverse("pocket:record", args=[register.name, record.pk]),
            "state": str(state.label) if state else "", "final": bool(state and state.final),
            "light": record.light() if timed else "", "due": record.due_at if timed else None, "words": ""}


def edit_url(register: Register, record: Any, me: Actor) -> str:
    """Where this person may put a record right; empty where they may not."""
    may = register in kept(me) and permits(register, me, "change", record)
    return reverse("pocket:entry_edit", args=[register.name, record.pk]) if may else ""


# -- forms -----------------------------------------------------------------------------------------------
def _addresses(type_: str, spec: Mapping[str, Any]) -> str:
    """Where a form asks for choices."""
    if type_ == "area":
        return reverse("desk:areas")
    return reverse("pocket:options", args=[spec["register"]]) if spec.get("register") else ""


def _given(request: HttpRequest, register: Register, me: Actor) -> dict[str, Any]:
    """First values of something new: what the address says, and the area of my post."""
    first = {register.area_field: me.area} if register.area_field and len(me.area or "") >= 12 else {}
    return {**first, **request.GET.dict()}


def _form(request: HttpRequest, me: Actor, register: Register, record: Any, title: str, form: RecordForm,
          back: str, whole: list[str] | None = None, status: int = 200, sure: bool = False) -> HttpResponse:
    sections = []
    for at, fields in enumerate(form.sections()):
        must = at < OPEN or any(field.field.required or field.errors for field in fields)
        sections.append({"fields": fields, "open": must})
    version = request.POST.get("version") or (record.version if record is not None else "")
    return render(request, "pocket/entry.html", page(
        request, "home", back=back, title=title, form=form, sections=sections, version=version, whole=whole or [],
        next=back, sure=sure), status=status)


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest, register: str) -> HttpResponse:
    """Enter something."""
    me = actor(request)
    declared = _declared(register, me)
    if not permits(declared, me, "create"):
        raise Refused
    posted = request.POST if request.method == "POST" else None
    form = RecordForm(declared, me, data=posted, addresses=_addresses, given=_given(request, declared, me))
    back = reverse("pocket:entries", args=[declared.name])
    title = _("新增%s") % declared.label
    if posted is None:
        return _form(request, me, declared, None, title, form, back)
    return _kept(request, me, declared, None, form, title, back, "create",
                 lambda: enter(me, declared, form.values(), sure=bool(request.POST.get("sure"))))


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Put a record right."""
    me = actor(request)
    declared = _declared(register, me)
    found = declared.model.objects.filter(pk=pk).first()
    if found is None or not permits(declared, me, "view", found):
        raise Missing
    if not edit_url(declared, found, me):
        raise Refused
    posted = request.POST if request.method == "POST" else None
    form = RecordForm(declared, me, found, data=posted, addresses=_addresses)
    back = reverse("pocket:record", args=[declared.name, pk])
    title = _("修改%s") % declared.label
    if posted is None:
        return _form(request, me, declared, found, title, form, back)
    said = request.POST.get("version", "")
    version = int(said) if said.isdecimal() else None

    def change() -> Any:
        values = form.values()
        return write(me, "change", found, values, version=version) if values else found

    return _kept(request, me, declared, found, form, title, back, "change", change)


def _kept(request: HttpRequest, me: Actor, register: Register, record: Any, form: RecordForm, title: str, back: str,
          verb: str, work_: Any) -> HttpResponse:
    """Write what a form says, once for its key; a page or an answer to the outbox."""
    key = key_of(request.headers.get("Idempotency-Key") or request.POST.get("idempotency_key", ""))
    labels = {name: str(field.label) for name, field in form.fields.items()}
    try:
        if not form.is_valid():
            raise Invalid({("" if name == "__all__" else name): [str(e) for e in errors]
                           for name, errors in form.errors.items()})
        done: Done = once(me, key, f"{register.name}.{verb}", request.POST.get("made_at", ""), work_)
    except (Invalid, Conflict) as error:
        if by_outbox(request):
            return refusal_of(error, register, labels, record)
        if isinstance(error, Invalid) and form.is_valid():
            form.blame(error)
        return _form(request, me, register, record, title, form, back, messages(error)[0], error.status,
                     isinstance(error, LooksAlike))
    url = back
    if done.record is not None and permits(register, me, "view", done.record):
        url = reverse("pocket:record", args=[register.name, done.record.pk])
    if by_outbox(request):
        return JsonResponse({"state": "duplicate" if done.repeated else "applied", "url": url})
    return redirect(url)

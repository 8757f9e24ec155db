"""A record: its page, form, moves, sensitive fields, the proof of its history."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gezhi.engines.access.reveal import MINUTES, reveal
from gezhi.engines.duplicates.entering import LooksAlike, enter
from gezhi.engines.duplicates.likeness import Likeness
from gezhi.engines.forms import MoveForm, RecordForm
from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.extend import editable, extend, extra_names
from gezhi.foundation.documents.receive import receive
from gezhi.kernel.access import permits
from gezhi.kernel.door import write
from gezhi.kernel.errors import GezhiError, Invalid, Missing, Refused
from gezhi.kernel.kinds import FilesKind
from gezhi.kernel.registers import Register

from . import cells
from .frame import DeskRequest, addresses, desk, fragment, record_seen
from .page import REVEALED, fields, head, no_moves, record_context


def page(request: DeskRequest, register: Register, record: Any, *, form: MoveForm | None = None, open_: str = "",
         status: int = 200) -> HttpResponse:
    """The record page, or only its part for htmx."""
    context = record_context(request, register, record, form=form, open_=open_)
    context |= {"title": register.title(record), "none_text": no_moves(register), "crumbs": _crumbs(register, context)}
    name = "desk/parts/record.html" if fragment(request) == "record" else "desk/record.html"
    return render(request, name, context, status=status)


def _crumbs(register: Register, context: dict[str, Any]) -> list[dict[str, str]]:
    return [{"label": str(register.label), "url": reverse("desk:list", args=[register.name])},
            {"label": str(context["head"]["number"]), "url": ""}]


@desk
@require_GET
def record(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """The page of a record."""
    return page(request, register, record_seen(register, request.actor, pk))


@desk
@require_GET
def card(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """A record in a few lines, for the map."""
    found = record_seen(register, request.actor, pk)
    part = fragment(request) or request.headers.get("Sec-Fetch-Dest") == "empty"
    return render(request, "desk/parts/card.html" if part else "desk/card.html", {
        "head": head(register, found), "title": register.title(found),
        "url": reverse("desk:record", args=[register.name, pk])})


# -- forms -------------------------------------------------------------------------------------------------
@desk
@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, register: Register) -> HttpResponse:
    """The form of a new record."""
    actor = request.actor
    if not register.writable or not register.form or not permits(register, actor, "create"):
        raise Refused
    form = RecordForm(register, actor, data=_data(request, register), addresses=addresses, given=request.GET)
    found: list[Likeness] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = enter(actor, register, form.values(), sure=bool(request.POST.get("sure")))
        except Invalid as error:
            form.blame(error)
        except LooksAlike as error:
            found = error.found
        else:
            messages.success(request, _("已新增“%s”") % register.title(made))
            return redirect("desk:record", register.name, made.pk)
    return _form(request, register, form, _("新增%s") % register.label, reverse("desk:list", args=[register.name]),
                 found=found)


@desk
@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """The form of a record that is."""
    actor = request.actor
    found = record_seen(register, actor, pk)
    only = None if editable(register, actor, found) else extra_names(actor, register, found)
    if only is not None and not only:
        raise Refused
    back = reverse("desk:record", args=[register.name, pk])
    form = RecordForm(register, actor, found, data=_data(request, register), addresses=addresses, only=only)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        if not values:
            messages.info(request, _("没有改动"))
            return redirect(back)
        version = request.POST.get("version", "")
        try:
            version_ = int(version) if version.isdecimal() else None
            done = write(actor, "change", found, values, version=version_) if only is None else extend(
                actor, found, values, version_)
        except Invalid as error:
            form.blame(error)
        else:
            messages.success(request, _("已保存"))
            if not permits(register, actor, "view", done):  # who leaves a programme leaves everybody's sight
                return redirect("desk:list", register.name)
            return redirect(back)
    return _form(request, register, form, _("修改“%s”") % register.title(found), back, found.version)


def _data(request: DeskRequest, register: Register) -> Any:
    return request.POST if request.method == "POST" else None


def _form(request: DeskRequest, register: Register, form: Any, title: str, back: str, version: int | None = None,
          found: list[Likeness] | None = None) -> HttpResponse:
    version_sent = request.POST.get("version", "")
    alike = [{"title": register.title(one.record), "why": "、".join(one.why),
              "url": reverse("desk:record", args=[register.name, one.record.pk])} for one in found or ()]
    context = {"register": register, "form": form, "alike": alike, "title": title,
               "cancel_url": back, "sections": form.sections(),
               "version": version_sent if version_sent.isdecimal() else version,
               "crumbs": [{"label": str(register.label), "url": reverse("desk:list", args=[register.name])},
                          {"label": title, "url": ""}]}
    return render(request, "desk/form.html", context, status=422 if form.errors or alike else 200)


@desk
@require_http_methods(["GET", "POST"])
def remove(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """Deletion: names what it destroys, then does it."""
    actor = request.actor
    found = record_seen(register, actor, pk)
    if not permits(register, actor, "remove", found):
        raise Refused
    title = register.title(found)
    if request.method == "POST":
        write(actor, "remove", found, opinion=request.POST.get("reason", "")[:500])
        messages.success(request, _("已删除“%s”，历史仍保留") % title)
        return redirect("desk:list", register.name)
    return render(request, "desk/remove.html", {
        "register": register, "record": found, "title": _("删除“%s”") % title,
        "fields": [f for f in fields(request, register, found) if f["value"]][:8],
        "url": reverse("desk:record", args=[register.name, pk])})


# -- moves -------------------------------------------------------------------------------------------------
def _move(register: Register, name: str) -> Any:
    found = register.flow.moves().get(name) if register.flow is not None else None
    if found is None:
        raise Missing(_("没有“%s”这个操作") % name[:40])
    return found


def with_files(request: DeskRequest, asks: Any) -> Any:
    """The posted data with uploads kept and replaced by their ids.

    Raises:
        Invalid: what is wrong with a file, by the name of its field.
    """
    data = request.POST.copy()
    for ask in asks:
        uploads = request.FILES.getlist(ask.name) if isinstance(ask.kind, FilesKind) else []
        ids = [p for p in data.get(ask.name, "").split(",") if p.isdecimal()] if uploads else []
        for upload in uploads:
            try:
                ids.append(str(receive(request.actor, cast(BinaryIO, upload.file), upload.name or "").pk))
            except Refused:
                raise
            except GezhiError as error:
                raise Invalid({ask.name: [f"{upload.name}：{error}"]}) from None
        if uploads:
            data[ask.name] = ",".join(ids)
    return data


@desk
@require_http_methods(["GET", "POST"])
def move(request: DeskRequest, register: Register, pk: int, name: str) -> HttpResponse:
    """Carry out a move; wrong input gives the page again with the form open."""
    actor = request.actor
    found = record_seen(register, actor, pk)
    wanted = _move(register, name)
    if wanted.creates:
        raise Missing
    if request.method == "GET":
        return page(request, register, found, open_=name)
    try:
        data = with_files(request, wanted.ask)
    except Invalid as error:
        form = MoveForm(wanted, actor, found, data=request.POST, addresses=addresses)
        form.is_valid()
        form.blame(error)
        return page(request, register, found, form=form, open_=name, status=422)
    form = MoveForm(wanted, actor, found, data=data, addresses=addresses)
    version = request.POST.get("version", "")
    if form.is_valid():
        try:
            found = act(actor, found, name, form.inputs(), version=int(version) if version.isdecimal() else None)
        except Invalid as error:
            form.blame(error)
        else:
            return _moved(request, register, found, wanted)
    return page(request, register, found, form=form, open_=name, status=422)


def _moved(request: DeskRequest, register: Register, found: Any, wanted: Any) -> HttpResponse:
    words = _("“%(title)s”：%(move)s已办理") % {"title": register.title(found), "move": wanted.label}
    messages.success(request, words)
    try:
        record_seen(register, request.actor, found.pk)
    except Missing:  # handed on to others: it has left this person's sight
        return redirect("desk:list", register.name)
    if fragment(request):
        return page(request, register, record_seen(register, request.actor, found.pk))
    return redirect("desk:record", register.name, found.pk)


@desk
@require_http_methods(["GET", "POST"])
def begin(request: DeskRequest, register: Register, name: str) -> HttpResponse:
    """A move that creates a record: its form as a page of its own."""
    actor = request.actor
    wanted = _move(register, name)
    if not wanted.creates:
        raise Missing
    if not actor.may(f"{register.name}.{name}"):
        raise Refused
    form: Any = MoveForm(wanted, actor, addresses=addresses)
    if request.method == "POST":
        form = MoveForm(wanted, actor, data=request.POST, addresses=addresses)
        try:
            form = MoveForm(wanted, actor, data=with_files(request, wanted.ask), addresses=addresses)
            if form.is_valid():
                made = act(actor, register.model, name, form.inputs())
                messages.success(request, _("已登记“%s”") % register.title(made))
                if permits(register, actor, "view", made):
                    return redirect("desk:record", register.name, made.pk)
                return redirect("desk:list", register.name)
        except Invalid as error:
            form.is_valid()
            form.blame(error)
    form.sections = lambda: [[form[n] for n in form.fields]]
    return _form(request, register, form, str(wanted.label), reverse("desk:list", args=[register.name]))


# -- sensitive fields, proof ------------------------------------------------------------------------
@desk
@require_http_methods(["GET", "POST"])
def reveal_(request: DeskRequest, register: Register, pk: int, name: str) -> HttpResponse:
    """Ask why, write it down, then show the field for a few minutes."""
    actor = request.actor
    found = record_seen(register, actor, pk)
    if name not in register.kinds or not permits(register, actor, "reveal", found):
        raise Refused
    errors: list[Any] = []
    if request.method == "POST":
        try:
            reveal(actor, found, name, request.POST.get("reason", ""))
        except Invalid as error:
            errors = [m for ms in error.errors.values() for m in ms]
        else:
            now = timezone.now().timestamp()
            kept = {k: v for k, v in request.session.get(REVEALED, {}).items() if v > now}
            kept[f"{register.name}:{pk}:{name}"] = now + MINUTES * 60
            request.session[REVEALED] = kept
            return redirect("desk:record", register.name, pk)
    return render(request, "desk/reveal.html", {
        "register": register, "record": found, "errors": errors, "minutes": MINUTES,
        "title": _("查看“%s”") % register.kinds[name].label, "head": head(register, found),
        "masked": register.kinds[name].mask(register.kinds[name].value(found)),
        "url": reverse("desk:record", args=[register.name, pk])}, status=422 if errors else 200)


@desk
@require_GET
def verify_(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """Recompute the record's history chain and say whether it is whole."""
    found = record_seen(register, request.actor, pk)
    verdict = verify(found)
    name = "desk/parts/verdict.html" if fragment(request) else "desk/verdict.html"
    return render(request, name, {"verdict": verdict, "title": _("校验办理记录"),
                                  "url": reverse("desk:record", args=[register.name, pk])})


# -- several at once ---------------------------------------------------------------------------------------
MOST_AT_ONCE = 200


@desk
@require_POST
def bulk(request: DeskRequest, register: Register, name: str) -> HttpResponse:
    """One move on several records: asks once, then says what became of each."""
    actor = request.actor
    wanted = _move(register, name)
    sent = (i for i in request.POST.getlist("id") if i.isdecimal() and len(i) < 19)
    ids = list(dict.fromkeys(map(int, sent)))[:MOST_AT_ONCE]
    if not ids or wanted.creates:
        raise Invalid(_("请先选择要办理的记录"))
    found = [record_seen_or_none(register, actor, i) for i in ids]
    records = [r for r in found if r is not None]
    form = MoveForm(wanted, actor, records[0] if len(records) == 1 else None,
                    data=request.POST if request.POST.get("go") else None, addresses=addresses) if records else None
    results: list[dict[str, Any]] = []
    if form is not None and request.POST.get("go"):
        try:
            form = MoveForm(wanted, actor, None, data=with_files(request, wanted.ask), addresses=addresses)
            if form.is_valid():
                results = [_one(register, actor, r, wanted, form.inputs()) for r in records]
        except Invalid as error:
            form.is_valid()
            form.blame(error)
    done = sum(r["done"] for r in results)
    return render(request, "desk/bulk.html", {
        "register": register, "move": wanted, "form": form, "results": results, "ids": ids, "done": done,
        "failed": len(results) - done, "gone": len(ids) - len(records),
        "items": [cells.item(register, r, reverse("desk:record", args=[register.name, r.pk])) for r in records[:20]],
        "total": len(records), "title": _("批量%s") % wanted.label,
        "cancel_url": reverse("desk:list", args=[register.name])},
        status=422 if form is not None and form.errors else 200)


def record_seen_or_none(register: Register, actor: Any, pk: int) -> Any:
    """A record in sight, or ``None``."""
    try:
        return record_seen(register, actor, pk)
    except Missing:
        return None


def _one(register: Register, actor: Any, found: Any, wanted: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    out = {"title": register.title(found), "url": reverse("desk:record", args=[register.name, found.pk])}
    try:
        act(actor, found, wanted.name, inputs)
    except GezhiError as error:
        return {**out, "done": False, "why": str(error)}
    return {**out, "done": True, "why": ""}

"""The import wizard: a file, its columns, a dry run with every error, the import with its progress."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gezhi.engines.transfer import carry, chunks, load, wrong
from gezhi.engines.transfer.models import ImportJob
from gezhi.engines.transfer.rows import DONE
from gezhi.engines.transfer.template import fields, note
from gezhi.engines.transfer.template import template as empty_table
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .exports import XLSX
from .frame import DeskRequest, desk, fragment

SHOWN_ERRORS = 200
EARLIER = 10


def _job(request: DeskRequest, pk: int) -> tuple[ImportJob, Register]:
    """One's own job.

    Raises:
        Missing: it is not one's own.
    """
    actor = request.actor
    found = ImportJob.objects.filter(pk=pk, user_id=actor.user_id or -1).first()
    register = registry.registers.get(found.register) if found else None
    if found is None or register is None or not actor.may(f"{register.name}.import"):
        raise Missing
    return found, register


@desk
@require_http_methods(["GET", "POST"])
def upload(request: DeskRequest, register: Register) -> HttpResponse:
    """Choose a file; one's earlier imports of this register."""
    actor = request.actor
    if not actor.may(f"{register.name}.import"):
        raise Refused
    errors: list[str] = []
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Invalid({"file": [_("请选择文件")]})
            job_ = load.begin(actor, register, cast(BinaryIO, file.file), file.name or "")
            return redirect("desk:job", job_.pk)
        except Invalid as error:
            errors = [str(m) for ms in error.errors.values() for m in ms]
    jobs = ImportJob.objects.filter(user_id=actor.user_id or -1, register=register.name).order_by("-id")[:EARLIER]
    notes = [{"label": k.label, "value": note(k)} for k in fields(register)]
    return render(request, "desk/import.html", {
        "register": register, "errors": errors, "jobs": jobs, "notes": notes,
        "title": _("导入%s") % register.label, "crumbs": _crumbs(register)}, status=422 if errors else 200)


def _crumbs(register: Register) -> list[dict[str, str]]:
    return [{"label": str(register.label), "url": reverse("desk:list", args=[register.name])},
            {"label": _("导入"), "url": ""}]


@desk
@require_GET
def template(request: DeskRequest, register: Register) -> HttpResponseBase:
    """The empty table with drop-downs and notes."""
    if not request.actor.may(f"{register.name}.import"):
        raise Refused
    name = _("%s导入模板.xlsx") % register.label
    return FileResponse(empty_table(register), as_attachment=True, filename=name, content_type=XLSX)


@desk
@require_GET
def job(request: DeskRequest, pk: int) -> HttpResponse:
    """An import: its columns, its trial, its errors, its progress."""
    found, register = _job(request, pk)
    return _page(request, found, register)


def _page(request: DeskRequest, found: ImportJob, register: Register, errors: list[str] | None = None) -> HttpResponse:
    first = found.chunks.order_by("first").first()
    rows = [cells for _number, cells in chunks.unpack(first)[:5]] if first is not None and not first.written else []
    taken = found.mapping
    columns = [{"at": at, "label": head or _("第 %d 列") % (at + 1), "field": taken.get(str(at), ""),
                "samples": [cells[at] for cells in rows if at < len(cells) and cells[at]][:3]}
               for at, head in enumerate(found.columns) if not head.startswith(load.NOTED)]
    missing = [k.label for k in fields(register) if k.required and k.name not in taken.values()]
    counts = found.counts if found.state not in carry.BUSY else {}
    left = max(0, found.total - found.done) if found.state in ("stopped", "failed") else counts.get("ready") or 0
    errors_ = wrong.told(found, SHOWN_ERRORS) if counts else []
    written = any(counts.get(s) for s in DONE)
    context = {
        "job": found, "register": register, "columns": columns, "errors": errors or [],
        "choices": [{"name": k.name, "label": k.label, "required": k.required} for k in fields(register)],
        "recalled": found.state == "new" and taken == load.remembered(register, found.columns, found.user_id),
        "missing": missing, "counts": counts, "wrong": errors_, "shown": SHOWN_ERRORS, "written": written,
        "sent_back": wrong.MOST,
        "can_map": found.state in ("new", "checked", "stopped", "failed") and not written and found.total > 0,
        "can_start": found.state in ("checked", "stopped", "failed") and left > 0 and "undone" not in counts
        and not found.chunks.filter(tried=False).exists(),
        "can_undo": found.state in ("done", "stopped", "failed") and carry.undoable(found),
        "bar": bar(found), "busy": found.state in carry.BUSY,
        "title": _("导入%s") % register.label, "crumbs": _crumbs(register)}
    return render(request, "desk/job.html", context, status=422 if errors else 200)


def bar(found: ImportJob) -> dict[str, Any]:
    """Variables of ``partials/progress.html``."""
    told = carry.figures(found)
    state = "running" if found.state in carry.BUSY else "stopped" if found.state == "stopped" else (
        "failed" if found.state == "failed" else "done")
    seconds = told["seconds_left"]
    left = "" if seconds is None else _("%d 秒") % seconds if seconds < 90 else _("%d 分") % round(seconds / 60)
    label = _("读取文件") if found.state == "reading" else _("撤销导入") if found.state in ("undoing", "undone") else (
        _("试运行") if found.state in ("checking", "checked", "new") else _("导入"))
    return {**told, "state": state, "label": f"{label}：{found.file_name}", "left": left,
            "url": reverse("desk:job_progress", args=[found.pk]),
            "stop_url": reverse("desk:job_stop", args=[found.pk]) if found.state != "reading" else "",
            "errors_url": reverse("desk:job_errors", args=[found.pk]) if found.failed else "",
            "result_url": ""}


@desk
@require_POST
def mapping(request: DeskRequest, pk: int) -> HttpResponse:
    """Say which column is which field, then try it."""
    found, register = _job(request, pk)
    wanted = {str(at): request.POST.get(f"column-{at}", "") for at in range(len(found.columns))}
    try:
        load.remap(found, wanted)
    except Invalid as error:
        return _page(request, found, register, [str(m) for ms in error.errors.values() for m in ms])
    carry.start(found, trial=True)
    return redirect("desk:job", pk)


@desk
@require_POST
def start(request: DeskRequest, pk: int) -> HttpResponse:
    """Write the rows that passed; also goes on with an import that stood still."""
    found, _register = _job(request, pk)
    trial = found.state == "checking"
    if not carry.start(found, trial=trial):
        raise Conflict(_("这次导入正在进行"))
    return redirect("desk:job", pk)


@desk
@require_POST
def undo(request: DeskRequest, pk: int) -> HttpResponse:
    """Take an import back, as far as nothing was changed since."""
    found, _register = _job(request, pk)
    if not carry.take_back(found):
        raise Conflict(_("这次导入正在撤销"))
    return redirect("desk:job", pk)


@desk
@require_POST
def stop(request: DeskRequest, pk: int) -> HttpResponse:
    """Stop after the batch under way; what is written stays, the rest can be gone on with."""
    found, _register = _job(request, pk)
    carry.stop(found)
    return render(request, "partials/progress.html", {"job": bar(found)}) if fragment(request) else redirect(
        "desk:job", pk)


@desk
@require_GET
def progress(request: DeskRequest, pk: int) -> HttpResponse:
    """Progress as a fragment, or as JSON."""
    found, _register = _job(request, pk)
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse(carry.figures(found))
    if not fragment(request):
        return redirect("desk:job", pk)
    answer = render(request, "partials/progress.html", {"job": bar(found)})
    if found.state not in carry.BUSY:
        answer["HX-Refresh"] = "true"
    return answer


@desk
@require_GET
def errors(request: DeskRequest, pk: int) -> HttpResponseBase:
    """The rows that are wrong, as a workbook to be mended and imported again: their cells and what is wrong."""
    found, register = _job(request, pk)
    name = _("%(what)s导入有错的行-%(job)d.xlsx") % {"what": register.label, "job": pk}
    return FileResponse(wrong.workbook(found), as_attachment=True, filename=name, content_type=XLSX)

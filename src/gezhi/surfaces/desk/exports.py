"""Export of what a list shows."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gezhi.engines.tables import habits
from gezhi.engines.tables.query import Query, flat
from gezhi.engines.transfer import request as requests
from gezhi.engines.transfer import whole
from gezhi.engines.transfer.export import Export, as_csv, as_geojson, as_xlsx
from gezhi.engines.workflow.act import act
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.registers import Register

from .frame import DeskRequest, desk

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@desk
@require_GET
def export(request: DeskRequest, register: Register, form: str) -> HttpResponseBase:
    """The rows of the list as CSV, XLSX or GeoJSON: its columns, filters, order; masked; written down first."""
    query = Query(register, request.actor, {k: v for k, v in flat(request.GET).items() if k != "cursor"})
    wanted = Export(query, query.columns(habits.habit_of(request.actor, register).columns), form)
    wanted.audit()
    name = f"{register.label}-{timezone.localtime():%Y%m%d-%H%M}.{form.removeprefix('again.')}"
    if form in ("xlsx", "again.xlsx"):
        return FileResponse(as_xlsx(wanted), as_attachment=True, filename=name, content_type=XLSX)
    body, kind = (as_csv(wanted), "text/csv; charset=utf-8") if form == "csv" else (
        as_geojson(wanted), "application/geo+json")
    answer = StreamingHttpResponse(body, content_type=kind)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer


@desk
@require_http_methods(["GET", "POST"])
def ask(request: DeskRequest, register: Register) -> HttpResponseBase:
    """Ask for an export of whole personal values of what the list shows; somebody else decides."""
    actor = request.actor
    if not requests.may_ask(actor, register):
        raise Refused
    params = {k: v for k, v in flat(request.GET).items() if k not in ("cursor", "view")}
    offered = requests.offered(register)
    chosen = request.POST.getlist("columns") if request.method == "POST" else list(register.column_names)
    errors: list[str] = []
    if request.method == "POST":
        try:
            made = act(actor, requests.ExportRequest, "ask", {
                "register": register.name, "query": urlencode(params), "columns": " ".join(chosen),
                "form": request.POST.get("form", "xlsx"), "purpose": request.POST.get("purpose", "")})
            return redirect("desk:record", "export_request", made.pk)
        except Invalid as error:
            errors = [str(m) for ms in error.errors.values() for m in ms]
    query = requests.query_of(actor, requests.ExportRequest(register=register.name, query=urlencode(params)))
    columns = [{"name": k.name, "label": k.label, "personal": requests.personal(k), "chosen": k.name in chosen}
               for k in offered]
    return render(request, "desk/export_whole.html", {
        "register": register, "columns": columns, "errors": errors, "forms": requests.FORMS,
        "purpose": request.POST.get("purpose", ""), "form": request.POST.get("form", "xlsx"),
        "rows": query.rows().count(), "title": _("申请导出完整信息"),
        "crumbs": [{"label": str(register.label), "url": reverse("desk:list", args=[register.name])},
                   {"label": _("申请导出完整信息"), "url": ""}]}, status=422 if errors else 200)


@desk
@require_GET
def fetch(request: DeskRequest, pk: int) -> HttpResponseBase:
    """The file of one's own approved request; each time is written down."""
    found, body = whole.fetch(request.actor, pk)
    answer = StreamingHttpResponse(body, content_type=XLSX if found.form == "xlsx" else "text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = content_disposition_header(True, f"{found.register}-{pk}.{found.form}")
    answer.headers["Cache-Control"] = "no-store"
    return answer

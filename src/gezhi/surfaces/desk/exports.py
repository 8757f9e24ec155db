"""Export of what a list shows."""

from __future__ import annotations

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from gezhi.engines.tables import habits
from gezhi.engines.tables.query import Query, flat
from gezhi.engines.transfer.export import Export, as_csv, as_geojson, as_xlsx
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

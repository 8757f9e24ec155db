"""Records to choose from, for selects with search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.registry import registry

MOST = 20


def choices(request: HttpRequest, me: Actor, register: str) -> HttpResponse:
    """``{items: [{id, label}]}`` of what the actor may view and the filters of the address bar let through.

    Raises:
        Missing: no such register, or the actor may not view it.
    """
    declared = registry.registers.get(register)
    if declared is None or not me.may(f"{register}.view"):
        raise Missing
    params = {k: v for k, v in request.GET.items() if k != "cursor"}
    rows = Query(declared, me, params, strict=False).page(MOST).rows
    return JsonResponse({"items": [{"id": r.pk, "label": declared.title(r)} for r in rows]})

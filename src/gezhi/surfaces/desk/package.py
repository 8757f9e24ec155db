"""The copy of what is held of a person, handed over by whoever answers their request; the room behind it makes it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .frame import DeskRequest, desk, record_seen


@desk
@require_POST
def package(request: DeskRequest, register: Register, pk: int) -> HttpResponse:
    """Make the copy and send it; it is kept nowhere on the way."""
    name, content = registry.port("package")(record_seen(register, request.actor, pk), request.actor)
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer

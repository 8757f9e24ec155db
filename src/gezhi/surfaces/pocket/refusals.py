"""What the phone's outbox is told when something is not accepted."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _

from gezhi.kernel.errors import Conflict, GezhiError
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Move

from . import work
from .asks import messages


def outbox_refusal(error: GezhiError, register: Register, move: Move, found: Any) -> JsonResponse:
    """`refusal_of` a move's form."""
    return refusal_of(error, register, {ask.name: str(ask.kind.label) for ask in move.ask}, found)


def refusal_of(error: GezhiError, register: Register, labels: dict[str, str], found: Any) -> JsonResponse:
    """Why not, and on a conflict the record as it stands now, to be shown beside what was filled in.

    Args:
        labels: what the questions of the form are called, by name. found: the record the form was about, if any.
    """
    whole, by_name = messages(error)
    said = [f"{labels[name]}：{text}" if name in labels else text for name, texts in by_name.items() for text in texts]
    detail = "；".join([*whole, *said])
    answer: dict[str, Any] = {**error.as_dict(), "detail": detail or str(error), "labels": labels}
    if found is not None and isinstance(error, Conflict):
        found.refresh_from_db()
        last = next(iter(work.acts_of(register, found)), None)
        facts = [{"label": f["label"], "value": str(f["value"])} for f in work.fields_of(register, found)[:8]]
        if last:
            facts.insert(0, {"label": str(_("最近办理")), "value": f"{last['label']} · {last['who']}"})
        answer["current"] = {"version": found.version, "facts": facts}
    return JsonResponse(answer, status=error.status)

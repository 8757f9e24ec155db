"""The ports by which the API reaches the cases, which it may not name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from gezhi.domains.cases import public as cases
from gezhi.kernel.actors import Actor
from gezhi.kernel.events import Port


def intake(actor: Actor, values: Mapping[str, Any], source: str, source_key: str) -> tuple[Any, bool]:
    """Take in a report: the case, and whether it was made by this call.

    ``source`` and ``source_key`` in the values are the caller's to set, not the sender's: they are dropped, or a
    sender could claim another's keys.
    """
    clean = {k: v for k, v in values.items() if k not in ("source", "source_key")}
    return cases.report(actor, clean, source=source, source_key=source_key)


def progress(query_code: str) -> dict[str, Any]:
    """How far the report of a query code is, as the citizen sees it: public steps and the answer, no remark."""
    case = cases.by_code(query_code)
    steps = [{**s, "at": timezone.localtime(s["at"]).isoformat()} for s in cases.progress(case)]
    return {"query_code": case.query_code, "case_no": case.case_no, "title": case.title, "status": case.status,
            "status_label": str(case.get_status_display()), "stage": case.stage,
            "reported_at": timezone.localtime(case.reported_at).isoformat(),
            "due_at": timezone.localtime(case.due_at).isoformat() if case.due_at else None,
            "closed_at": timezone.localtime(case.closed_at).isoformat() if case.closed_at else None,
            "reply": "" if case.open else case.public_reply, "steps": steps}


PORTS = (Port("intake", intake), Port("progress", progress))

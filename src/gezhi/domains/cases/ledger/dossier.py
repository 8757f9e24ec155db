"""What an arbiter reads beside a claim: the row and its grounds, precedents, who had the case, what came of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor

from .. import models as m
from . import explain

PRECEDENTS, STATIONS = 6, 40


def against(claim: Any, actor: Actor) -> dict[str, Any]:
    """The row claimed against as it was at the dispatch, its present version, and the whole weighing."""
    kept = claim.decision
    newest = claim.duty
    while newest is not None and (newer := newest.newer.select_related("unit").order_by("id").last()) is not None:
        newest = newer
    return {"claim": claim, "newest": newest if newest != claim.duty else None, "case": claim.case,
            **(explain.decision(kept, actor) if kept is not None else {"decisions": []})}


def precedents(claim: Any, _actor: Actor) -> dict[str, Any]:
    """How claims of this kind against this row (else this item and county) ended; two queries."""
    done = m.Claim.objects.filter(status__in=("upheld", "dismissed")).exclude(pk=claim.pk)
    if claim.duty_id is not None:
        done = done.filter(duty_id=claim.duty_id, kind=claim.kind)
    else:
        done = done.filter(item_code=claim.item_code, area_code__startswith=claim.area_code[:6])
    rows = list(done.select_related("unit", "owner", "case").order_by("-id")[:PRECEDENTS])
    upheld = sum(row.status == "upheld" for row in rows)
    return {"claim": claim, "rows": rows, "upheld": upheld, "dismissed": len(rows) - upheld}


def stations(case: Any) -> list[dict[str, Any]]:
    """Which units had a case one after the other, and how it left them; one query."""
    found = m.WorkOrder.objects.filter(case=case, parent=None).select_related("unit").order_by("id")[:STATIONS]
    return [{"unit_id": o.unit_id, "unit": str(o.unit), "no": o.no, "pk": o.pk, "at": o.opened_at, "round": o.round,
             "status": o.status, "state": o.get_status_display(), "left": o.finished_at} for o in found]


def chain(claim: Any, _actor: Actor) -> dict[str, Any]:
    """The stations of the claim's (or the bounced case's) case."""
    rows = stations(claim.case)
    return {"rows": rows, "case": claim.case, "units": len({row["unit_id"] for row in rows})}


def proposals(record: Any, _actor: Actor) -> dict[str, Any]:
    """What the decision asks of the matrix."""
    return {"rows": list(record.proposals.select_related("unit", "base").order_by("-id")[:10]),
            "none": _("本次裁定没有提出清单修订。")}

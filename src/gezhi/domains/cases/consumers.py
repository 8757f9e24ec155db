"""Readers of the outbox: classify what came in, dispatch what was filed."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.foundation.units.public import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.events import Consumer

from . import ports
from .limits import stage_limit
from .models import Case

log = structlog.get_logger(__name__)


def classify(events: list[Any]) -> None:
    """Reports came in: let the classifier name their items when it is sure, else leave them to a person."""
    rows = Case.objects.filter(pk__in=[e.record_id for e in events], status="reported").values_list(
        "pk", "title", "content", "item_code", "channel", "area_code")
    for pk, title, content, code, channel, area in rows:
        sure = 1.0 if code and channel in ("iot", "video_ai") else 0.0
        if not code:
            found = ports.classify(f"{title}\n{content}")
            if found is None:
                continue
            code, sure = found
        if sure >= stage_limit("classify")[0] and area and ports.item_facts(code, moment()) is not None:
            _try(Case.objects.get(pk=pk), "auto_classify", {"item_code": code, "confidence": sure})


def duty_of(case: Any) -> ports.Duty | None:
    """The one row of the responsibility matrix that names a unit for certain, or ``None``: a person decides."""
    now = moment()
    facts = ports.item_facts(case.item_code, now)
    if facts is not None and facts.human_dispatch and case.urgency == "urgent1":
        return None
    best = {d.unit_id: d for d in ports.responsible(case.item_code, case.area_code, now) if d.score >= 1}
    return next(iter(best.values())) if len(best) == 1 else None


def dispatch(event: Any) -> None:
    """A case was filed: dispatch it when exactly one unit answers for it (T13); the reason stands in history."""
    case = Case.objects.filter(pk=event.record_id, status="pending_dispatch").first()
    duty = duty_of(case) if case is not None else None
    if case is None or duty is None:
        return
    unit = Unit.objects.filter(pk=duty.unit_id, active=True).first()
    if unit is None:
        return
    _try(case, "auto_dispatch", {
        "unit": unit, "rule": duty.rule_id[:40], "rule_version": (duty.version or case.catalogue_version)[:20],
        "opinion": duty.reason or _("权责清单唯一对应：%s") % unit})


def _try(case: Any, move: str, inputs: dict[str, Any]) -> None:
    """Make a move as the system; a person was faster, or the facts do not suffice: leave it to people."""
    try:
        with door(SYSTEM):
            act(SYSTEM, case, move, inputs)
    except (Conflict, Invalid) as error:
        log.info("left to a person", case=case.pk, move=move, why=str(error))


CONSUMERS = (Consumer("cases.classify", ("case.report",), classify, many=True),
             Consumer("cases.dispatch", ("case.file",), dispatch))

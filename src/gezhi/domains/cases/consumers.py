"""Readers of the outbox: understand what came in, dispatch what was filed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.foundation.units.public import Unit
from gezhi.kernel.door import moment
from gezhi.kernel.events import Consumer

from . import ports, understand
from .models import Case


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
    understand.attempt(case, "auto_dispatch", {
        "unit": unit, "rule": duty.rule_id[:40], "rule_version": (duty.version or case.catalogue_version)[:20],
        "opinion": duty.reason or _("权责清单唯一对应：%s") % unit})


CONSUMERS = (*understand.CONSUMERS, Consumer("cases.dispatch", ("case.file",), dispatch))

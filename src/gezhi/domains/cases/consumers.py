"""Readers of the outbox: understand what came in, dispatch what was filed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.foundation.units.public import Unit
from gezhi.kernel.door import moment
from gezhi.kernel.events import Consumer

from . import ports, understand
from .ledger.decision import handing
from .ledger.explain import why_not
from .models import Case


def certain(case: Any, grounds: ports.Grounds) -> ports.Duty | None:
    """The one row of the matrix that names a unit for certain, or ``None``: a person decides."""
    return None if why_not(case, grounds) else grounds.duties[0]


def dispatch(event: Any) -> None:
    """A case was filed: dispatch it when exactly one unit answers for it (T13); the grounds stand in the ledger."""
    case = Case.objects.filter(pk=event.record_id, status="pending_dispatch").first()
    if case is None:
        return
    grounds = ports.grounds(case.item_code, case.area_code, moment())
    duty = certain(case, grounds)
    unit = Unit.objects.filter(pk=duty.unit_id, active=True).first() if duty is not None else None
    if duty is None or unit is None:
        return
    with handing(grounds):
        understand.attempt(case, "auto_dispatch", {
            "unit": unit, "rule": duty.rule_id[:40], "rule_version": (duty.version or case.catalogue_version)[:20],
            "opinion": duty.reason or _("权责清单唯一对应：%s") % unit})


CONSUMERS = (*understand.CONSUMERS, Consumer("cases.dispatch", ("case.file",), dispatch))

"""What a supervision rule found becomes a proposal to supervisors (督办建议), once a firing; a person decides."""

from __future__ import annotations

from typing import Any

from gezhi.engines.rules.firing import RuleFiring
from gezhi.engines.rules.words import step_words
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.events import Consumer

from .models import Case, Instruction, WorkOrder


def propose(event: Any) -> None:
    """One proposal to the unit at work; none when the case has ended meanwhile."""
    firing = RuleFiring.objects.select_related("rule_version__rule").filter(pk=event.payload.get("firing")).first()
    if firing is None:
        return
    if firing.subject == "work_order":
        order = WorkOrder.objects.select_related("case").filter(pk=firing.record_id, finished_at=None).first()
        case = order.case if order is not None else None
    else:
        case = Case.objects.filter(pk=firing.record_id, finished_at=None).first()
    if case is None:
        return
    step = event.payload["step"]
    reason = f"{firing.rule_version}：{step_words(firing.rule_version, firing.step)}"
    with door(SYSTEM) as session:
        session.create(Instruction, {
            "case": case, "kind": "supervise", "unit_id": firing.unit_id or case.unit_id or case.centre_id,
            "area_code": case.area_code, "text": reason[:2000], "status": "proposed", "issued_by": firing.rule.no,
            "issued_at": session.now, "reply_value": step["reply"]["value"], "reply_unit": step["reply"]["unit"]},
            verb="propose", trusted=True, payload={"case": case.pk, "title": case.title})


PROPOSE = Consumer("cases.supervise", ("case.rule_supervision", "work_order.rule_supervision"), propose)

"""What rules found becomes an order or a card, once a firing; and what time does to both."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gezhi.engines.jobs import Periodic
from gezhi.engines.rules.firing import RuleFiring
from gezhi.engines.rules.words import step_words
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment
from gezhi.kernel.events import Consumer

from ..models import Card, Case, SupervisionOrder, WorkOrder
from ..timers import BATCH, _each
from . import orders


def raised(event: Any) -> None:
    """An order, a card, or for what only a leader may sign a proposal; nothing when the case has ended meanwhile."""
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
    model = Card if step["level"] in ("yellow", "red") else SupervisionOrder
    if model.objects.filter(firing=firing.pk).exists():
        return
    with door(SYSTEM) as session:
        _raise(session, firing, case, step)


def _raise(session: Any, firing: RuleFiring, case: Any, step: dict[str, Any]) -> None:
    reason = f"{firing.rule_version}：{step_words(firing.rule_version, firing.step)}"[:2000]
    rule, level = f"{firing.rule.no} v{firing.rule_version.no}", step["level"]
    unit = firing.unit or case.unit or case.centre
    mark = {"rule": rule, "firing": firing.pk}
    if level == "listed":
        session.create(SupervisionOrder, {
            **mark, "no": orders.number("DB", case.area_code, session.now), "case": case, "unit": unit,
            "area_code": case.area_code, "source": "rule", "level": level, "status": "proposed", "text": reason},
            verb="propose", trusted=True, payload={"case": case.pk, "title": case.title})
        return
    given = {"case": case, "unit": unit, "opinion": reason}
    if level in ("yellow", "red"):
        made = act(SYSTEM, Card, "issue", {**given, "colour": level, "reason": "rule"})
    else:
        made = act(SYSTEM, SupervisionOrder, "issue", {**given, "level": level, "reply": step["reply"]})
    session.change(made, mark, verb="mark", trusted=True, emit=False)


def missed_replies(now: dt.datetime | None = None) -> int:
    """Orders whose time to reply is over: said once, with a red card. Returns how many."""
    at = now or moment()
    found = SupervisionOrder.objects.filter(status__in=("issued", "signed"), missed=False, due_at__lt=at).order_by(
        "due_at")[:BATCH]
    return _each("missed reply", found, lambda order: act(SYSTEM, order, "miss", at=now))


def standing_cards(now: dt.datetime | None = None) -> int:
    """Cards nobody appealed against in time. Returns how many."""
    at = now or moment()
    found = Card.objects.filter(status="issued", due_at__lt=at).order_by("due_at")[:BATCH]
    return _each("card stands", found, lambda card: act(SYSTEM, card, "stand", at=now))


RAISE = Consumer("cases.supervise", ("case.rule_supervision", "work_order.rule_supervision"), raised)
PERIODIC = (Periodic("oversight.missed", 60, missed_replies), Periodic("oversight.stand", 300, standing_cards))
__all__ = ["PERIODIC", "RAISE", "missed_replies", "raised", "standing_cards"]

"""Pushing work orders to departments that keep their own system (mode ``loose``), and taking back what it says.

What happens to such an order is written as a delivery in the transaction of the reader of the outbox, and sent by the
worker: signed like what other systems send us, in order for each order, again after growing pauses until it is taken.
The other system answers with its state at once, posts it later to the same adapter, or reports by the API.
"""

from __future__ import annotations

import datetime as dt
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.domains.cases.public import WorkOrder
from gezhi.engines.jobs import Periodic
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError, Missing
from gezhi.kernel.events import Consumer
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from . import mapping
from .adapter import Adapter
from .signing import signature

log = structlog.get_logger(__name__)
KINDS = ("work_order.open", "work_order.cancel", "work_order.retire", "work_order.rework",
         "work_order.rework_with_case", "work_order.approve_return", "work_order.refuse_return", "work_order.extended",
         "work_order.accept", "work_order.accept_with_case", "work_order.hold", "work_order.release")
"""What the department's system has to know of an order."""
PAUSES = (5, 30, 120, 600, 3600)
"""Seconds before each further try; the last for all that follow."""
PATIENCE = dt.timedelta(days=3)
"""After so long a delivery counts as failed and an administrator is to look."""
NEVER = frozenset({400, 405, 410, 413, 415, 422})
"""Answers that say the same thing would be refused again."""
BATCH, SECONDS, ANSWER_BYTES = 50, 10.0, 65_536


def _later(ctx: Any) -> None:
    tries = ctx.record.tries + 1
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    ctx.values.update(tries=tries, error=ctx.inputs["why"], next_at=ctx.now + dt.timedelta(seconds=pause))


class DeliveryFlow(Workflow):
    """Waiting, taken by the other system, or given up."""

    queued = State(_("待推送"), tone="wait")
    sent = State(_("对方已接收"), tone="done", final=True)
    failed = State(_("推送失败"), tone="stop", rest=True)

    submit = Move(_("提交推送"), to=queued, who=SYSTEM_ONLY, quiet=True)
    deliver = Move(_("推送成功"), source=(queued,), to=sent, who=SYSTEM_ONLY, quiet=True,
                   run=lambda ctx: ctx.values.update(sent_at=ctx.now, error="", next_at=None,
                                                     tries=ctx.record.tries + 1, answer=ctx.inputs["answer"]),
                   ask=(Ask("answer", models.CharField(_("对方回执"), max_length=200, blank=True, default="")),))
    put_off = Move(_("稍后再试"), source=(queued,), who=SYSTEM_ONLY, quiet=True,
                   run=_later, ask=(Ask("why", models.CharField(_("原因"), max_length=300)),))
    fail = Move(_("推送失败"), source=(queued,), to=failed, who=SYSTEM_ONLY, quiet=True,
                run=lambda ctx: ctx.values.update(error=ctx.inputs["why"], next_at=None, tries=ctx.record.tries + 1),
                ask=(Ask("why", models.CharField(_("原因"), max_length=300)),))
    again = Move(_("重新推送"), source=(failed,), to=queued, who="admin:all", tone="primary",
                 run=lambda ctx: ctx.values.update(next_at=ctx.now, queued_at=ctx.now, tries=0))


class Delivery(Record):
    """One thing another system is to know of a work order."""

    adapter = models.ForeignKey("exchange.Adapter", models.PROTECT, related_name="+", verbose_name=_("适配器"))
    order = models.ForeignKey("cases.WorkOrder", models.PROTECT, related_name="+", verbose_name=_("工单"))
    kind = models.CharField(_("事由"), max_length=40)
    event_id = models.BigIntegerField(_("事件"), editable=False)
    body = models.JSONField(_("内容"), default=dict)
    status = models.CharField(_("状态"), max_length=8, choices=DeliveryFlow.choices(), default="queued")
    queued_at = models.DateTimeField(_("提交时间"))
    next_at = models.DateTimeField(_("下次推送"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    answer = models.CharField(_("对方回执"), max_length=200, default="", blank=True)
    error = models.CharField(_("失败原因"), max_length=300, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["adapter", "event_id"], name="delivery_once")]
        indexes = [models.Index(fields=["next_at"], name="delivery_queue", condition=Q(status="queued"))]

    def __str__(self) -> str:
        return f"{self.adapter} {self.kind}"


class Deliveries(Register):
    """What was pushed and what waits; administrators send again what failed."""

    model = Delivery
    label = _("工单推送")
    icon = "send"
    group = "system"
    columns = "adapter order kind status queued_at tries next_at sent_at answer error"
    filters = "adapter order status kind queued_at sent_at"
    search = "order__no error"
    grants = {"view": "admin:all", "export": "admin:all"}
    links = "order__unit"
    flow = DeliveryFlow
    writable = False


def adapter_of(unit: Any) -> Adapter | None:
    """The adapter orders of a unit are pushed through: its own, else that of the nearest unit above it."""
    found = Adapter.objects.filter(mode="push", enabled=True).select_related("unit")
    above = [a for a in found if a.unit is not None and unit.path.startswith(a.unit.path)]
    return max(above, key=lambda a: len(a.unit.path), default=None)  # type: ignore[union-attr]


def told(order: Any) -> dict[str, Any]:
    """What the other system is told of an order: the work, not who reported it."""
    case = order.case
    place = {"lon": round(case.place.x, 6), "lat": round(case.place.y, 6)} if case.place else None
    return {
        "no": order.no, "status": order.status, "unit": order.unit.code, "role": order.role, "round": order.round,
        "opened_at": order.opened_at, "due_at": order.due_at, "remark": order.remark, "outside_no": order.outside_no,
        "limit": {"value": order.limit_value, "unit": order.limit_unit},
        "case": {"case_no": case.case_no, "title": case.title, "content": case.content, "address": case.address,
                 "area_code": case.area_code, "place": place, "item_code": case.item_code,
                 "item_name": case.item_name, "urgency": case.urgency}}


def queue(events: list[Any]) -> None:
    """Write a delivery for each event about an order of a department with a system of its own."""
    orders = WorkOrder.objects.filter(pk__in=[e.record_id for e in events], via="loose").select_related(
        "case", "unit").in_bulk()
    for event in events:
        order = orders.get(event.record_id)
        adapter = adapter_of(order.unit) if order is not None else None
        if order is None or adapter is None or Delivery.objects.filter(adapter=adapter, event_id=event.pk).exists():
            continue
        body = orjson.loads(orjson.dumps({"event": event.kind, "at": event.at, "order": told(order)}))
        with door(SYSTEM) as session:
            session.create(Delivery, {
                "adapter": adapter, "order": order, "kind": event.kind, "event_id": event.pk, "body": body,
                "queued_at": session.now, "next_at": session.now}, verb="submit", trusted=True, emit=False)


def send_due(now: dt.datetime | None = None) -> int:
    """Send what is due; of each order the earliest first. Returns how many were taken.

    A system that does not answer is not asked again in the same turn, so that it does not keep the others waiting.
    """
    at = now or timezone.now()
    earlier = Delivery.objects.filter(order=OuterRef("order"), adapter=OuterRef("adapter"), status="queued",
                                      pk__lt=OuterRef("pk"))
    due = Delivery.objects.filter(status="queued", next_at__lte=at).exclude(Exists(earlier)).order_by("next_at", "pk")
    taken, silent = 0, set()
    for pk, adapter_id in list(due.values_list("pk", "adapter_id")[:BATCH]):
        status = _send(pk) if adapter_id not in silent else None
        taken += status is not None and 200 <= status < 300
        if status == 0:
            silent.add(adapter_id)
    return taken


def _send(pk: int) -> int | None:
    """One delivery, locked while it is under way: two workers never send the same one.

    Returns:
        The HTTP status; 0 when nobody answered, ``None`` when somebody else sends it.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk=pk, status="queued").select_related("adapter", "order").first()
        if row is None:
            return None
        status, answer, why = _post(row)
        if not why:
            act(SYSTEM, row, "deliver", {"answer": str(answer.get("outside_no") or answer.get("message") or "")[:200]})
        elif status in NEVER or row.queued_at < timezone.now() - PATIENCE:
            act(SYSTEM, row, "fail", {"why": why[:300]})
        else:
            act(SYSTEM, row, "put_off", {"why": why[:300]})
    if why:
        log.warning("push_waits", delivery=pk, status=status, why=why)
    elif answer.get("state"):
        _answered(row, answer)
    return status


def _post(row: Delivery) -> tuple[int, dict[str, Any], str]:
    """HTTP status (0: no answer), the JSON answered, and what went wrong; ``""`` when it was taken."""
    body = orjson.dumps({**row.body, "id": row.pk})
    stamp = str(int(time.time()))
    request = urllib.request.Request(row.adapter.endpoint, body, method="POST", headers={  # noqa: S310  (http only)
        "Content-Type": "application/json", "X-Timestamp": stamp, "Idempotency-Key": f"gezhi-{row.pk}",
        "X-Signature": signature(row.adapter.secret or "", stamp, body), "User-Agent": "Gezhi"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, _json(answer.read(ANSWER_BYTES)), ""
    except urllib.error.HTTPError as error:
        return error.code, {}, f"HTTP {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, {}, str(error) or type(error).__name__


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        return {}
    inner = data.get("data") if isinstance(data, dict) else None
    return inner if isinstance(inner, dict) else data if isinstance(data, dict) else {}


def _answered(row: Delivery, answer: Mapping[str, Any]) -> None:
    """The answer names a state: taken over as if it had been reported. What cannot be is said and left."""
    try:
        report(row.adapter, {**answer, "no": row.order.no})
    except GezhiError as error:
        log.warning("push_answer_left", delivery=row.pk, why=str(error))


def report(adapter: Adapter, data: Mapping[str, Any]) -> Any:
    """Take over a state that the other system reports of an order of its department.

    Args:
        data: ``no`` and the inputs of the move ``sync``, by the adapter's mapping where it has one.

    Returns:
        The order.

    Raises:
        Missing: the adapter's department has no such order. Invalid, Conflict: the state cannot be taken over.
    """
    values = mapping.apply(adapter.mapping, data) if adapter.mapping else dict(data)
    path = adapter.unit.path if adapter.unit is not None else "?"
    order = WorkOrder.objects.filter(no=str(values.get("no", ""))[:40], unit__path__startswith=path).first()
    if order is None:
        raise Missing(_t("没有这张工单"))
    act(SYSTEM.through(f"push {adapter.code}"), order, "sync", {
        name: value for name, value in values.items() if name in mapping.STATE_FIELDS and name != "no"})
    return WorkOrder.objects.get(pk=order.pk)  # as the moves left it that the state led to


CONSUMER = Consumer("exchange.push", KINDS, queue, many=True)
SENDING = Periodic("exchange.push", 5, send_due)

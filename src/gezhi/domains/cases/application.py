"""Applications: a unit asks to extend, suspend or give back an order; a shift leader asks to force a closing."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.fields import Amount, AreaCodeField, Files, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from . import codes
from .moves import approve as on_approve
from .tools import opinion

REASONS = {"extension": codes.EXTEND, "suspension": codes.SUSPEND, "return": codes.RETURN, "force_close": codes.FORCE}
"""Reasons by kind of application."""
KINDS = [("extension", _("延期")), ("suspension", _("挂起")), ("return", _("退回")), ("force_close", _("强制结案"))]


class ApplicationFlow(Workflow):
    """Two steps: the unit (or the unit above a child order), then the centre; a leader for forced closings."""

    unit_review = State(_("待本单位审核"), tone="wait")
    parent_review = State(_("待上级工单单位审核"), tone="wait")
    centre_review = State(_("待中心审批"), tone="wait")
    leader_review = State(_("待领导批准"), tone="wait")
    approved = State(_("已批准"), tone="done", final=True)
    refused = State(_("未批准"), tone="stop", final=True)
    taken_back = State(_("已撤回"), tone="stop", final=True)

    apply = Move(_("申请"), to=(unit_review, parent_review, centre_review, leader_review), who=SYSTEM_ONLY,
                 run=on_approve.applied, ask=(
                     Ask("case", Ref(_("案件"), register="case")),
                     Ask("order", Ref(_("工单"), register="work_order", blank=True)),
                     Ask("kind", models.CharField(_("申请类型"), max_length=12, choices=KINDS)),
                     Ask("reason", models.CharField(_("原因代码"), max_length=4)),
                     Ask("basis", models.CharField(_("依据"), max_length=200, blank=True, default="")),
                     Ask("limit", Amount(_("延长"), blank=True)),
                     Ask("until", models.DateTimeField(_("挂起至"), null=True, blank=True)),
                     Ask("photos", Files(_("证明材料"))), opinion(_("说明"))))
    pass_on = Move(_("同意并报上一级"), source=(unit_review, parent_review),
                   who="unit_clerk:unit unit_clerk:parent leader:unit",
                   to=(parent_review, centre_review, approved), when=on_approve.may_pass, run=on_approve.passed_on,
                   ask=(opinion(blank=True),), tone="primary")
    approve = Move(_("批准"), source=(centre_review,), to=approved, who="reviewer:centre shift_leader:centre",
                   when=on_approve.may_approve, run=on_approve.approved, ask=(opinion(),), tone="primary")
    confirm = Move(_("批准"), source=(leader_review,), to=approved, who="leader:area", when=on_approve.not_own,
                   run=on_approve.approved, ask=(opinion(),), tone="primary", strong=True)
    refuse = Move(_("不批准"), source=(unit_review, parent_review, centre_review, leader_review), to=refused,
                  who="unit_clerk:unit unit_clerk:parent reviewer:centre shift_leader:centre leader:area",
                  when=on_approve.may_refuse, run=on_approve.refused, ask=(opinion(),), tone="danger")
    take_back = Move(_("撤回申请"), source=(unit_review, parent_review, centre_review, leader_review), to=taken_back,
                     who="unit_clerk:own handler:own shift_leader:own", run=on_approve.refused,
                     ask=(opinion(blank=True),))


class Application(Record):
    """A request for leave about an order (or the case itself), decided in steps."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="applications", verbose_name=_("案件"))
    order = models.ForeignKey("cases.WorkOrder", models.PROTECT, null=True, blank=True, related_name="applications",
                              verbose_name=_("工单"))
    kind = models.CharField(_("申请类型"), max_length=12, choices=KINDS)
    status = models.CharField(_("状态"), max_length=16, choices=ApplicationFlow.choices(), default="centre_review")
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("申请单位"))
    area_code = AreaCodeField(_("区域"))
    reason = models.CharField(_("原因代码"), max_length=4, default="", blank=True)
    text = models.TextField(_("说明"), max_length=2000)
    basis = models.CharField(_("依据"), max_length=200, default="", blank=True)
    photos = models.JSONField(_("证明材料"), default=list, blank=True)
    limit = models.JSONField(_("延长"), null=True, blank=True)
    until = models.DateTimeField(_("挂起至"), null=True, blank=True)
    applied_by = models.BigIntegerField(_("申请人"), null=True, blank=True, editable=False)
    applied_at = models.DateTimeField(_("申请时间"))
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decision = models.TextField(_("审批意见"), max_length=2000, default="", blank=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    KINDS = KINDS

    class Meta:
        constraints = [models.UniqueConstraint(
            fields=["order", "kind"], name="application_once",
            condition=Q(decided_at=None, order__isnull=False),
            violation_error_message=_("该工单已有同类申请在审批中"))]
        indexes = [
            models.Index(fields=["status", "-id"], name="application_open", condition=Q(decided_at=None)),
            models.Index(fields=["unit", "-id"], name="application_unit"),
            models.Index(fields=["area_code", "-id"], name="application_area"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.order.no if self.order else self.case.case_no}"


class Applications(Register):
    """The inbox of those who decide, and the outbox of those who asked."""

    model = Application
    name = "application"
    label = _("申请审批")
    icon = "rubber-stamp"
    group = "cases"
    columns = "kind case order unit status reason text applied_at decided_at"
    filters = "kind status unit area_code applied_at decided_at case order"
    search = "text case__title"
    reaches = {"unit": UnitReach("unit__path"), "parent": UnitReach("order__parent__unit__path"),
               "centre": UnitReach("case__centre__path"), "own": SameReach("applied_by", "user_id")}
    grants = {"view": "unit_clerk:unit unit_clerk:parent handler:own leader:area leader:unit reviewer:centre "
                      "shift_leader:centre dispatcher:centre supervisor:centre admin:all",
              "export": "supervisor:centre shift_leader:centre admin:all"}
    flow = ApplicationFlow
    writable, under = False, "case"

    def says(self, record: Any, name: str) -> str | None:
        """The reason in words: each kind of application has reasons of its own."""
        if name != "reason":
            return None
        return str(dict(REASONS.get(record.kind, ())).get(record.reason, record.reason))

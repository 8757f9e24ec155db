"""Claims (退单裁定): a unit's refusal as a typed claim against the row of the matrix by which it got the order.

A claim has a short clock of its own. The unit's own clock waits for the decision; the case's clocks, which are the
citizen's, never do.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .. import codes
from ..kinds import TIMED_FILTERS, LightKind
from ..tools import opinion, reason
from . import arbitration, dossier

ARBITERS = "reviewer:arbiter shift_leader:arbiter"
DUTY_KINDS = ("01", "02", "04", "07", "08")
"""Kinds of refusal that speak about the matrix; the others speak about the case."""


class ClaimFlow(Workflow):
    """Raised, perhaps handed up, decided; ``dropped`` when the order ended otherwise."""

    clocks = ("arbitrate",)

    open = State(_("待裁定"), tone="wait", clock="arbitrate")
    escalated = State(_("待上级裁定"), tone="wait", clock="arbitrate")
    upheld = State(_("成立"), tone="done", final=True)
    dismissed = State(_("不成立"), tone="stop", final=True)
    dropped = State(_("已撤销"), tone="stop", final=True)

    raised = Move(_("提出"), to=open, who=SYSTEM_ONLY, run=arbitration.raised, ask=(
        Ask("application", Ref(_("申请"), register="application")), reason(codes.RETURN, "kind"),
        Ask("proper", Ref(_("主张应由"), register="unit", blank=True)), opinion()))
    uphold = Move(
        _("裁定成立"), source=(open, escalated), to=upheld, who=ARBITERS, tone="primary", clock="stop:arbitrate",
        when=arbitration.may_decide, run=arbitration.uphold, ask=(
            reason(codes.RETURN, "kind", _("认定的类型"), blank=True),
            Ask("owner", Ref(_("应由哪个单位办理"), register="unit", blank=True), arbitration.first_owner),
            Ask("helpers", Ref(_("协办单位"), register="unit", many=True, blank=True)),
            Ask("give", models.BooleanField(_("同时派给该单位（不得再退）"), default=False), arbitration.yes),
            Ask("propose", models.BooleanField(_("提出清单行的新版本"), default=False),
                arbitration.yes),
            Ask("narrow", models.BooleanField(_("新版本只限本案所在街镇"), default=False)),
            opinion(_("裁定理由"))))
    dismiss = Move(_("裁定不成立"), source=(open, escalated), to=dismissed, who=ARBITERS, clock="stop:arbitrate",
                   when=arbitration.may_decide, run=arbitration.dismiss, ask=(opinion(_("裁定理由")),), tone="danger")
    escalate = Move(_("报上级裁定"), source=(open,), to=escalated, who=ARBITERS, when=arbitration.may_escalate,
                    run=arbitration.escalate, clock="restart:arbitrate", ask=(opinion(_("原因")),))
    granted = Move(_("随申请成立"), source=(open, escalated), to=upheld, who=SYSTEM_ONLY, quiet=True,
                   run=arbitration.followed, clock="stop:arbitrate", ask=(opinion(blank=True),))
    denied = Move(_("随申请不成立"), source=(open, escalated), to=dismissed, who=SYSTEM_ONLY, quiet=True,
                  run=arbitration.followed, clock="stop:arbitrate", ask=(opinion(blank=True),))
    drop = Move(_("撤销"), source=(open, escalated), to=dropped, who=SYSTEM_ONLY, run=arbitration.followed,
                clock="stop:arbitrate", ask=(opinion(blank=True),))


class Claim(Timed, Record):
    """One unit's claim that an order is not its duty, and what was found."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="claims", verbose_name=_("案件"))
    order = models.ForeignKey("cases.WorkOrder", models.PROTECT, related_name="claims", verbose_name=_("工单"))
    application = models.OneToOneField("cases.Application", models.PROTECT, related_name="claim",
                                       verbose_name=_("申请"))
    decision = models.ForeignKey("cases.DispatchDecision", models.PROTECT, null=True, blank=True, related_name="claims",
                                 verbose_name=_("派遣依据"))
    duty = models.ForeignKey("catalogue.Responsibility", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("所争的清单行"))
    duty_version = models.CharField(_("清单行版本"), max_length=20, default="", blank=True)
    kind = models.CharField(_("类型"), max_length=4, choices=codes.RETURN)
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("退单单位"))
    proper = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                               verbose_name=_("主张应由"))
    text = models.TextField(_("理由"), max_length=2000)
    basis = models.CharField(_("法律或“三定”依据"), max_length=200, default="", blank=True)
    status = models.CharField(_("状态"), max_length=12, choices=ClaimFlow.choices(), default="open")
    arbiter = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("裁定机构"))
    owner = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                              verbose_name=_("裁定承办单位"))
    precedent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                                  verbose_name=_("依照的先例"))
    finding = models.TextField(_("裁定理由"), max_length=2000, default="", blank=True)
    area_code = AreaCodeField(_("区域"))
    item_code = models.CharField(_("事项代码"), max_length=16, default="", blank=True, db_collation="C")
    raised_by = models.BigIntegerField(_("提出人"), null=True, blank=True, editable=False)
    raised_at = models.DateTimeField(_("提出时间"))
    decided_by = models.CharField(_("裁定人"), max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(_("裁定时间"), null=True, blank=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["arbiter", "-id"], name="claim_open", condition=Q(finished_at=None)),
            models.Index(fields=["due_at"], name="claim_due", condition=Q(finished_at=None)),
            models.Index(fields=["duty", "kind", "-id"], name="claim_duty", condition=Q(duty__isnull=False)),
            models.Index(fields=["item_code", "area_code", "-id"], name="claim_item"),
            models.Index(fields=["area_code", "-id"], name="claim_area"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.get_kind_display()}"


class Claims(Register):
    """The arbiters' inbox; units see their own claims."""

    model = Claim
    label = _("退单裁定")
    icon = "scale"
    group = "cases"
    columns = "case unit kind status light duty proper arbiter owner raised_at due_at decided_at"
    filters = ("kind status unit proper owner arbiter duty area_code item_code raised_at decided_at due_at overtime "
               "case precedent")
    search = "text^2 case__title finding"
    virtual = {"light": LightKind()}
    extra_filters = TIMED_FILTERS
    reaches = {"unit": UnitReach("unit__path"), "arbiter": UnitReach("arbiter__path"),
               "centre": UnitReach("case__centre__path"), "own": SameReach("raised_by", "user_id")}
    grants = {"view": "unit_clerk:unit leader:area dispatcher:centre reviewer:centre reviewer:arbiter "
                      "shift_leader:centre shift_leader:arbiter supervisor:centre admin:all",
              "export": "shift_leader:arbiter supervisor:centre leader:area admin:all"}
    flow = ClaimFlow
    panels = (
        Panel("against", _("所争的清单行与派遣依据"), "desk/panels/claim.html", dossier.against),
        Panel("precedents", _("先例"), "desk/panels/precedents.html", dossier.precedents),
        Panel("chain", _("本案经手单位"), "desk/panels/chain.html", dossier.chain),
        Panel("proposals", _("清单修订"), "desk/panels/proposals.html", dossier.proposals,
              when=lambda claim, _actor: claim.finished_at is not None),
    )
    writable, under = False, "case"

    def title(self, record: Any) -> str:
        return f"{record.unit} · {record.get_kind_display()}"

"""Flags of gaming (异常线索): what looks like work done for the figure, put before the quality checker."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Move, State, Workflow

from ..tools import opinion

KINDS = [("last_minute", _("临近截止才报送")), ("photo_reused", _("处置照片重复使用")),
         ("photo_elsewhere", _("处置照片拍摄于别处")), ("photo_earlier", _("处置照片早于派单拍摄")),
         ("easy_cases", _("自报自结的简单案件"))]
JUDGES = "supervisor:centre reviewer:centre"


def _decided(ctx: Any) -> None:
    ctx.values["decided_at"] = ctx.now


class FlagFlow(Workflow):
    """Raised by the machine; a person says what it is."""

    open = State(_("待核实"), tone="wait")
    confirmed = State(_("属实"), tone="stop", final=True)
    dismissed = State(_("不属实"), tone="done", final=True)

    raise_flag = Move(_("提出线索"), to=open, who=SYSTEM_ONLY, quiet=True, ask=(opinion(),))
    confirm = Move(_("属实"), source=(open,), to=confirmed, who=JUDGES, tone="danger", run=_decided,
                   ask=(opinion(_("核实情况")),))
    dismiss = Move(_("不属实"), source=(open,), to=dismissed, who=JUDGES, run=_decided, ask=(opinion(_("核实情况")),))


class GamingFlag(Record):
    """One suspicion about one order or case, with its evidence and the check it led to."""

    kind = models.CharField(_("线索"), max_length=16, choices=KINDS)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="flags", verbose_name=_("案件"))
    order = models.ForeignKey("cases.WorkOrder", models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name=_("工单"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("单位"))
    area_code = AreaCodeField(_("区域"))
    status = models.CharField(_("状态"), max_length=10, choices=FlagFlow.choices(), default="open")
    evidence = models.CharField(_("依据"), max_length=300)
    check_made = models.ForeignKey("cases.QualityCheck", models.PROTECT, null=True, blank=True, related_name="+",
                                   verbose_name=_("质量检查"))
    raised_at = models.DateTimeField(_("发现时间"))
    decided_at = models.DateTimeField(_("核实时间"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "case"], name="gaming_flag_case", condition=Q(order=None)),
            models.UniqueConstraint(fields=["kind", "order"], name="gaming_flag_order",
                                    condition=Q(order__isnull=False))]
        indexes = [models.Index(fields=["case"], name="gaming_flag_of"),
                   models.Index(fields=["area_code", "-id"], name="gaming_flag_area")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.case}"


class GamingFlags(Register):
    """For those who check quality; the unit sees what was confirmed in its score."""

    model = GamingFlag
    label = _("异常线索")
    icon = "flag"
    group = "oversight"
    columns = "kind case order unit evidence status check_made raised_at decided_at"
    filters = "kind status unit area_code raised_at decided_at case order"
    search = "evidence case__title"
    reaches = {"centre": UnitReach("case__centre__path")}
    grants = {"view": f"{JUDGES} leader:area admin:all", "export": "supervisor:centre leader:area admin:all"}
    flow = FlagFlow
    writable = False

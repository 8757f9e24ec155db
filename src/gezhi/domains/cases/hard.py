"""Hard cases: marked, confirmed, instructed, met over by several units, and led back to disposal (疑难工单)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import Amount, AreaCodeField, Ref, Rows
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from . import codes
from .moves import hardship
from .tools import opinion


class HardFlow(Workflow):
    """Proposed → confirmed (clocks stop) → instructed → met → resolved (clocks run on, or new orders)."""

    proposed = State(_("待认定"), tone="wait")
    confirmed = State(_("已认定"), tone="pause")
    instructed = State(_("已批示"), tone="pause")
    met = State(_("已会商"), tone="pause")
    resolved = State(_("已办结"), tone="done", final=True)
    refused = State(_("未认定"), tone="stop", final=True)

    propose = Move(_("提出"), to=proposed, who=SYSTEM_ONLY, run=hardship.proposed,
                   ask=(Ask("case", Ref(_("案件"), register="case")), opinion()))
    confirm = Move(_("认定"), source=(proposed,), to=confirmed, who="shift_leader:centre leader:area", tone="primary",
                   ask=(opinion(blank=True),), when=hardship.not_own, run=hardship.confirmed)
    refuse = Move(_("不予认定"), source=(proposed,), to=refused, who="shift_leader:centre leader:area",
                  ask=(opinion(),), when=hardship.not_own)
    instruct = Move(_("批示"), source=(confirmed, instructed), to=instructed, who="leader:area",
                    ask=(opinion(_("批示内容")),), run=hardship.instructed)
    joint_meeting = Move(
        _("联席会商"), source=(confirmed, instructed, met), to=met, who="shift_leader:centre leader:area",
        ask=(Ask("held_at", models.DateTimeField(_("会商时间"))),
             Ask("participants", Ref(_("参加单位"), register="unit", many=True)),
             Ask("minutes", models.TextField(_("会议纪要"), max_length=8000)), opinion(_("会商决定"))),
        run=hardship.meeting)
    resolve = Move(
        _("转办理"), source=(met,), to=resolved, who="shift_leader:centre", tone="primary", run=hardship.resolved,
        ask=(Ask("mode", models.CharField(_("处置方式"), max_length=12, choices=codes.MODES, blank=True,
                                       default="single")),
             Ask("unit", Ref(_("主办单位"), register="unit", blank=True)),
             Ask("others", Ref(_("协办或并联单位"), register="unit", many=True, blank=True)),
             Ask("steps", Rows(_("办理步骤"), of=(("unit", Ref(_("单位"), register="unit")),
                                              ("limit", Amount(_("时限"), blank=True))))),
             Ask("limit", Amount(_("新的处置时限"), blank=True)), opinion(blank=True)))
    resume = Move(_("恢复原办理"), source=(confirmed, instructed, met), to=resolved, who="shift_leader:centre",
                  ask=(opinion(),), run=hardship.resumed)


class HardCase(Record):
    """The sub-flow of a case that ordinary handling cannot settle."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="hard_cases", verbose_name=_("案件"))
    status = models.CharField(_("状态"), max_length=12, choices=HardFlow.choices(), default="proposed")
    area_code = AreaCodeField(_("区域"))
    reason = models.TextField(_("疑难原因"), max_length=2000)
    proposed_by = models.BigIntegerField(_("提出人"), null=True, blank=True, editable=False)
    proposed_at = models.DateTimeField(_("提出时间"))
    confirmed_at = models.DateTimeField(_("认定时间"), null=True, blank=True)
    instruction = models.TextField(_("批示内容"), max_length=2000, default="", blank=True)
    held_at = models.DateTimeField(_("会商时间"), null=True, blank=True)
    participants = models.JSONField(_("参加单位"), default=list, blank=True)
    minutes = models.TextField(_("会议纪要"), max_length=8000, default="", blank=True)
    decision = models.TextField(_("会商决定"), max_length=2000, default="", blank=True)
    resolved_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["area_code", "-id"], name="hard_area")]

    def __str__(self) -> str:
        return f"{_('疑难')} {self.case}"


class HardCases(Register):
    """Hard cases of a centre."""

    model = HardCase
    name = "hard_case"
    label = _("疑难案件")
    icon = "alert-triangle"
    group = "cases"
    columns = "case status reason proposed_at confirmed_at held_at resolved_at"
    filters = "status area_code proposed_at confirmed_at resolved_at case"
    search = "reason^2 case__title decision"
    reaches = {"centre": UnitReach("case__centre__path")}
    grants = {"view": "shift_leader:centre dispatcher:centre reviewer:centre supervisor:centre leader:area admin:all",
              "export": "shift_leader:centre supervisor:centre leader:area admin:all"}
    flow = HardFlow
    writable, under = False, "case"

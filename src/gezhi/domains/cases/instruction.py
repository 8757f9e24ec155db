"""Instructions of leaders: a word on a case, answered by the units named (批示); orders stand in ``oversight``."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Move, State, Workflow

from .moves import oversee
from .tools import opinion

KINDS = [("instruct", _("批示")), ("urge", _("催办"))]


class InstructionFlow(Workflow):
    """Issued, answered by the unit, closed by who issued it."""

    issued = State(_("待回复"), tone="wait")
    replied = State(_("已回复"))
    closed = State(_("已办结"), tone="done", final=True)

    issue = Move(_("下达"), to=issued, who=SYSTEM_ONLY, ask=(opinion(),))
    reply = Move(_("回复"), source=(issued,), to=replied, who="unit_clerk:unit leader:unit dispatcher:centre",
                 ask=(opinion(_("回复内容")),), run=oversee.replied, tone="primary")
    ask_again = Move(_("退回补充"), source=(replied,), to=issued, who="leader:area", ask=(opinion(),))
    close = Move(_("办结"), source=(issued, replied), to=closed, who="leader:area shift_leader:centre",
                 ask=(opinion(blank=True),))


class Instruction(Record):
    """A leader's word on a case, to one unit (or to the centre when no unit is named), with a reply by a time."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="instructions", verbose_name=_("案件"))
    kind = models.CharField(_("类型"), max_length=12, choices=KINDS, default="instruct")
    status = models.CharField(_("状态"), max_length=12, choices=InstructionFlow.choices(), default="issued")
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("责成单位"))
    area_code = AreaCodeField(_("区域"))
    text = models.TextField(_("内容"), max_length=2000)
    due = models.DateTimeField(_("回复期限"), null=True, blank=True)
    issued_by = models.CharField(_("批示人"), max_length=40)
    issued_at = models.DateTimeField(_("批示时间"))
    answer = models.TextField(_("回复"), max_length=2000, default="", blank=True)
    answered_at = models.DateTimeField(_("回复时间"), null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-id"], name="instruction_unit", condition=Q(unit__isnull=False)),
            models.Index(fields=["area_code", "-id"], name="instruction_area"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text[:20]}"


class Instructions(Register):
    """Leaders' words and their answers."""

    model = Instruction
    name = "instruction"
    label = _("批示")
    icon = "message-exclamation"
    group = "cases"
    columns = "kind case unit text status due issued_by issued_at answered_at"
    filters = "kind status unit area_code due issued_at case"
    search = "text^2 case__title"
    reaches = {"unit": UnitReach("unit__path"), "centre": UnitReach("case__centre__path")}
    grants = {"view": "leader:area leader:unit unit_clerk:unit dispatcher:centre shift_leader:centre "
                      "supervisor:centre admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = InstructionFlow
    writable = False

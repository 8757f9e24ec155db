"""Stage limits and thresholds of the case line (case_lifecycle.md 5.4 to 5.6): rows an administrator edits."""

from __future__ import annotations

import time
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from .codes import URGENCIES

STAGES = [
    ("accept", _("受理")), ("dispatch", _("派遣")), ("sign", _("签收")), ("return_window", _("退回时限")),
    ("verification", _("核实任务")), ("inspection", _("核查任务")), ("review", _("结果审核")), ("callback", _("回访")),
    ("archive", _("归档")), ("handle", _("处置（事项无时限时）")), ("margin", _("全程时限在处置之外的余量")),
    ("unrated", _("公众未评价自动结案")), ("reopen", _("结案后可重新办理的期限")),
    ("suspension_review", _("挂起复核周期")), ("gps_radius", _("现场任务的定位半径")),
    ("classify", _("自动分类的把握阈值")),
    ("suggest", _("提示分类的把握阈值")), ("extensions", _("每张工单可延期次数")),
    ("suspensions", _("每个案件可挂起次数")), ("quota", _("单位在办件负荷基数")), ("claim", _("退单裁定")),
    ("silence", _("自有系统多久不同步算失联")),
]
UNITS = [("urgent_minute", _("紧急工作分")), ("urgent_hour", _("紧急工作时")), ("natural_day", _("自然日")),
         ("work_hour", _("工作时")), ("work_day", _("工作日")), ("metre", _("米")), ("share", _("比例")),
         ("count", _("次"))]
DEFAULTS: dict[tuple[str, str], tuple[float, str]] = {
    ("accept", ""): (2, "work_hour"), ("accept", "urgent1"): (15, "urgent_minute"),
    ("accept", "urgent2"): (30, "urgent_minute"),
    ("dispatch", ""): (2, "work_hour"), ("dispatch", "urgent1"): (15, "urgent_minute"),
    ("dispatch", "urgent2"): (30, "urgent_minute"),
    ("sign", ""): (4, "work_hour"), ("sign", "urgent1"): (15, "urgent_minute"), ("sign", "urgent2"): (1, "urgent_hour"),
    ("return_window", ""): (1, "work_day"), ("return_window", "urgent1"): (30, "urgent_minute"),
    ("verification", ""): (2, "work_hour"), ("verification", "urgent1"): (30, "urgent_minute"),
    ("inspection", ""): (4, "work_hour"), ("review", ""): (1, "work_day"), ("review", "urgent1"): (2, "urgent_hour"),
    ("callback", ""): (2, "work_hour"), ("archive", ""): (3, "work_day"), ("handle", ""): (5, "work_day"),
    ("margin", ""): (5, "work_day"), ("unrated", ""): (7, "natural_day"), ("reopen", ""): (30, "natural_day"),
    ("suspension_review", ""): (30, "natural_day"), ("gps_radius", ""): (200, "metre"),
    ("classify", ""): (0.85, "share"),
    ("suggest", ""): (0.3, "share"), ("extensions", ""): (2, "count"), ("suspensions", ""): (1, "count"),
    ("quota", ""): (50, "count"),
    ("silence", ""): (1, "work_day"), ("claim", ""): (4, "work_hour"), ("claim", "urgent1"): (30, "urgent_minute"),
    ("claim", "urgent2"): (2, "urgent_hour"),
}
"""What holds until an administrator says otherwise; the rows are seeded with these values."""

DEMAND_LIMITS = {"consult": 2, "help": 5, "complaint": 5, "tip_off": 10, "suggestion": 10, "thanks": 3, "other": 5}
"""Working days by type of demand (case_lifecycle.md 6), for items that have no limit of their own."""

_KEEP_SECONDS = 20.0
_kept: tuple[float, dict[tuple[str, str], tuple[float, str]]] = (0.0, {})


class StageLimit(Record):
    """The limit of a stage for an urgency; an empty urgency holds for all that have no row of their own."""

    stage = models.CharField(_("环节"), max_length=20, choices=STAGES)
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=URGENCIES, default="", blank=True)
    value = models.FloatField(_("数值"), validators=[MinValueValidator(0)])
    unit_of = models.CharField(_("单位"), max_length=16, choices=UNITS)
    remark = models.CharField(_("说明"), max_length=120, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "urgency"], name="stage_limit_once")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.get_urgency_display()}".strip()


class StageLimits(Register):
    """Limits of the stages; changes hold for clocks started afterwards."""

    model = StageLimit
    label = _("环节时限")
    icon = "clock"
    group = "settings"
    columns = "stage urgency value unit_of remark"
    filters = "stage urgency"
    order = "id"
    form = ("stage urgency value unit_of", "remark")
    grants = kept("admin:all", verbs="create change remove")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A stage keeps the sort of unit it is measured in."""
        global _kept
        usual = DEFAULTS[(record.stage, "")][1]
        plain = {"metre", "share", "count"}
        if record.unit_of != usual and {record.unit_of, usual} & plain:
            raise Invalid({"unit_of": [_("“%s”不能用这个单位") % record.get_stage_display()]})
        _kept = (0.0, {})


def stage_limit(stage: str, urgency: str = "") -> tuple[float, str]:
    """Limit of a stage as ``(value, unit)``; rows are read at most every 20 seconds in a process."""
    global _kept
    if time.monotonic() - _kept[0] > _KEEP_SECONDS:
        rows = StageLimit.objects.values_list("stage", "urgency", "value", "unit_of")
        _kept = (time.monotonic(), {(s, u): (v, unit) for s, u, v, unit in rows})
    table = _kept[1]
    return (table.get((stage, urgency)) or DEFAULTS.get((stage, urgency)) or table.get((stage, ""))
            or DEFAULTS[(stage, "")])


def seed(session: Session) -> None:
    """Create the rows that are not there yet."""
    have = set(StageLimit.objects.values_list("stage", "urgency"))
    for (stage, urgency), (value, unit) in DEFAULTS.items():
        if (stage, urgency) not in have:
            session.create(StageLimit, {"stage": stage, "urgency": urgency, "value": value, "unit_of": unit})

"""Indicators: what formulas may name. One declaration says what is counted, over what, and which rows lie behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

SIX = Decimal("0.000001")


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Args:
        name, label: in formulas, and for readers.
        of: register of the records behind it.
        objects: what it is counted for: ``unit``, ``area``, ``post``.
        good: ``up`` or ``down``.
        sum: a plain sum (points) instead of a share.
        says: what is counted over what, in words.
    """

    name: str
    label: Any
    of: str
    objects: tuple[str, ...]
    good: str
    says: Any
    sum: bool = False

    @property
    def neutral(self) -> Decimal:
        """What stands for it where nothing was to be counted: no blame, no praise withheld."""
        return Decimal(0) if self.sum or self.good == "down" else Decimal(1)

    def value(self, num: Decimal, den: Decimal) -> Decimal | None:
        """The figure; ``None`` when nothing was to be counted."""
        if self.sum:
            return num.quantize(SIX, ROUND_HALF_EVEN)
        return (num / den).quantize(SIX, ROUND_HALF_EVEN) if den else None


PLACE = ("unit", "area")
INDICATORS: tuple[Indicator, ...] = (
    Indicator("handled", _("处置率"), "work_order", PLACE, "up", _("已处置工单 / 本月应处置（到期）工单")),
    Indicator("on_time", _("按期处置率"), "work_order", PLACE, "up", _("按期处置工单（含免责）/ 本月应处置工单")),
    Indicator("late_open", _("超期待处置率"), "work_order", PLACE, "down", _("超期未处置工单 / 本月应处置工单")),
    Indicator("extension", _("延期率"), "work_order", PLACE, "down", _("有延期的工单 / 本月应处置工单")),
    Indicator("used", _("平均用时占时限"), "work_order", PLACE, "down", _("已用工作时间 / 时限，已处置工单的平均")),
    Indicator("sign_on_time", _("按时签收率"), "work_order", (*PLACE, "post"), "up", _("按时签收 / 本月派出的工单")),
    Indicator("returned", _("退单率"), "work_order", PLACE, "down", _("退回的工单 / 本月派出的工单")),
    Indicator("rework", _("返工率"), "work_order", PLACE, "down", _("被退回重办的工单 / 本月应处置且已报送的工单")),
    Indicator("response", _("响应率"), "case", PLACE, "up", _("已联系反映人 / 本月结案且问到的案件")),
    Indicator("solved", _("解决率"), "case", PLACE, "up", _("已解决（部分解决计一半）/ 本月结案且问到的案件")),
    Indicator("satisfied", _("满意率"), "case", PLACE, "up", _("满意和非常满意 / 本月结案且已评价的案件")),
    Indicator("redo", _("重派率"), "case", PLACE, "down", _("重派过的案件 / 本月结案的案件")),
    Indicator("inspected", _("核查通过率"), "case", PLACE, "up", _("核查通过 / 本月结案且核查过的案件")),
    Indicator("quality", _("质检得分率"), "quality_check", PLACE, "up", _("中心评分 / 100，本月评分的平均")),
    Indicator("card_points", _("红黄牌扣分"), "card", PLACE, "down", _("本月发出且未撤销的牌的分值之和"), sum=True),
    Indicator("supervision_points", _("督办扣分"), "supervision_order", PLACE, "down",
              _("本月签发且未撤销的督办单的分值之和"), sum=True),
    Indicator("rule_points", _("绩效规则扣分"), "rule_firing", PLACE, "down",
              _("本月绩效规则计扣的分值之和"), sum=True),
    Indicator("flags", _("属实异常线索"), "gaming_flag", PLACE, "down", _("本月核实属实的异常线索件数"), sum=True),
    Indicator("acts_on_time", _("按时办理率"), "case", ("post",), "up", _("按时完成的环节 / 本月经手的环节")),
    Indicator("accept_on_time", _("按时受理率"), "case", ("post",), "up", _("按时受理立案 / 本月受理立案")),
    Indicator("dispatch_on_time", _("按时派遣率"), "case", ("post",), "up", _("按时派遣 / 本月派遣")),
    Indicator("dispatch_right", _("准确派遣率"), "case", ("post",), "up", _("派遣后未被退回改派 / 本月派遣")),
    Indicator("tasks_on_time", _("按期核实核查率"), "task", ("post",), "up", _("按期完成的现场任务 / 本月应完成任务")),
)
BY_NAME: Mapping[str, Indicator] = {i.name: i for i in INDICATORS}
OBJECTS = [("unit", _("单位")), ("area", _("层级区域")), ("post", _("岗位"))]


def known(kind: str) -> dict[str, Indicator]:
    """Indicators a formula for this sort of object may name."""
    return {i.name: i for i in INDICATORS if kind in i.objects}

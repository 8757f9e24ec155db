"""Quality supervision (质量监管): samples drawn with a recorded seed, professional scores, composite evaluation."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from ..tools import opinion
from . import checks

SIDES = [("centre", _("中心专业评价")), ("grassroots", _("基层评价"))]
SOURCES = [("sample", _("随机抽查")), ("flag", _("异常线索")), ("manual", _("指定"))]
VERDICTS = [("good", _("合格")), ("flaw", _("有瑕疵")), ("false", _("虚假或不实"))]
MARKS = [("mark_result", _("处置结果")), ("mark_rules", _("程序规范")), ("mark_speed", _("办理时效")),
         ("mark_reply", _("答复质量"))]
CHECKERS = "supervisor:centre reviewer:centre"


def mark(name: str, label: Any) -> Ask:
    """A mark of 0 to 100."""
    return Ask(name, models.PositiveSmallIntegerField(label, validators=[MinValueValidator(0), MaxValueValidator(100)]))


class SampleFlow(Workflow):
    """Drawn; done when all that was drawn is checked."""

    drawn = State(_("检查中"))
    done = State(_("已完成"), tone="done", final=True)

    draw = Move(_("抽取样本"), to=drawn, who="supervisor:area", tone="primary", run=checks.drawn, ask=(
        Ask("since", models.DateField(_("结案日期从"))), Ask("until", models.DateField(_("到"))),
        Ask("unit", Ref(_("承办单位（空为全部）"), register="unit", blank=True)),
        Ask("item", models.CharField(_("事项代码开头（空为全部）"), max_length=16, blank=True, default="")),
        Ask("size", models.PositiveSmallIntegerField(_("样本数"), default=20, validators=[
            MinValueValidator(1), MaxValueValidator(500)])),
        Ask("seed", models.CharField(_("随机种子（空为自动产生）"), max_length=32, blank=True, default="")),
        opinion(_("检查目的"))),
        help=_("种子、总体和抽中的案件都记录在案，任何人可以用同一种子重抽核对"))
    finish = Move(_("完成"), source=(drawn,), to=done, who=SYSTEM_ONLY, quiet=True)


class QualitySample(Record):
    """A random sample of closed cases: from which, how many, by which seed."""

    no = models.CharField(_("抽查编号"), max_length=24, unique=True)
    status = models.CharField(_("状态"), max_length=8, choices=SampleFlow.choices(), default="drawn")
    area_code = AreaCodeField(_("区域"))
    since = models.DateField(_("结案日期从"))
    until = models.DateField(_("到"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("承办单位"))
    item = models.CharField(_("事项代码"), max_length=16, default="", blank=True)
    seed = models.CharField(_("随机种子"), max_length=32)
    population = models.PositiveIntegerField(_("总体件数"))
    size = models.PositiveSmallIntegerField(_("样本数"))
    digest = models.CharField(_("总体摘要"), max_length=64)
    drawn_by = models.CharField(_("抽取人"), max_length=80)
    drawn_at = models.DateTimeField(_("抽取时间"))
    purpose = models.TextField(_("检查目的"), max_length=2000)

    def __str__(self) -> str:
        return self.no


class QualitySamples(Register):
    """Samples, with the proof that they were drawn as they say."""

    model = QualitySample
    label = _("质量抽查")
    icon = "target"
    group = "oversight"
    key = "no"
    columns = "no since until unit item population size seed status drawn_by drawn_at"
    filters = "no status unit area_code drawn_at"
    search = "no purpose"
    grants = {"view": "supervisor:area leader:area reviewer:area admin:all",
              "export": "supervisor:area leader:area admin:all"}
    flow = SampleFlow
    panels = (Panel("proof", _("重抽核对"), "oversight/proof.html", checks.proof),)
    writable = False


class CheckFlow(Workflow):
    """Waiting for somebody who had no part in the case, checked."""

    open = State(_("待检查"), tone="wait")
    checked = State(_("已评分"), tone="done", final=True)
    dropped = State(_("不检查"), tone="stop", final=True)

    ask_for = Move(_("指定检查"), to=open, who="supervisor:centre leader:area", run=checks.asked, ask=(
        Ask("case", Ref(_("案件"), register="case")), opinion(_("检查要点"))))
    evaluate = Move(_("基层评价"), to=checked, who="grid_leader:area grid_member:area", run=checks.evaluated, ask=(
        Ask("case", Ref(_("案件"), register="case")), mark("score", _("评分（0 至 100）")),
        opinion(_("评价"), blank=True)))
    check = Move(_("评分"), source=(open,), to=checked, who=CHECKERS, tone="primary", when=checks.not_own,
                 run=checks.checked, ask=(
                     *(mark(name, label) for name, label in MARKS),
                     Ask("verdict", models.CharField(_("结论"), max_length=8, choices=VERDICTS)),
                     opinion(_("检查意见"))))
    drop = Move(_("不检查"), source=(open,), to=dropped, who="supervisor:centre", ask=(opinion(_("理由")),),
                run=checks.done_with)


class QualityCheck(Record):
    """A professional's or the grassroots' judgement of how a case was handled."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="checks", verbose_name=_("案件"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("承办单位"))
    sample = models.ForeignKey(QualitySample, models.PROTECT, null=True, blank=True, related_name="checks",
                               verbose_name=_("抽查"))
    side = models.CharField(_("评价方"), max_length=10, choices=SIDES, default="centre")
    source = models.CharField(_("来源"), max_length=8, choices=SOURCES, default="manual")
    status = models.CharField(_("状态"), max_length=8, choices=CheckFlow.choices(), default="open")
    area_code = AreaCodeField(_("区域"))
    focus = models.CharField(_("检查要点"), max_length=400, default="", blank=True)
    mark_result = models.PositiveSmallIntegerField(_("处置结果"), null=True, blank=True)
    mark_rules = models.PositiveSmallIntegerField(_("程序规范"), null=True, blank=True)
    mark_speed = models.PositiveSmallIntegerField(_("办理时效"), null=True, blank=True)
    mark_reply = models.PositiveSmallIntegerField(_("答复质量"), null=True, blank=True)
    score = models.FloatField(_("得分"), null=True, blank=True)
    verdict = models.CharField(_("结论"), max_length=8, choices=VERDICTS, default="", blank=True)
    remark = models.TextField(_("意见"), max_length=2000, default="", blank=True)
    composite = models.FloatField(_("综合评价"), null=True, blank=True)
    weights = models.JSONField(_("评分时的权重"), default=dict, blank=True)
    checked_by = models.CharField(_("评分人"), max_length=80, default="", blank=True)
    checked_at = models.DateTimeField(_("评分时间"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sample", "case"], name="check_once",
                                               condition=Q(sample__isnull=False))]
        indexes = [models.Index(fields=["case"], name="check_case"),
                   models.Index(fields=["unit", "-id"], name="check_unit"),
                   models.Index(fields=["area_code", "-id"], name="check_area")]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.case}"


def _about(record: Any, actor: Actor) -> dict[str, Any]:
    from .panels import composite

    return composite(record.case, actor)


class QualityChecks(Register):
    """Checks; a unit sees those of its own cases once they are scored."""

    model = QualityCheck
    label = _("质量评价")
    icon = "star"
    group = "oversight"
    columns = "case unit side source status score verdict composite checked_by checked_at"
    filters = "side source status verdict unit area_code sample checked_at case score composite"
    search = "case__title remark"
    reaches = {"unit": UnitReach("unit__path"), "centre": UnitReach("case__centre__path")}
    grants = {"view": f"{CHECKERS} leader:area unit_clerk:unit grid_leader:area grid_member:area admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = CheckFlow
    panels = (Panel("composite", _("综合评价"), "oversight/composite.html", _about),)
    writable, under = False, "case"

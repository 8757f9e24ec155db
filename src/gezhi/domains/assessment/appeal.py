"""Appeals against a score, and correction entries: the published figure stays, the corrected one stands beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.act import Context
from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.fields import AreaCodeField, Files, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from .indicators import BY_NAME, INDICATORS
from .publication import ScoreLine

CLAIMANTS = "unit_clerk:unit leader:unit *:own"
WHICH = [(i.name, i.label) for i in INDICATORS]


def _opinion(label: Any, *, blank: bool = False) -> Ask:
    return Ask("opinion", models.TextField(label, max_length=2000, blank=blank,
                                           default="" if blank else models.NOT_PROVIDED))


def _appeal(ctx: Context) -> None:
    from gezhi.kernel.access import permits
    from gezhi.kernel.registry import registry

    line = ctx.inputs["line"]
    if not permits(registry.register("score_line"), ctx.actor, "view", line):
        raise Missing
    if line.publication.status != "sealed":
        raise Invalid({"line": [_t("公布以后才能申诉")]})
    if ctx.inputs["indicator"] not in line.figures:
        raise Invalid({"indicator": [_t("该对象本月没有这项数值")]})
    if line.appeals.filter(indicator=ctx.inputs["indicator"], status__in=("open", "advised")).exists():
        raise Invalid({"indicator": [_t("该项已有申诉在处理")]})
    ctx.values.update(unit=line.unit or (line.post.unit if line.post else None), area_code=line.area_code,
                      text=ctx.inputs["opinion"], made_by_id=ctx.actor.user_id, made_at=ctx.now)


def _not_own(record: Any, actor: Actor) -> Any:
    if actor.user_id is not None and actor.user_id in (record.made_by_id, record.advised_by_id):
        return _("申诉、初审和终审不能是同一人")
    return ""


def _advised(ctx: Context) -> None:
    ctx.values.update(advised_by_id=ctx.actor.user_id, advice=ctx.inputs["opinion"])


def _granted(ctx: Context) -> None:
    """A correction entry: how much numerator and denominator change, and what the same formula then says."""
    record, line = ctx.record, ctx.record.line
    num, den = Decimal(str(ctx.inputs["num"])), Decimal(str(ctx.inputs["den"]))
    if not num and not den:
        raise Invalid({"num": [_t("请填写更正的数值")]})
    entries = [*corrections(line), (record.indicator, num, den)]
    figures, score = corrected(line, entries)
    ctx.values.update(num=num, den=den, decided_at=ctx.now, before=line.corrected or line.score, after=score,
                      decision=ctx.inputs["opinion"])
    ctx.then.append(lambda _record: ctx.session.change(
        line, {"corrected": score}, verb="correct", opinion=ctx.inputs["opinion"], trusted=True,
        note={"indicator": record.indicator, "num": str(num), "den": str(den), "figure": figures[record.indicator]}))


def _refused(ctx: Context) -> None:
    ctx.values.update(decided_at=ctx.now, decision=ctx.inputs["opinion"])


def corrections(line: ScoreLine) -> list[tuple[str, Decimal, Decimal]]:
    """The entries granted so far, in order."""
    rows = ScoreAppeal.objects.filter(line=line, status="granted").order_by("decided_at", "id")
    return list(rows.values_list("indicator", "num", "den"))


def corrected(line: ScoreLine, entries: list[tuple[str, Decimal, Decimal]]) -> tuple[dict[str, Any], Decimal]:
    """Figures and score with entries applied, by the line's own version of the formula.

    Raises:
        Invalid: a numerator would fall below nothing or rise above its denominator.
    """
    from .score import figures_of, scored

    sums = {n: [Decimal(f["num"]), Decimal(f["den"])] for n, f in line.figures.items()}
    for name, num, den in entries:
        pair = sums[name]
        pair[0], pair[1] = pair[0] + num, pair[1] + den
        if pair[0] < 0 or pair[1] < 0 or (not BY_NAME[name].sum and pair[0] > pair[1]):
            raise Invalid({"num": [_t("更正后的数值不成立")]})
    figures = figures_of(sums)
    return figures, scored(line.scheme_version, figures)


class AppealFlow(Workflow):
    """Made by whom it concerns, advised on by one, decided by another."""

    open = State(_("待初审"), tone="wait")
    advised = State(_("待终审"), tone="wait")
    granted = State(_("已更正"), tone="done", final=True)
    refused = State(_("未采纳"), tone="stop", final=True)

    appeal = Move(_("考核申诉"), to=open, who=CLAIMANTS, tone="primary", run=_appeal, ask=(
        Ask("line", Ref(_("得分"), register="score_line")),
        Ask("indicator", models.CharField(_("指标"), max_length=24, choices=WHICH)),
        _opinion(_("理由（写明涉及的案件）")), Ask("photos", Files(_("证明材料")))))
    advise = Move(_("初审"), source=(open,), to=advised, who="supervisor:area shift_leader:area", tone="primary",
                  when=_not_own, run=_advised, ask=(_opinion(_("初审意见")),))
    grant = Move(_("更正"), source=(advised,), to=granted, who="leader:area admin:all", tone="primary", when=_not_own,
                 run=_granted, ask=(
                     Ask("num", models.DecimalField(_("分子增减"), max_digits=10, decimal_places=4, default=0)),
                     Ask("den", models.DecimalField(_("分母增减"), max_digits=10, decimal_places=4, default=0)),
                     _opinion(_("依据"))))
    refuse = Move(_("不采纳"), source=(open, advised), to=refused, who="leader:area admin:all", when=_not_own,
                  run=_refused, ask=(_opinion(_("理由")),))


class ScoreAppeal(Record):
    """One appeal against one figure of one line; granted, it is a correction entry."""

    line = models.ForeignKey(ScoreLine, models.PROTECT, related_name="appeals", verbose_name=_("得分"))
    indicator = models.CharField(_("指标"), max_length=24, choices=WHICH)
    status = models.CharField(_("状态"), max_length=8, choices=AppealFlow.choices(), default="open")
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("单位"))
    area_code = AreaCodeField(_("区域"))
    text = models.TextField(_("理由"), max_length=2000)
    made_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("申诉人"))
    made_at = models.DateTimeField(_("申诉时间"))
    advised_by_id = models.BigIntegerField(_("初审人编号"), null=True, blank=True, editable=False)
    advice = models.TextField(_("初审意见"), max_length=2000, default="", blank=True)
    num = models.DecimalField(_("分子增减"), max_digits=10, decimal_places=4, default=0)
    den = models.DecimalField(_("分母增减"), max_digits=10, decimal_places=4, default=0)
    before = models.DecimalField(_("更正前得分"), max_digits=6, decimal_places=2, null=True, blank=True)
    after = models.DecimalField(_("更正后得分"), max_digits=6, decimal_places=2, null=True, blank=True)
    decision = models.TextField(_("终审意见"), max_length=2000, default="", blank=True)
    decided_at = models.DateTimeField(_("终审时间"), null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.line} {self.get_indicator_display()}"


class ScoreAppeals(Register):
    """Appeals and corrections."""

    model = ScoreAppeal
    label = _("考核申诉与更正")
    icon = "gavel"
    group = "oversight"
    columns = "line indicator unit status num den before after made_by made_at decided_at"
    filters = "status indicator unit area_code made_at decided_at line"
    search = "text decision"
    links = "line__publication"
    reaches = {"unit": UnitReach("unit__path"), "own": SameReach("made_by_id", "user_id")}
    grants = {"view": f"supervisor:area shift_leader:area leader:area admin:all {CLAIMANTS}",
              "export": "supervisor:area leader:area admin:all"}
    flow = AppealFlow
    writable = False

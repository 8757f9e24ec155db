"""Monthly publication (月度考核公布): counted by the worker, sealed by somebody else, then never changed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import Job, Periodic, enqueue
from gezhi.engines.tables.names import name_of
from gezhi.engines.versions import not_own
from gezhi.engines.workflow.act import Context, act
from gezhi.foundation.units.unit import LEVELS
from gezhi.kernel.access import AreaReach, SameReach, UnitReach
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .indicators import OBJECTS
from .scheme import EDITORS, SchemeVersion

JOB = "assessment.compute"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
GRADES = [("good", _("优秀")), ("fair", _("良好")), ("poor", _("中等")), ("bad", _("较差"))]


def _ask(ctx: Context) -> None:
    text = ctx.inputs["month"]
    if text > f"{timezone.localtime(ctx.now):%Y-%m}":
        raise Invalid({"month": [_t("不能统计还没有开始的月份")]})
    found = Publication.objects.filter(month=text)
    if found.filter(status="sealed").exists():
        raise Invalid({"month": [_t("%s 已公布封存，不能重新统计；有异议请申诉，以更正记录处理") % text]})
    if found.filter(status="computing").exists():
        raise Invalid({"month": [_t("%s 正在统计") % text]})
    ctx.values.update(no=(found.aggregate(n=Max("no"))["n"] or 0) + 1, counted_by_id=ctx.actor.user_id)
    ctx.then.append(_enqueue)


def _enqueue(publication: Any) -> None:
    enqueue(JOB, once=f"{JOB}:{publication.pk}", publication_id=publication.pk)


def _finish(ctx: Context) -> None:
    for older in Publication.objects.filter(month=ctx.record.month, status="draft"):
        ctx.act(older, "supersede")
    told = ("facts", "tree", "calendar", "head", "digest", "differing")
    ctx.values.update({n: ctx.inputs["result"][n] for n in told},
                      cut_at=dt.datetime.fromisoformat(ctx.inputs["result"]["cut_at"]))


def _fail(ctx: Context) -> None:
    ctx.values["problem"] = ctx.inputs["opinion"][:200]


def _may_seal(record: Any, actor: Actor) -> Any:
    if f"{timezone.localtime(moment()):%Y-%m}" <= record.month or record.cut_at is None or record.cut_at < _end(record):
        return _("该月结束后统计的结果才能公布")
    return not_own(record.counted_by_id, actor)


def _end(record: Any) -> dt.datetime:
    from .facts import month
    from .replay import Cut

    return month(record.month, Cut(moment(), 0), "").end


def _seal(ctx: Context) -> None:
    """From now on nothing of it changes; its digest joins the chain of the months before."""
    from .score import chained

    ctx.values.update(sealed_at=ctx.now, chain=chained(ctx.record), sealed_by_id=ctx.actor.user_id)
    ctx.payload["title"] = str(ctx.record)


class PublicationFlow(Workflow):
    """Counting, a draft that everybody concerned may look at, sealed; or replaced by a newer count."""

    computing = State(_("统计中"))
    draft = State(_("待公布"), tone="wait")
    sealed = State(_("已公布封存"), tone="done", final=True)
    superseded = State(_("已被新的统计取代"), tone="stop", final=True)
    failed = State(_("统计失败"), tone="stop", final=True)

    count = Move(_("统计一个月"), to=computing, who=EDITORS, tone="primary", run=_ask, ask=(
        Ask("month", models.CharField(_("月份"), max_length=7, validators=[
            RegexValidator(rf"^{MONTH.pattern}$", _("请按 2026-10 的格式填写"))])),))
    finish = Move(_("统计完成"), source=(computing,), to=draft, who=SYSTEM_ONLY, quiet=True, run=_finish,
                  ask=(Ask("result", models.JSONField(_("结果"))),))
    fail = Move(_("统计失败"), source=(computing,), to=failed, who=SYSTEM_ONLY, quiet=True, run=_fail,
                ask=(Ask("opinion", models.TextField(_("原因"))),))
    supersede = Move(_("被取代"), source=(draft,), to=superseded, who=SYSTEM_ONLY, quiet=True)
    seal = Move(_("公布并封存"), source=(draft,), to=sealed, who="leader:all admin:all", tone="primary", when=_may_seal,
                run=_seal, ask=(Ask("opinion", models.TextField(_("公布说明"), max_length=2000)),),
                help=_("封存后分数不再改变；更正另行记录，与原分数并列"))


class Publication(Record):
    """The assessment of a month: from which cut of the log, by which calendar, with which digest."""

    month = models.CharField(_("月份"), max_length=7)
    no = models.PositiveSmallIntegerField(_("第几次统计"))
    status = models.CharField(_("状态"), max_length=12, choices=PublicationFlow.choices(), default="computing")
    cut_at = models.DateTimeField(_("数据截至"), null=True, blank=True)
    head = models.BigIntegerField(_("日志末行"), null=True, blank=True)
    calendar = models.CharField(_("日历版本"), max_length=40, default="", blank=True)
    facts = models.PositiveIntegerField(_("计入记录数"), null=True, blank=True)
    tree = models.JSONField(_("统计时的上级单位"), default=dict, blank=True, editable=False)
    differing = models.PositiveIntegerField(_("期限与日历不一致"), null=True, blank=True)
    digest = models.CharField(_("内容摘要"), max_length=64, default="", blank=True)
    chain = models.CharField(_("封存链"), max_length=64, default="", blank=True)
    problem = models.CharField(_("失败原因"), max_length=200, default="", blank=True)
    sealed_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    counted_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                   verbose_name=_("统计人"))
    sealed_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("公布人"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "no"], name="publication_once"),
                       models.UniqueConstraint(fields=["month"], name="publication_sealed_once",
                                               condition=Q(status="sealed"))]

    def __str__(self) -> str:
        return _t("%(month)s 考核（第 %(no)d 次统计）") % {"month": self.month, "no": self.no}


class AssessFact(models.Model):
    """What one record adds to a publication. Written with it in one go, not a record; a trigger keeps sealed ones."""

    publication_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True)
    area_code = models.CharField(max_length=15, default="", db_collation="C")
    post_id = models.BigIntegerField(null=True)
    adds = models.JSONField(default=dict)
    up = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["publication_id", "unit_id"], name="assess_fact_unit"),
                   models.Index(fields=["publication_id", "post_id"], name="assess_fact_post"),
                   models.Index(fields=["publication_id", "area_code"], name="assess_fact_area")]


class ScoreLine(Record):
    """The score of one object in one publication, with every figure it was made of."""

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="lines", verbose_name=_("月份"))
    kind = models.CharField(_("考核对象"), max_length=8, choices=OBJECTS)
    scheme_version = models.ForeignKey(SchemeVersion, models.PROTECT, related_name="+", verbose_name=_("方案版本"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("单位"))
    post = models.ForeignKey("units.Post", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("岗位"))
    area_code = AreaCodeField(_("区域"))
    name = models.CharField(_("名称"), max_length=120)
    level = models.CharField(_("层级"), max_length=12, default="", blank=True)
    base = models.PositiveIntegerField(_("计入件数"), default=0)
    figures = models.JSONField(_("各项数值"), default=dict, blank=True)
    score = models.DecimalField(_("得分"), max_digits=6, decimal_places=2)
    corrected = models.DecimalField(_("更正后得分"), max_digits=6, decimal_places=2, null=True, blank=True)
    grade = models.CharField(_("等级"), max_length=4, choices=GRADES)
    rank = models.PositiveIntegerField(_("名次"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["publication", "kind", "rank"], name="score_line_rank"),
                   models.Index(fields=["unit", "-id"], name="score_line_unit", condition=Q(unit__isnull=False))]

    def __str__(self) -> str:
        return f"{self.publication.month} {self.name}"


def _panel(name: str) -> Any:
    def context(record: Any, actor: Actor) -> dict[str, Any]:
        from . import panels

        return getattr(panels, name)(record, actor)

    return context


class Publications(Register):
    """Months, with their ranking; drafts are for those who count them."""

    model = Publication
    label = _("月度考核")
    icon = "report-analytics"
    group = "oversight"
    columns = "month no status facts cut_at calendar sealed_at counted_by sealed_by"
    filters = "month status"
    grants = {"view": f"{EDITORS} leader:all shift_leader:all unit_clerk:all", "export": EDITORS}
    flow = PublicationFlow
    panels = (Panel("ranking", _("得分与名次"), "assessment/ranking.html", _panel("ranking")),)
    writable = False


class ScoreLines(Register):
    """Scores: a unit sees its own and those below it, a person their posts', leaders and supervisors their area's."""

    model = ScoreLine
    label = _("考核得分")
    icon = "chart-bar"
    group = "oversight"
    columns = "publication kind rank name level base score corrected grade scheme_version"
    filters = "publication kind level unit post area_code grade rank score base"
    search = "name"
    reaches = {"unit": UnitReach("unit__path"), "own": SameReach("post__staff_id", "user_id"),
               "area": AreaReach("area_code")}
    grants = {"view": "admin:all supervisor:area leader:area unit_clerk:unit leader:unit *:own",
              "export": "admin:all supervisor:area leader:area"}
    links = "scheme_version__scheme publication"
    panels = (Panel("figures", _("各项数值及其记录"), "assessment/figures.html", _panel("figures")),
              Panel("corrections", _("申诉与更正"), "assessment/corrections.html", _panel("corrections_"),
                    when=lambda line, _actor: line.appeals.exists()))
    writable = False

    def says(self, record: Any, name: str) -> str | None:
        """The level, or the role of a post, by name."""
        if name != "level" or not record.level:
            return None
        return name_of("role", record.level) if record.kind == "post" else str(
            dict(LEVELS).get(record.level, record.level))


def monthly(now: dt.datetime | None = None) -> int:
    """Count the month that is over, once, when nobody has. Returns how many counts were begun."""
    last = timezone.localtime(now or moment()).replace(day=1) - dt.timedelta(days=1)
    text = f"{last:%Y-%m}"
    if Publication.objects.filter(month=text).exists():
        return 0
    act(SYSTEM, Publication, "count", {"month": text}, at=now)
    return 1


def compute(publication_id: int) -> None:
    """The worker's job."""
    from .score import run

    run(publication_id)


JOBS = (Job(JOB, compute), Periodic("assessment.monthly", 3600, monthly))

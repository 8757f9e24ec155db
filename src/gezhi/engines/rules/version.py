"""Versions of a rule: declared, submitted, approved by somebody else, in force from a moment until superseded."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.versions import not_own
from gezhi.engines.workflow.act import Context
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from . import family as fam
from .rule import EDITORS, READERS, Rule, next_no
from .tree import everything

COPIED = ("conditions", "steps", "clock", "limit_value", "limit_unit", "priority", "open_too")
"""What a version says, beside when it holds."""


def _declare(family: str) -> Any:
    def run(ctx: Context) -> None:
        values = fam.values_of(family, ctx.inputs["subject"], ctx.inputs)
        rule = ctx.act(Rule, "declare", {"name": ctx.inputs["name"], "family": family,
                                         "subject": ctx.inputs["subject"], "no": next_no(family)})
        ctx.values = {**values, "rule": rule, "no": 1, "author_id": ctx.actor.user_id}

    return run


def _amend(family: str) -> Any:
    def run(ctx: Context) -> None:
        ctx.values.update(fam.values_of(family, ctx.record.rule.subject, ctx.inputs))

    return run


def _is(family: str) -> Any:
    return lambda record, _actor: "" if record.rule.family == family else _("这不是该类规则")


def copied(ctx: Context, newest: RuleVersion) -> RuleVersion:
    """The next draft of a rule, with what its newest version says."""
    last = RuleVersion.objects.filter(rule=newest.rule_id).aggregate(n=Max("no"))["n"] or 0
    return ctx.session.create(RuleVersion, {
        **{n: getattr(newest, n) for n in COPIED}, "rule": newest.rule, "no": last + 1, "base": newest,
        "basis": ctx.inputs["opinion"], "author_id": ctx.actor.user_id, "status": "draft"}, verb="copy",
        trusted=True, opinion=ctx.inputs["opinion"])


def _submit(ctx: Context) -> None:
    ctx.values["author_id"] = ctx.actor.user_id


def _may_approve(record: Any, actor: Actor) -> Any:
    return not_own(record.author_id, actor)


def _approve(ctx: Context) -> None:
    """It holds from its moment on; what was approved before holds for what began before, or not at all."""
    from . import force

    version = ctx.record
    begin = max(version.effective_from or ctx.now, ctx.now)
    ctx.values.update(effective_from=begin, approver_id=ctx.actor.user_id, approved_at=ctx.now)
    for older in acting(version.rule_id):
        if older.effective_from is not None and older.effective_from >= begin:
            raise Invalid({"effective_from": [_t("第 %d 版在此之后才生效，请先停用它") % older.no]})
        ctx.act(older, "end", {"until": older.effective_to or begin, "stops_at": begin if version.open_too else None,
                               "opinion": _t("被第 %d 版取代") % version.no})
    ctx.act(version.rule, "activate")
    ctx.session.after.append(force.forget)


def acting(rule_id: int) -> list[RuleVersion]:
    """Versions of a rule that act, or still may on what began under them."""
    rows = RuleVersion.objects.filter(rule=rule_id, status__in=("approved", "ended"), stops_at=None)
    return list(rows.order_by("no"))


def _end(ctx: Context) -> None:
    from . import force

    ctx.values.update(effective_to=ctx.inputs["until"], stops_at=ctx.inputs["stops_at"])
    ctx.session.after.append(force.forget)


def _try(ctx: Context) -> None:
    from .trial import RuleTrial

    ctx.then.append(lambda version: ctx.act(RuleTrial, "ask", {"rule_version": version, "days": ctx.inputs["days"]}))


def _opinion(label: Any, *, blank: bool = False) -> tuple[Ask, ...]:
    return (Ask("opinion", models.TextField(label, max_length=2000, blank=blank, default="" if blank else
                                            models.NOT_PROVIDED)),)


class VersionFlow(Workflow):
    """From a draft to what is in force, and what was."""

    draft = State(_("草稿"), tone="work")
    submitted = State(_("待审批"), tone="wait")
    approved = State(_("已批准"), tone="done", rest=True)
    ended = State(_("已失效"), tone="stop", final=True)
    refused = State(_("未批准"), tone="stop", final=True)
    discarded = State(_("已放弃"), tone="stop", final=True)

    declare_warning = Move(_("新建预警规则"), to=draft, who=EDITORS, tone="primary", run=_declare("warning"),
                           ask=fam.asks("warning", new=True))
    declare_deadline = Move(_("新建时限规则"), to=draft, who=EDITORS, run=_declare("deadline"),
                            ask=fam.asks("deadline", new=True))
    declare_supervision = Move(_("新建督办规则"), to=draft, who=EDITORS, run=_declare("supervision"),
                               ask=fam.asks("supervision", new=True))
    declare_assessment = Move(_("新建绩效规则"), to=draft, who=EDITORS, run=_declare("assessment"),
                              ask=fam.asks("assessment", new=True))
    amend_warning = Move(_("修改内容"), source=(draft,), who=EDITORS, run=_amend("warning"), when=_is("warning"),
                         ask=fam.asks("warning", new=False))
    amend_deadline = Move(_("修改内容"), source=(draft,), who=EDITORS, run=_amend("deadline"), when=_is("deadline"),
                          ask=fam.asks("deadline", new=False))
    amend_supervision = Move(_("修改内容"), source=(draft,), who=EDITORS, run=_amend("supervision"),
                             when=_is("supervision"), ask=fam.asks("supervision", new=False))
    amend_assessment = Move(_("修改内容"), source=(draft,), who=EDITORS, run=_amend("assessment"),
                            when=_is("assessment"), ask=fam.asks("assessment", new=False))
    try_on = Move(_("用历史数据试运行"), source=(draft, submitted, approved), who=EDITORS, run=_try, quiet=True,
                  ask=(Ask("days", models.PositiveSmallIntegerField(_("最近多少天"), default=90)),),
                  when=None, help=_("只计算会发生什么，不提醒任何人，也不改动任何案件"))
    submit = Move(_("提交审批"), source=(draft,), to=submitted, who=EDITORS, tone="primary", run=_submit,
                  ask=_opinion(_("说明"), blank=True))
    withdraw = Move(_("撤回修改"), source=(submitted,), to=draft, who=EDITORS, ask=_opinion(_("原因"), blank=True))
    approve = Move(_("批准"), source=(submitted,), to=approved, who="admin:all leader:all supervisor:all",
                   tone="primary", when=_may_approve, run=_approve, ask=_opinion(_("意见"), blank=True),
                   help=_("批准后按生效时间启用，原版本由它取代"))
    refuse = Move(_("不予批准"), source=(submitted,), to=refused, who="admin:all leader:all supervisor:all",
                  tone="danger", when=_may_approve, ask=_opinion(_("理由")))
    discard = Move(_("放弃草稿"), source=(draft,), to=discarded, who=EDITORS, tone="danger", ask=_opinion(_("原因")))
    end = Move(_("失效"), source=(approved, ended), to=ended, who=SYSTEM_ONLY, quiet=True, run=_end, ask=(
        Ask("until", models.DateTimeField(_("失效时间"))),
        Ask("stops_at", models.DateTimeField(_("完全停止时间"), null=True, blank=True)), *_opinion(_("原因"))))


class RuleVersion(Record):
    """What a rule says from one moment to another."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions", verbose_name=_("规则"))
    no = models.PositiveIntegerField(_("版本号"))
    status = models.CharField(_("状态"), max_length=12, choices=VersionFlow.choices(), default="draft")
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("来源版本"))
    conditions = models.JSONField(_("条件"), default=everything, blank=True)
    steps = models.JSONField(_("动作"), default=list, blank=True)
    clock = models.CharField(_("环节"), max_length=20, default="", blank=True)
    limit_value = models.FloatField(_("时限"), null=True, blank=True)
    limit_unit = models.CharField(_("时限单位"), max_length=16, default="", blank=True)
    priority = models.PositiveSmallIntegerField(_("优先级"), default=10)
    open_too = models.BooleanField(_("生效前已开始计时的也适用"), default=True)
    effective_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    effective_to = models.DateTimeField(_("失效时间"), null=True, blank=True)
    stops_at = models.DateTimeField(_("完全停止时间"), null=True, blank=True)
    basis = models.TextField(_("依据和理由"), max_length=2000, default="", blank=True)
    author = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("申报人"))
    approver = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("批准人"))
    approved_at = models.DateTimeField(_("批准时间"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "no"], name="rule_version_once"),
            models.UniqueConstraint(fields=["rule"], name="rule_version_draft",
                                    condition=Q(status__in=["draft", "submitted"])),
        ]

    def __str__(self) -> str:
        return _t("%(rule)s 第 %(no)d 版") % {"rule": self.rule, "no": self.no}


def _panel(name: str) -> Any:
    def context(record: Any, actor: Actor) -> dict[str, Any]:
        from . import panels

        return getattr(panels, name)(record)

    return context


class RuleVersions(Register):
    """Every version with who declared and who approved it."""

    model = RuleVersion
    label = _("规则版本")
    icon = "versions"
    group = "rules"
    columns = "rule no status effective_from effective_to author approver approved_at"
    filters = "rule status effective_from author approver"
    search = "rule__name^2 basis"
    grants = {"view": READERS, "export": EDITORS}
    flow = VersionFlow
    links = "rule base"
    panels = (Panel("words", _("这条规则说的是"), "rules/words.html", _panel("words")),
              Panel("difference", _("与来源版本的差异"), "rules/difference.html", _panel("difference"),
                    when=lambda record, actor: record.base_id is not None),
              Panel("trials", _("历史试运行"), "rules/trials.html", _panel("trials")))
    writable = False

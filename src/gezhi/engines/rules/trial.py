"""A trial of a version on history: asked for, run by the worker with progress, kept with its results."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import enqueue
from gezhi.engines.workflow.act import Context
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .rule import EDITORS, READERS
from .version import RuleVersion

JOB = "rules.trial"


def _enqueue(trial: Any) -> None:
    enqueue(JOB, once=f"{JOB}:{trial.pk}", trial_id=trial.pk)


def _ask(ctx: Context) -> None:
    version = ctx.inputs["rule_version"]
    ctx.values = {"rule_version": version, "days": ctx.inputs["days"], "until": ctx.now,
                  "since": ctx.now - dt.timedelta(days=ctx.inputs["days"]), "asked_by_id": ctx.actor.user_id}
    ctx.then.append(_enqueue)


def _finish(ctx: Context) -> None:
    ctx.values.update(result=ctx.inputs["result"], seconds=ctx.inputs["seconds"])


def _fail(ctx: Context) -> None:
    ctx.values["problem"] = ctx.inputs["opinion"][:200]


class TrialFlow(Workflow):
    """Waiting for the worker, running, done."""

    running = State(_("进行中"))
    done = State(_("已完成"), tone="done", final=True)
    failed = State(_("失败"), tone="stop", final=True)
    stopped = State(_("已停止"), tone="stop", final=True)

    ask = Move(_("试运行"), to=running, who=SYSTEM_ONLY, quiet=True, run=_ask, ask=(
        Ask("rule_version", Ref(_("规则版本"), register="rule_version")),
        Ask("days", models.PositiveSmallIntegerField(_("最近多少天"), validators=[
            MinValueValidator(1), MaxValueValidator(1100)]))))
    finish = Move(_("完成"), source=(running,), to=done, who=SYSTEM_ONLY, quiet=True, run=_finish, ask=(
        Ask("result", models.JSONField(_("结果"))), Ask("seconds", models.FloatField(_("用时（秒）")))))
    fail = Move(_("失败"), source=(running,), to=failed, who=SYSTEM_ONLY, quiet=True, run=_fail,
                ask=(Ask("opinion", models.TextField(_("原因"))),))
    stop = Move(_("停止"), source=(running,), to=stopped, who=EDITORS)


class RuleTrial(Record):
    """What a version would have done between two moments."""

    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="trials", verbose_name=_("规则版本"))
    days = models.PositiveSmallIntegerField(_("最近多少天"))
    since = models.DateTimeField(_("从"))
    until = models.DateTimeField(_("到"))
    status = models.CharField(_("状态"), max_length=12, choices=TrialFlow.choices(), default="running")
    result = models.JSONField(_("结果"), default=list, blank=True)
    seconds = models.FloatField(_("用时（秒）"), null=True, blank=True)
    problem = models.CharField(_("失败原因"), max_length=200, default="", blank=True)
    asked_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("发起人"))

    def __str__(self) -> str:
        return f"{self.rule_version} {self.days}d"


class TrialProgress(models.Model):
    """How far a trial is. Bookkeeping of the engine, not a record: it changes many times a second."""

    trial_id = models.BigIntegerField(primary_key=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)


class TrialHit(models.Model):
    """A record that a trial found, under a step of the version (for deadlines: a kind of difference).

    Written by one statement a batch and dropped after a month; not a record.
    """

    trial_id = models.BigIntegerField()
    step = models.SmallIntegerField()
    record_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["trial_id", "step", "record_id"], name="trial_hit")]


def _results(record: Any, actor: Actor) -> dict[str, Any]:
    from .panels import results

    return results(record)


class RuleTrials(Register):
    """Trials with their results and the way to the records behind each figure."""

    model = RuleTrial
    label = _("规则试运行")
    icon = "history"
    group = "rules"
    columns = "rule_version days since until status seconds asked_by created_at"
    filters = "rule_version status asked_by"
    grants = {"view": READERS, "export": EDITORS}
    flow = TrialFlow
    links = "rule_version__rule"
    panels = (Panel("results", _("结果"), "rules/results.html", _results),)
    writable = False

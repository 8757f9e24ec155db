"""Runs of retention: what is due is shown first, somebody answers for it, then it is erased, with a trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import Job, Periodic, enqueue
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, GezhiError, Missing
from gezhi.kernel.fields import Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .anonymise import anonymise
from .lasting import remove, take_along
from .terms import RetentionRule, due, held

log = structlog.get_logger(__name__)
BATCH = 200
SHOWN = 30
"""Records shown in a preview."""


def _previewed(ctx: Any) -> None:
    """Count what is due now, and what of it is held."""
    rule = ctx.inputs["rule"]
    if not rule.active:
        raise Conflict(_t("该期限没有启用"))
    if RetentionRun.objects.filter(rule=rule, status__in=("previewed", "running")).exists():
        raise Conflict(_t("该期限已有一次待执行的清理"))
    found, hold = due(rule, ctx.now), held(registry.register(rule.register), timezone.localdate(ctx.now))
    count = found.count()
    on_hold = found.filter(hold).count()
    ctx.values.update(as_of=ctx.now, due=count - on_hold, held=on_hold)


def _started(ctx: Any) -> None:
    ctx.values.update(approver_id=ctx.actor.user_id, done=0, kept=0)
    ctx.then.append(lambda run: enqueue("retention.carry", once=f"retention:{run.pk}", run=run.pk))


class RetentionFlow(Workflow):
    """Previewed, then carried out by order of somebody, or dropped."""

    previewed = State(_("已预览"), tone="wait")
    running = State(_("执行中"))
    done = State(_("已完成"), tone="done", final=True)
    dropped = State(_("不执行"), tone="stop", final=True)

    preview = Move(_("预览到期记录"), to=previewed, who="auditor:all admin:all system:all", run=_previewed, quiet=True,
                   ask=(Ask("rule", Ref(_("期限"), register="retention_rule")),))
    carry_out = Move(_("批准执行"), source=(previewed,), to=running, who="auditor:all", tone="danger", strong=True,
                     run=_started, ask=(Ask("opinion", models.CharField(_("意见"), max_length=300)),),
                     help=_("执行后不能恢复；被封存的和仍被引用的记录会留下"))
    drop = Move(_("不执行"), source=(previewed,), to=dropped, who="auditor:all admin:all system:all",
                ask=(Ask("opinion", models.CharField(_("理由"), max_length=300)),))
    finish = Move(_("完成"), source=(running,), to=done, who=SYSTEM_ONLY)


class RetentionRun(Record):
    """One carrying out of one term."""

    rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="runs", verbose_name=_("期限"))
    status = models.CharField(_("状态"), max_length=10, choices=RetentionFlow.choices(), default="previewed")
    as_of = models.DateTimeField(_("到期截止"), editable=False)
    due = models.PositiveIntegerField(_("到期记录数"), default=0, editable=False)
    held = models.PositiveIntegerField(_("封存不动"), default=0, editable=False)
    done = models.PositiveIntegerField(_("已处理"), default=0, editable=False)
    kept = models.PositiveIntegerField(_("因被引用保留"), default=0, editable=False)
    after = models.BigIntegerField(default=0, editable=False)
    approver = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 db_constraint=False, verbose_name=_("批准人"), editable=False)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.rule} {timezone.localtime(self.as_of):%Y-%m-%d}"



def shown(run: RetentionRun, actor: Actor) -> dict[str, Any]:
    """The first records that would be erased now: by name, or by number alone where only named people may know."""
    register = registry.register(run.rule.register)
    found = due(run.rule, run.as_of).exclude(held(register, timezone.localdate())).order_by("pk")
    rows = [{"id": r.pk, "title": f"#{r.pk}" if register.confined else register.title(r), "since": getattr(
        r, run.rule.since)} for r in found.select_related(*register.related)[:SHOWN]]
    return {"rows": rows, "label": register.label, "since": register.kinds[run.rule.since].label, "run": run,
            "more": max(0, run.due - len(rows))}


PREVIEW = Panel("preview", _("将被处理的记录"), "desk/panels/retention_preview.html", shown,
                when=lambda run, _actor: run.status == "previewed")


class RetentionRuns(Register):
    """Runs, to whoever answers for personal data."""

    model, label, group, icon = RetentionRun, _("到期清理"), "system", "trash"
    columns = "rule status as_of due held done kept approver finished_at"
    filters = "rule status as_of finished_at"
    links = "rule"
    writable = False
    grants = {"view": "auditor:all admin:all supervisor:all", "export": "auditor:all"}
    flow = RetentionFlow
    panels = (PREVIEW,)


def carry(run: int) -> int:
    """The job: batch after batch until nothing due is left; goes on where it stopped. Returns how many were erased."""
    total = 0
    while True:
        record = RetentionRun.objects.select_related("rule").get(pk=run)
        if record.status != "running":
            return total
        found, erased = _removed(record) if record.rule.act == "remove" else _emptied(record)
        total += erased
        if not found:
            _finish(run)
            return total
        with door(SYSTEM) as session:
            session.change(record, {"done": record.done + erased, "kept": record.kept + len(found) - erased,
                                    "after": found[-1]}, verb="carry", trusted=True, emit=False)


def _finish(run: int) -> None:
    with door(SYSTEM) as session:
        record = act(SYSTEM, RetentionRun.objects.get(pk=run), "finish")
        session.change(record, {"finished_at": session.now}, verb="carry", trusted=True, emit=False)


def _next(run: RetentionRun) -> tuple[Register, models.QuerySet[Any]]:
    register = registry.register(run.rule.register)
    hold = held(register, timezone.localdate())
    return register, due(run.rule, run.as_of).exclude(hold).filter(pk__gt=run.after).order_by("pk")


def _why(run: RetentionRun) -> str:
    return _t("保存期限届满（清理 %d）") % run.pk


def _emptied(run: RetentionRun) -> tuple[list[int], int]:
    """Keys looked at, and how many records were anonymised."""
    register, found = _next(run)
    with door(SYSTEM) as session:
        records = list(found.select_for_update(of=("self",))[:BATCH])
        take_along(session, register, records, run.rule.act, _why(run))
        return [r.pk for r in records], anonymise(session, register, records, run.rule.act, _why(run))


def _removed(run: RetentionRun) -> tuple[list[int], int]:
    """Keys looked at, and how many records were removed; each in a transaction of its own."""
    register, found = _next(run)
    pks, erased = list(found.values_list("pk", flat=True)[:BATCH]), 0
    for record in register.model.objects.filter(pk__in=pks):
        try:
            with door(SYSTEM) as session:
                remove(session, register, record, _why(run))
            erased += 1
        except (Conflict, Missing):  # somebody points at it, or was faster: told in the figures, seen to next time
            log.info("retention_kept", register=register.name, record=record.pk)
    return pks, erased


def prepare(now: dt.datetime | None = None) -> int:
    """Every term with something due gets its preview, for somebody to decide. Returns how many were made."""
    made = 0
    for rule in RetentionRule.objects.filter(active=True).exclude(runs__status__in=("previewed", "running")):
        if rule.register not in registry.registers or not due(rule, now or timezone.now()).exists():
            continue
        try:
            act(SYSTEM, RetentionRun, "preview", {"rule": rule}, at=now)
            made += 1
        except GezhiError as error:
            log.warning("retention_preview", rule=rule.pk, why=str(error))
    return made


CARRY = Job("retention.carry", carry)
PREPARE = Periodic("retention.prepare", 86400, prepare)

"""Proposed versions of rows of the matrix (清单修订): from an arbitration, a blind spot, practice, or a person.

Each is replayed on past cases before it may be adopted; adopted, the old row ends and a new version of it begins.
"""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import enqueue
from gezhi.engines.versions import not_own
from gezhi.foundation.catalogue.public import Row, replace_row
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from ..tools import opinion
from . import revision

REPLAY = "cases.replay"
KINDS = [("change", _("修改一行")), ("add", _("新增一行")), ("end", _("停用一行"))]
SOURCES = [("claim", _("退单裁定")), ("bounce", _("推诿仲裁")), ("blind_spot", _("职能盲区")),
           ("practice", _("派遣实践")), ("manual", _("人工提出"))]
PROPOSERS = "supervisor:area shift_leader:area admin:all"
DAYS, MOST_DAYS = 365, 1100


def _propose(ctx: Any) -> None:
    """Check the row as it would stand; who proposes."""
    inputs, values = ctx.inputs, ctx.values
    base, kind = inputs["base"], inputs["kind"]
    errors: dict[str, list[Any]] = {}
    if kind == "add" and base is not None:
        errors["base"] = [_t("新增一行时不选原来的行")]
    if kind != "add" and base is None:
        errors["base"] = [_t("请选择要修改或停用的行")]
    if kind != "end" and inputs["unit"] is None:
        errors["unit"] = [_t("请选择主办单位")]
    scope = inputs["scope"] or (base.scope if base is not None else "")
    if len(scope) not in (0, 2, 4, 7) or not (scope.isdecimal() or not scope):
        errors["scope"] = [_t("应为 7 位事项代码、4 位类别代码、2 位领域代码，或留空")]
    if errors:
        raise Invalid(errors)
    area = inputs["area_code"] or (base.area_code if base is not None else "")
    helpers = [u.pk for u in inputs["helpers"] if u != inputs["unit"]]
    if kind == "change" and base is not None and (scope, area, inputs["unit"], helpers) == (
            base.scope, base.area_code, base.unit, list(base.co_units)):
        raise Invalid({"unit": [_t("与现行的行没有差别")]})
    values.update(
        scope=scope, area_code=area, co_units=helpers, reason=inputs["opinion"], source=inputs["source"] or "manual",
        proposer_id=ctx.actor.user_id, base_version=base.label if base is not None else "")
    ctx.then.append(lambda record: enqueue(REPLAY, once=f"{REPLAY}:{record.pk}", proposal_id=record.pk, days=DAYS))


def _replay(ctx: Any) -> None:
    ctx.then.append(lambda record: enqueue(REPLAY, once=f"{REPLAY}:{record.pk}", proposal_id=record.pk,
                                           days=ctx.inputs["days"]))


def _replayed(ctx: Any) -> None:
    ctx.values.update(result=ctx.inputs["result"], replayed_at=ctx.now)


def _own(record: Any, actor: Actor) -> Any:
    return not_own(record.proposer_id, actor)


def _may_adopt(record: Any, actor: Actor) -> Any:
    if record.replayed_at is None:
        return _("请先在历史案件上回放，看清影响后再采纳")
    return _own(record, actor)


def _adopt(ctx: Any) -> None:
    """The row takes effect; what proposed it is told."""
    record = ctx.record
    start = ctx.inputs["start"] or timezone.localdate(ctx.now)
    if start < timezone.localdate(ctx.now):
        raise Invalid({"start": [_t("生效日期不能早于今天")]})
    if record.base is not None and record.base.label != record.base_version:
        raise Conflict(_t("该行在提出之后被修改过，请重新提出"))
    unit_id = None if record.kind == "end" else record.unit_id
    row = replace_row(ctx.session, record.base, Row(
        record.scope, record.area_code, unit_id, tuple(record.co_units), record.legal_basis), start, _t(
        "清单修订 %d：%s") % (record.pk, record.reason[:100]))
    ctx.values.update(adopted=row, effective_from=start, reviewer_id=ctx.actor.user_id)
    if record.blind_spot_id is not None and record.blind_spot.status == "decided":
        ctx.then.append(lambda done: ctx.act(done.blind_spot, "updated"))


def _refuse(ctx: Any) -> None:
    ctx.values["reviewer_id"] = ctx.actor.user_id


class DutyProposalFlow(Workflow):
    """Proposed, adopted or refused."""

    proposed = State(_("待审议"), tone="wait")
    adopted = State(_("已采纳"), tone="done", final=True)
    refused = State(_("未采纳"), tone="stop", final=True)

    propose = Move(_("提出清单修订"), to=proposed, who=PROPOSERS, tone="primary", run=_propose, ask=(
        Ask("kind", models.CharField(_("修订方式"), max_length=8, choices=KINDS)),
        Ask("base", Ref(_("原来的行"), register="responsibility", blank=True)),
        Ask("scope", models.CharField(_("事项、类别或领域代码"), max_length=7, blank=True, default="")),
        Ask("area_code", AreaCodeField(_("区域"))),
        Ask("unit", Ref(_("主办单位"), register="unit", blank=True)),
        Ask("helpers", Ref(_("协办单位"), register="unit", many=True, blank=True)),
        Ask("legal_basis", models.CharField(_("法律依据"), max_length=200, blank=True, default="")),
        Ask("claim", Ref(_("退单裁定"), register="claim", blank=True)),
        Ask("blind_spot", Ref(_("职能盲区"), register="blind_spot", blank=True)),
        Ask("source", models.CharField(_("来源"), max_length=12, choices=SOURCES, blank=True, default="manual")),
        opinion(_("理由"))))
    replay = Move(_("在历史案件上回放"), source=(proposed,), who=PROPOSERS, run=_replay, ask=(
        Ask("days", models.PositiveSmallIntegerField(_("最近多少天"), default=DAYS, validators=[
            MinValueValidator(1), MaxValueValidator(MOST_DAYS)])),))
    replayed = Move(_("回放完成"), source=(proposed,), who=SYSTEM_ONLY, quiet=True, run=_replayed,
                    ask=(Ask("result", models.JSONField(_("结果"))),))
    adopt = Move(_("采纳"), source=(proposed,), to=adopted, who="admin:all leader:area", tone="primary", run=_adopt,
                 when=_may_adopt, ask=(Ask("start", models.DateField(_("生效日期"), null=True, blank=True)),
                                       opinion(_("审议意见"))))
    refuse = Move(_("不采纳"), source=(proposed,), to=refused, who="admin:all leader:area", tone="danger", when=_own,
                  run=_refuse, ask=(opinion(_("理由")),))


class DutyProposal(Record):
    """A row of the matrix as somebody wants it to be."""

    kind = models.CharField(_("修订方式"), max_length=8, choices=KINDS)
    status = models.CharField(_("状态"), max_length=12, choices=DutyProposalFlow.choices(), default="proposed")
    base = models.ForeignKey("catalogue.Responsibility", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("原来的行"))
    base_version = models.CharField(_("原来的版本"), max_length=20, default="", blank=True)
    scope = models.CharField(_("事项、类别或领域代码"), max_length=7, default="", blank=True, db_collation="C")
    area_code = AreaCodeField(_("区域"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("主办单位"))
    co_units = models.JSONField(_("协办单位"), default=list, blank=True)
    legal_basis = models.CharField(_("法律依据"), max_length=200, default="", blank=True)
    source = models.CharField(_("来源"), max_length=12, choices=SOURCES, default="manual")
    claim = models.ForeignKey("cases.Claim", models.PROTECT, null=True, blank=True, related_name="proposals",
                              verbose_name=_("退单裁定"))
    blind_spot = models.ForeignKey("cases.BlindSpot", models.PROTECT, null=True, blank=True, related_name="proposals",
                                   verbose_name=_("职能盲区"))
    reason = models.TextField(_("理由"), max_length=2000)
    result = models.JSONField(_("回放结果"), default=dict, blank=True)
    replayed_at = models.DateTimeField(_("回放时间"), null=True, blank=True)
    adopted = models.ForeignKey("catalogue.Responsibility", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("采纳后的行"))
    effective_from = models.DateField(_("生效日期"), null=True, blank=True)
    proposer = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, db_index=False,
                                 related_name="+", verbose_name=_("提出人"))
    reviewer = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, db_index=False,
                                 related_name="+", verbose_name=_("审议人"))

    class Meta:
        indexes = [models.Index(fields=["status", "-id"], name="duty_proposal_open", condition=Q(adopted=None)),
                   models.Index(fields=["area_code", "-id"], name="duty_proposal_area")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.scope or '*'} × {self.area_code} → {self.unit or '—'}"


class ReplayHit(models.Model):
    """A past case that a proposed row would have sent elsewhere. Written by the batch, dropped after a month."""

    proposal_id = models.BigIntegerField()
    case_id = models.BigIntegerField()
    before_id = models.BigIntegerField(null=True)
    after_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["proposal_id", "case_id"], name="replay_hit")]


class DutyProposals(Register):
    """Everybody at the centre sees what is proposed; administrators and leaders adopt."""

    model = DutyProposal
    label = _("清单修订")
    icon = "git-branch"
    group = "catalogue"
    columns = "kind scope area_code unit base source status replayed_at effective_from proposer"
    filters = "kind status source scope area_code unit base claim blind_spot effective_from"
    search = "reason legal_basis"
    grants = {"view": "supervisor:area shift_leader:area dispatcher:area leader:area admin:all",
              "export": "supervisor:area leader:area admin:all"}
    flow = DutyProposalFlow
    panels = (Panel("difference", _("修订内容"), "desk/panels/duty_difference.html", revision.difference),
              Panel("replay", _("在历史案件上的影响"), "desk/panels/replay.html", revision.shown))
    writable = False

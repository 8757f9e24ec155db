"""Supervision orders (督办单): numbered, to one unit, with a time to reply, an answer, a verdict and a price."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.rules.family import LEVELS as RULE_LEVELS
from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import Amount, AreaCodeField, Files, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import ANY_OPEN, SYSTEM_ONLY, Ask, Move, State, Workflow

from ..kinds import TIMED_FILTERS, LightKind
from ..tools import opinion
from . import orders

LEVELS = [one for one in RULE_LEVELS if one[0] in ("normal", "key", "listed")]
SOURCES = [("rule", _("规则")), ("leader", _("领导")), ("manual", _("督查员"))]
VERDICTS = [("settled", _("整改到位")), ("part", _("部分整改")), ("not", _("整改不到位"))]
ISSUERS = "supervisor:centre shift_leader:centre leader:area"
JUDGES = "supervisor:centre leader:area"
UNIT = "unit_clerk:unit leader:unit"


def level() -> Ask:
    """How weighty it is."""
    return Ask("level", models.CharField(_("督办级别"), max_length=8, choices=LEVELS, default="normal"))


class SupervisionFlow(Workflow):
    """Proposed by a rule or issued; signed and answered by the unit; judged by whoever supervises."""

    clocks = ("reply",)

    proposed = State(_("待签发"), tone="wait")
    issued = State(_("待签收"), tone="wait", clock="reply")
    signed = State(_("待回复"), clock="reply")
    replied = State(_("待核验"), tone="wait")
    closed = State(_("已办结"), tone="done", final=True)
    dismissed = State(_("未采纳"), tone="stop", final=True)
    revoked = State(_("已撤销"), tone="stop", final=True)

    propose = Move(_("建议督办"), to=proposed, who=SYSTEM_ONLY, quiet=True, ask=(opinion(),))
    issue = Move(_("签发督办单"), to=issued, who=ISSUERS, tone="primary", run=orders.issued, ask=(
        Ask("case", Ref(_("案件"), register="case")),
        Ask("unit", Ref(_("督办单位（空为承办单位）"), register="unit", blank=True)), level(),
        opinion(_("督办要求")), Ask("reply", Amount(_("回复期限（空为该级别的期限）"), blank=True))))
    adopt = Move(_("签发"), source=(proposed,), to=issued, who=JUDGES, tone="primary", run=orders.adopted,
                 when=orders.may_adopt, clock="start:reply", ask=(opinion(_("督办要求"), blank=True),))
    dismiss = Move(_("不予督办"), source=(proposed,), to=dismissed, who=JUDGES, when=orders.may_adopt,
                   ask=(opinion(_("理由")),))
    sign = Move(_("签收"), source=(issued,), to=signed, who=UNIT, run=orders.signed)
    reply = Move(_("回复"), source=(issued, signed), to=replied, who=UNIT, tone="primary", run=orders.replied,
                 clock="stop:reply", ask=(opinion(_("整改情况")), Ask("photos", Files(_("证明材料")))))
    send_back = Move(_("退回补充"), source=(replied,), to=signed, who=JUDGES, run=orders.sent_back, clock="start:reply",
                     ask=(opinion(_("需要补充的内容")), Ask("reply", Amount(_("回复期限"), blank=True))))
    close = Move(_("办结"), source=(replied,), to=closed, who=JUDGES, tone="primary", run=orders.closed,
                 when=orders.may_close, ask=(
                     Ask("verdict", models.CharField(_("核验结论"), max_length=8, choices=VERDICTS)),
                     opinion(blank=True)))
    revoke = Move(_("撤销"), source=(issued, signed, replied), to=revoked, who=JUDGES, tone="danger",
                  run=orders.revoked, clock="stop:reply", ask=(opinion(_("撤销原因")),))
    miss = Move(_("逾期未回复"), source=ANY_OPEN, who=SYSTEM_ONLY, quiet=True, run=orders.missed)


class SupervisionOrder(Timed, Record):
    """One order of supervision to one unit about one case."""

    no = models.CharField(_("督办单号"), max_length=24, unique=True)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="supervisions", verbose_name=_("案件"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, db_index=False, related_name="+", verbose_name=_("督办单位"))
    area_code = AreaCodeField(_("区域"))
    source = models.CharField(_("来源"), max_length=8, choices=SOURCES, default="manual")
    level = models.CharField(_("督办级别"), max_length=8, choices=LEVELS, default="normal")
    status = models.CharField(_("状态"), max_length=12, choices=SupervisionFlow.choices(), default="issued")
    rule = models.CharField(_("依据规则"), max_length=24, default="", blank=True)
    firing = models.BigIntegerField(_("规则触发编号"), null=True, blank=True, editable=False)
    text = models.TextField(_("督办要求"), max_length=4000)
    issued_by = models.CharField(_("签发人"), max_length=80, default="", blank=True)
    issued_at = models.DateTimeField(_("签发时间"), null=True, blank=True)
    signed_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    answer = models.TextField(_("回复"), max_length=2000, default="", blank=True)
    answered_at = models.DateTimeField(_("回复时间"), null=True, blank=True)
    missed = models.BooleanField(_("逾期未回复"), default=False)
    sent_back = models.PositiveSmallIntegerField(_("退回补充次数"), default=0)
    verdict = models.CharField(_("核验结论"), max_length=8, choices=VERDICTS, default="", blank=True)
    points = models.FloatField(_("计扣分值"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firing"], name="supervision_once",
                                               condition=Q(firing__isnull=False))]
        indexes = [models.Index(fields=["case"], name="supervision_case"),
                   models.Index(fields=["unit", "-id"], name="supervision_unit"),
                   models.Index(fields=["area_code", "-id"], name="supervision_area"),
                   models.Index(fields=["due_at"], name="supervision_due", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.no} {self.unit}"


class SupervisionOrders(Register):
    """Orders by number; the unit sees its own, the centre and leaders those of their area."""

    model = SupervisionOrder
    label = _("督办单")
    icon = "message-exclamation"
    group = "oversight"
    key = "no"
    columns = "no case unit level source status light issued_at due_at answered_at verdict points"
    filters = ("no case unit level source status area_code rule issued_at due_at answered_at missed verdict "
               "overtime finished_at")
    search = "no^3 text case__title"
    virtual = {"light": LightKind()}
    extra_filters = TIMED_FILTERS
    reaches = {"unit": UnitReach("unit__path"), "centre": UnitReach("case__centre__path")}
    grants = {"view": "supervisor:centre shift_leader:centre dispatcher:centre reviewer:centre leader:area leader:unit "
                      "unit_clerk:unit admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = SupervisionFlow
    writable, under = False, "case"

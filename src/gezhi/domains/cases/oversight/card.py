"""Yellow and red cards (黄牌、红牌): issued by rule or by hand, open to appeal, reviewed in two steps."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import AreaCodeField, Files, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from ..kinds import TIMED_FILTERS, LightKind
from ..tools import opinion
from . import cards

COLOURS = [("yellow", _("黄牌")), ("red", _("红牌"))]
REASONS = [
    ("overdue", _("处置超期")), ("unsigned", _("超时未签收")), ("returns", _("无正当理由多次退回")),
    ("no_contact", _("反馈时未联系反映人")), ("wrong_outcome", _("办理结果不实")), ("false_feedback", _("虚假反馈")),
    ("no_reply", _("督办逾期未回复")), ("three_yellow", _("同一案件三张黄牌")), ("procedure", _("违反程序")),
    ("rule", _("规则自动发牌"))]
ADVICE = [("uphold", _("维持")), ("cancel", _("撤销"))]


class CardFlow(Workflow):
    """Issued; stands when nobody appeals in time; an appeal is advised on by one person and decided by another."""

    clocks = ("appeal",)

    issued = State(_("可申诉"), tone="wait", clock="appeal")
    appealed = State(_("申诉待初审"), tone="wait")
    reviewed = State(_("申诉待终审"), tone="wait")
    upheld = State(_("生效"), tone="done", final=True)
    cancelled = State(_("已撤销"), tone="stop", final=True)

    issue = Move(_("发牌"), to=issued, who="supervisor:centre leader:area", tone="danger", run=cards.issued, ask=(
        Ask("case", Ref(_("案件"), register="case")),
        Ask("unit", Ref(_("单位（空为承办单位）"), register="unit", blank=True)),
        Ask("colour", models.CharField(_("牌色"), max_length=6, choices=COLOURS)),
        Ask("reason", models.CharField(_("事由"), max_length=16, choices=REASONS)), opinion(_("说明"))))
    appeal = Move(_("申诉"), source=(issued,), to=appealed, who="unit_clerk:unit leader:unit", tone="primary",
                  when=cards.in_time, run=cards.appealed, clock="stop:appeal",
                  ask=(opinion(_("申诉理由")), Ask("photos", Files(_("证明材料")))))
    advise = Move(_("初审"), source=(appealed,), to=reviewed, who="reviewer:centre shift_leader:centre", tone="primary",
                  when=cards.not_issuer, run=cards.advised, ask=(
                      Ask("advice", models.CharField(_("初审意见"), max_length=8, choices=ADVICE)), opinion()))
    decide = Move(_("终审"), source=(reviewed,), to=(upheld, cancelled), who="supervisor:centre leader:area",
                  tone="primary", when=cards.not_reviewer, run=cards.decided, ask=(
                      Ask("decision", models.CharField(_("终审决定"), max_length=8, choices=ADVICE)),
                      Ask("exempt", models.BooleanField(_("撤销时同时免除该案件超期"), default=False)), opinion()))
    stand = Move(_("逾期未申诉，生效"), source=(issued,), to=upheld, who=SYSTEM_ONLY, quiet=True, clock="stop:appeal",
                 run=cards.stands)
    withdraw = Move(_("撤牌"), source=(issued, upheld), to=cancelled, who="supervisor:centre leader:area",
                    tone="danger", run=cards.withdrawn, clock="stop:appeal", ask=(opinion(_("撤牌原因")),))


class Card(Timed, Record):
    """One card to one unit about one case."""

    no = models.CharField(_("牌号"), max_length=24, unique=True)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="cards", verbose_name=_("案件"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, db_index=False, related_name="+", verbose_name=_("单位"))
    area_code = AreaCodeField(_("区域"))
    colour = models.CharField(_("牌色"), max_length=6, choices=COLOURS)
    reason = models.CharField(_("事由"), max_length=16, choices=REASONS)
    status = models.CharField(_("状态"), max_length=12, choices=CardFlow.choices(), default="issued")
    rule = models.CharField(_("依据规则"), max_length=24, default="", blank=True)
    firing = models.BigIntegerField(_("规则触发编号"), null=True, blank=True, editable=False)
    text = models.TextField(_("说明"), max_length=2000)
    issued_by = models.CharField(_("发牌人"), max_length=80, default="", blank=True)
    issued_by_id = models.BigIntegerField(_("发牌人编号"), null=True, blank=True, editable=False)
    issued_at = models.DateTimeField(_("发牌时间"))
    appeal_text = models.TextField(_("申诉理由"), max_length=2000, default="", blank=True)
    appealed_at = models.DateTimeField(_("申诉时间"), null=True, blank=True)
    advice = models.CharField(_("初审意见"), max_length=8, choices=ADVICE, default="", blank=True)
    advised_by_id = models.BigIntegerField(_("初审人编号"), null=True, blank=True, editable=False)
    decision = models.CharField(_("终审决定"), max_length=8, choices=ADVICE, default="", blank=True)
    decided_at = models.DateTimeField(_("生效或撤销时间"), null=True, blank=True)
    exempted = models.BooleanField(_("已免除超期"), default=False)
    points = models.FloatField(_("计扣分值"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firing"], name="card_once", condition=Q(firing__isnull=False))]
        indexes = [models.Index(fields=["case"], name="card_case"),
                   models.Index(fields=["unit", "-id"], name="card_unit"),
                   models.Index(fields=["area_code", "-id"], name="card_area"),
                   models.Index(fields=["due_at"], name="card_due", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.no} {self.get_colour_display()}"


class Cards(Register):
    """Cards by number; the unit sees its own."""

    model = Card
    label = _("红黄牌")
    icon = "flag"
    group = "oversight"
    key = "no"
    columns = "no colour case unit reason status light issued_at due_at rule points"
    filters = "no colour reason case unit status area_code rule issued_at due_at decided_at exempted"
    search = "no^3 text case__title"
    virtual = {"light": LightKind()}
    extra_filters = TIMED_FILTERS
    reaches = {"unit": UnitReach("unit__path"), "centre": UnitReach("case__centre__path")}
    grants = {"view": "supervisor:centre shift_leader:centre reviewer:centre leader:area leader:unit unit_clerk:unit "
                      "admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = CardFlow
    writable, under = False, "case"

"""Supervision remarks (协同监管): what units concerned and supervisors say of a case, and what is answered."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import NOTHING, Reach, UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from .. import models as m
from ..tools import opinion
from . import orders

KINDS = [("problem", _("问题")), ("advice", _("建议")), ("progress", _("进展")), ("praise", _("肯定"))]
WRITERS = ("acceptor:centre dispatcher:centre shift_leader:centre reviewer:centre callback_agent:centre "
           "supervisor:centre leader:area unit_clerk:concerned grid_leader:area")


def _left(ctx: Any) -> None:
    """A remark on a case one sees; a problem goes to a unit and waits for its answer."""
    case = ctx.inputs["case"]
    orders.seen(ctx, case)
    asked = ctx.inputs["to_unit"]
    if ctx.inputs["kind"] == "problem" and asked is None:
        asked = case.unit or case.centre
    if asked is not None and ctx.actor.unit_id == asked.pk:
        raise Invalid({"to_unit": [_t("不能向本单位提出")]})
    ctx.values.update(area_code=case.area_code, text=ctx.inputs["opinion"], said_by=ctx.actor.name[:80],
                      said_at=ctx.now, from_unit_id=ctx.actor.unit_id, unit=asked)
    ctx.payload.update(case=case.pk, title=case.title)


def _asked(record: Any, _actor: Actor) -> Any:
    return "" if record.unit_id is not None else _("该意见未要求答复")


def _answered(ctx: Any) -> None:
    ctx.values.update(answer=ctx.inputs["opinion"], answered_at=ctx.now)


def _concerned(actor: Actor) -> Q:
    """Remarks on cases in which the actor's unit has an order."""
    if not actor.unit_path:
        return NOTHING
    return Q(case__in=m.WorkOrder.objects.filter(unit__path__startswith=actor.unit_path).values("case_id"))


class RemarkFlow(Workflow):
    """Said, answered where an answer is asked for, settled."""

    open = State(_("待答复"), tone="wait", rest=True)
    answered = State(_("已答复"), tone="done", rest=True)
    settled = State(_("已了结"), tone="done", final=True)

    leave = Move(_("提出监督意见"), to=open, who=WRITERS, tone="primary", run=_left, ask=(
        Ask("case", Ref(_("案件"), register="case")),
        Ask("kind", models.CharField(_("类型"), max_length=8, choices=KINDS)),
        Ask("to_unit", Ref(_("请哪个单位答复"), register="unit", blank=True)), opinion(_("意见"))))
    answer = Move(_("答复"), source=(open,), to=answered, who="unit_clerk:asked leader:asked dispatcher:asked",
                  tone="primary", when=_asked, run=_answered, ask=(opinion(_("答复")),))
    settle = Move(_("了结"), source=(open, answered), to=settled, who="supervisor:centre leader:area unit_clerk:own",
                  ask=(opinion(blank=True),))


class Remark(Record):
    """One remark on a case."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="remarks", verbose_name=_("案件"))
    kind = models.CharField(_("类型"), max_length=8, choices=KINDS)
    status = models.CharField(_("状态"), max_length=8, choices=RemarkFlow.choices(), default="open")
    from_unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("提出单位"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("答复单位"))
    area_code = AreaCodeField(_("区域"))
    text = models.TextField(_("意见"), max_length=2000)
    said_by = models.CharField(_("提出人"), max_length=80, default="", blank=True)
    said_at = models.DateTimeField(_("提出时间"))
    answer = models.TextField(_("答复"), max_length=2000, default="", blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case"], name="remark_case"),
                   models.Index(fields=["area_code", "-id"], name="remark_area")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text[:20]}"


class Remarks(Register):
    """Whoever has to do with a case reads what is said of it."""

    model = Remark
    name = "supervision_remark"
    label = _("监督意见")
    icon = "messages"
    group = "oversight"
    columns = "case kind from_unit unit text status said_by said_at answered_at"
    filters = "kind status from_unit unit area_code said_at answered_at case"
    search = "text^2 case__title"
    reaches = {"own": UnitReach("from_unit__path"), "asked": UnitReach("unit__path"),
               "centre": UnitReach("case__centre__path"), "concerned": Reach(_concerned)}
    grants = {"view": f"{WRITERS} unit_clerk:asked leader:asked dispatcher:asked admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = RemarkFlow
    writable, under = False, "case"

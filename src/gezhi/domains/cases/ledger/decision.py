"""The dispatch ledger (派遣台账): of each dispatch the row of the matrix, its version, the facts, which rows lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register

from .. import ports
from ..tools import CENTRE
from . import explain

HOW = [("auto_dispatch", _("自动派遣")), ("dispatch", _("派遣")), ("dispatch_more", _("补充派遣")),
       ("reassign", _("改派")), ("redo", _("重派")), ("coordinate", _("协调指定")), ("hard_over", _("会商指定")),
       ("arbitrated", _("仲裁指定"))]
FACTS = ("item_code", "item_name", "area_code", "urgency", "demand", "catalogue_version", "confidence", "labels",
         "address")
"""Facts of a case that a dispatch may have rested on; kept as they were."""

_handed: ContextVar[ports.Grounds | None] = ContextVar("grounds", default=None)
_arbitrated: ContextVar[bool] = ContextVar("arbitrated", default=False)


class DispatchDecision(Record):
    """One dispatch: who chose whom, on what grounds.

    ``rows``: every row of the matrix looked at (``resolve.Weighed``); ``ranking``: the units as they were listed when a
    person chose, with the parts of their scores; ``place``: where the chosen unit stood in it, 0 for nowhere.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="decisions", verbose_name=_("案件"))
    order = models.ForeignKey("cases.WorkOrder", models.PROTECT, null=True, blank=True, related_name="decisions",
                              verbose_name=_("工单"))
    round = models.PositiveSmallIntegerField(_("派遣轮次"))
    how = models.CharField(_("方式"), max_length=16, choices=HOW)
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("承办单位"))
    duty = models.ForeignKey("catalogue.Responsibility", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("权责清单行"))
    duty_version = models.CharField(_("清单行版本"), max_length=20, default="", blank=True)
    score = models.FloatField(_("权责得分"), null=True, blank=True)
    advised = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                                verbose_name=_("推荐首位"))
    place = models.PositiveSmallIntegerField(_("所选单位的名次"), null=True, blank=True)
    agreed = models.BooleanField(_("与推荐一致"), null=True, blank=True)
    model_code = models.CharField(_("模型版本"), max_length=40, default="", blank=True)
    returned = models.BooleanField(_("后被退回"), default=False)
    area_code = AreaCodeField(_("区域"))
    item_code = models.CharField(_("事项代码"), max_length=16, default="", blank=True, db_collation="C")
    facts = models.JSONField(_("当时的事实"), default=dict)
    rows = models.JSONField(_("比较过的清单行"), default=list, blank=True)
    ranking = models.JSONField(_("当时的排序"), default=list, blank=True)
    opinion = models.CharField(_("派遣依据或要求"), max_length=200, default="", blank=True)
    decided_by = models.CharField(_("派遣人"), max_length=80)
    decided_at = models.DateTimeField(_("派遣时间"))
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["area_code", "-id"], name="decision_area"),
            models.Index(fields=["duty", "-id"], name="decision_duty", condition=models.Q(duty__isnull=False)),
            models.Index(fields=["item_code", "area_code", "decided_at"], name="decision_item"),
            models.Index(fields=["decided_at"], name="decision_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_how_display()} {self.unit}"


class DispatchDecisions(Register):
    """The ledger is read, never written by form."""

    model = DispatchDecision
    label = _("派遣台账")
    icon = "list-details"
    group = "cases"
    columns = "case round how unit duty duty_version advised place agreed returned decided_by decided_at"
    filters = ("how unit duty duty_version advised place agreed returned area_code item_code model_code decided_at "
               "case order")
    search = "case__title opinion"
    reaches = {"centre": UnitReach("case__centre__path"), "unit": UnitReach("unit__path")}
    grants = {"view": f"{CENTRE} unit_clerk:unit leader:area admin:all",
              "export": "shift_leader:centre supervisor:centre leader:area admin:all"}
    panels = (Panel("grounds", _("派遣依据"), "desk/panels/decision.html", explain.decision),)
    writable = False


@contextmanager
def handing(grounds: ports.Grounds) -> Iterator[None]:
    """Let the dispatch made within rest on grounds that were asked for already: what is kept is what decided."""
    token = _handed.set(grounds)
    try:
        yield
    finally:
        _handed.reset(token)


@contextmanager
def by_arbiter() -> Iterator[None]:
    """A dispatch made within is an arbiter's word: the unit cannot return it again."""
    token = _arbitrated.set(True)
    try:
        yield
    finally:
        _arbitrated.reset(token)


def arbitrated() -> bool:
    """Whether what is done now is an arbiter's word."""
    return _arbitrated.get()


def keep(ctx: Any, case: Any, order: Any, units: Sequence[Any], opinion: str) -> DispatchDecision:
    """Write a dispatch into the ledger, in the transaction of the dispatch itself: one statement, and one question to
    the matrix unless it was :func:`handing` its answer.

    Args:
        order: the order of the first unit.
        units: who got it, the lead first.
    """
    grounds = _handed.get() or ports.grounds(case.item_code, case.area_code, ctx.now)
    mine = next((d for d in grounds.duties if d.unit_id == units[0].pk), None)
    facts = {name: getattr(case, name) for name in FACTS}
    facts["others"] = [u.pk for u in units[1:]]
    return ctx.session.create(DispatchDecision, {
        "case": case, "order": order, "round": case.round, "unit": units[0],
        "how": "arbitrated" if arbitrated() else ctx.move.name,
        "duty_id": mine.row if mine is not None else None,
        "duty_version": mine.version[:20] if mine is not None else "",
        "score": mine.score if mine is not None else None, "rows": list(grounds.rows), "facts": facts,
        "area_code": case.area_code, "item_code": case.item_code, "opinion": opinion[:200],
        "decided_by": ctx.actor.name[:80], "decided_at": ctx.now, "invented": case.invented},
        verb="keep", trusted=True, emit=False)


def final(order: Any) -> bool:
    """Whether an arbiter gave this order to its unit."""
    return DispatchDecision.objects.filter(case_id=order.case_id, round=order.round, how="arbitrated").exists()

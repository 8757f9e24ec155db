"""Hazards of safety at work and fire (安全生产、消防隐患): of a firm, a home or a spot, until they are put right."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Layer, Register

from .flow import HazardFlow

OPEN = [code for code, state in HazardFlow.states().items() if not state.final]


def overdue(raw: str, _actor: Actor) -> Q:
    """``overdue=1``: not put right by the day it was due."""
    if raw != "1":
        raise Invalid({"overdue": [_t("没有这一项")]})
    return Q(status__in=OPEN, due_on__lt=timezone.localdate(moment()))


class SafetyHazard(Record):
    """One hazard, graver (重大) or lesser (一般), as the law on safety at work tells them apart."""

    number = OwnNumberField(_("隐患编号"), prefix="Y")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, null=True, blank=True,
                                     related_name="+", verbose_name=_("检查单位"))
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("检查房屋"))
    domain = CodeField(_("隐患领域"), table="hazard_domain")
    level = CodeField(_("隐患等级"), table="hazard_level")
    description = models.TextField(_("隐患描述"), max_length=1000)
    basis = models.CharField(_("依据条款"), max_length=200, default="", blank=True)
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    found_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("发现人"))
    found_at = models.DateTimeField(_("发现时间"))
    measure = models.TextField(_("整改措施"), max_length=1000, default="", blank=True)
    responsible = models.CharField(_("整改责任人"), max_length=50, default="", blank=True)
    due_on = models.DateField(_("整改期限"), null=True, blank=True)
    rechecked_at = models.DateTimeField(_("复查时间"), null=True, blank=True)
    recheck_result = models.CharField(_("复查结论"), max_length=500, default="", blank=True)
    status = models.CharField(_("整改状态"), max_length=12, choices=HazardFlow.choices(), default="found")

    class Meta:
        indexes = indexed("safetyhazard", "area_code", "domain", "level", "status+due_on", "found_at")

    def __str__(self) -> str:
        return f"{self.number} {self.description[:20]}"


class SafetyHazards(Register):
    """The hazards of an area."""

    model, label, group, icon, key = SafetyHazard, _("安全隐患"), "safety", "flame", "number"
    columns = "number domain level organisation home area_code status due_on found_by found_at"
    filters = "area_code domain level status organisation home due_on found_by found_at place"
    extra_filters = (Filter("overdue", _("整改逾期"), overdue, lambda: [["1", str(_("是"))]]),)
    search = "number^3 description"
    writable = False
    form = ("domain level organisation home description basis", "area_code place measure responsible due_on found_at")
    grants = {"view": "grid_member:area grid_leader:area unit_clerk:area shift_leader:area leader:area supervisor:area "
                      "admin:all", "export": "unit_clerk:area leader:area admin:all", "remove": "admin:all"}
    flow = HazardFlow
    layer = Layer("place", icon="flame", colour="status", title="number", show="domain level")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """It is somewhere: at a firm, in a home, or at a spot; what is ordered is not due before it was found."""
        for near in (record.organisation if record.organisation_id else None, record.home if record.home_id else None):
            if near is not None and not record.area_code:
                record.area_code = near.area_code
                changed.add("area_code")
        if record.due_on and "due_on" in changed and record.due_on < timezone.localtime(record.found_at).date():
            raise Invalid({"due_on": [_t("整改期限不能早于发现日期")]})
        settle(record, changed)

"""Incidents about pupils and teachers (涉及师生安全的案事件), at the school they concern."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class SchoolCase(Record):
    """One incident. Neither suspect nor victim is named: both are the authority's, which the number leads to."""

    school = models.ForeignKey("places.School", models.PROTECT, related_name="+", verbose_name=_("学校"))
    number = models.CharField(_("案（事）件编号"), max_length=50, unique=True)
    name = models.CharField(_("案（事）件名称"), max_length=100, help_text=_("不写人名"))
    nature = CodeField(_("案（事）件性质"), table="case_nature")
    happened_on = models.DateField(_("发生日期"))
    address = models.CharField(_("发生地详址"), max_length=200)
    solved = models.BooleanField(_("已破案或办结"), default=False)
    offenders = models.PositiveIntegerField(_("作案人数"), null=True, blank=True)
    fugitives = models.PositiveIntegerField(_("在逃人数"), null=True, blank=True)
    arrested = models.PositiveIntegerField(_("抓捕人数"), null=True, blank=True)
    situation = SealedField(_("办理情况"), high=True)

    class Meta:
        indexes = indexed("schoolcase", "nature", "happened_on", "solved")

    def __str__(self) -> str:
        return self.name


class SchoolCases(Register):
    """The incidents of an area's schools."""

    model, label, group, icon, key = SchoolCase, _("涉校案（事）件"), "safety", "school", "number"
    columns = "number name school nature happened_on solved offenders fugitives arrested"
    filters = "school nature happened_on solved"
    search = "name^3 number school__name"
    order = "-happened_on"
    form = ("school number name nature", "happened_on address solved", "offenders fugitives arrested situation")
    reaches = {"area": AreaReach("school__area_code")}
    grants = {"view": "grid_leader:area unit_clerk:area shift_leader:area leader:area supervisor:area",
              "create": "unit_clerk:area", "change": "unit_clerk:area", "remove": "admin:all",
              "export": "unit_clerk:area leader:area", "import": "unit_clerk:area", "reveal": "unit_clerk:area"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """It has happened; who is caught or at large has taken part."""
        if record.happened_on > timezone.localdate(moment()):
            raise Invalid({"happened_on": [_t("日期不能晚于今天")]})
        if record.offenders is not None and (record.fugitives or 0) + (record.arrested or 0) > record.offenders:
            raise Invalid({"offenders": [_t("在逃与抓捕人数之和不能多于作案人数")]})

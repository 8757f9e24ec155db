"""Incidents (案事件, GB/T 31000): what happened where, how grave, whether closed; not the case that is worked on."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register


class SecurityCase(Record):
    """One incident, as the authority in charge has told it."""

    number = models.CharField(_("案（事）件编号"), max_length=50, unique=True)
    name = models.CharField(_("案（事）件名称"), max_length=100, help_text=_("不写人名"))
    kind = CodeField(_("案（事）件类型"), table="case_type")
    level = CodeField(_("案（事）件分级"), table="case_level")
    nature = CodeField(_("案（事）件性质"), table="case_nature")
    happened_on = models.DateField(_("发生日期"))
    area_code = AreaCodeField(_("发生区域"))
    place = PointField(_("位置"), null=True, blank=True)
    address = models.CharField(_("发生地详址"), max_length=200)
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("登记单位"))
    overview = SealedField(_("情况"), high=True)
    closed_on = models.DateField(_("终结日期"), null=True, blank=True)

    class Meta:
        indexes = indexed("securitycase", "area_code", "kind", "level", "nature", "happened_on", "closed_on")

    def __str__(self) -> str:
        return self.name


class SecurityCases(Register):
    """The incidents of an area."""

    model, label, group, icon, key = SecurityCase, _("案（事）件"), "safety", "report", "number"
    columns = "number name kind level nature happened_on area_code unit closed_on"
    filters = "area_code kind level nature happened_on closed_on unit place"
    search = "name^3 number address"
    order = "-happened_on"
    form = ("number name kind level nature", "happened_on area_code place address", "unit overview closed_on")
    grants = {"view": "unit_clerk:area shift_leader:area leader:area supervisor:area admin:all",
              "create": "unit_clerk:area admin:all", "change": "unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all",
              "reveal": "unit_clerk:area shift_leader:area"}
    layer = Layer("place", icon="report", colour="level", title="name", show="kind")
    hub = True

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """It has happened, and ended afterwards."""
        if record.happened_on > timezone.localdate(moment()):
            raise Invalid({"happened_on": [_t("日期不能晚于今天")]})
        if record.closed_on and record.closed_on < record.happened_on:
            raise Invalid({"closed_on": [_t("不能早于发生日期")]})
        settle(record, changed)

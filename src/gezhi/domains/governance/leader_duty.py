"""Leaders' responsibility (综治领导责任制): which measure was taken towards which area, by whom, when."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class LeaderDuty(Record):
    """One measure."""

    area_code = AreaCodeField(_("被实施地区"))
    level = CodeField(_("被实施地区层级"), table="org_level")
    actor_name = models.CharField(_("实施主体"), max_length=100)
    actor_level = CodeField(_("实施主体层级"), table="org_level")
    policy = CodeField(_("政策种类"), table="policy_kind")
    day = models.DateField(_("日期"))
    remark = models.TextField(_("备注"), max_length=1000, default="", blank=True)

    class Meta:
        indexes = indexed("leaderduty", "area_code", "policy", "day", "level")

    def __str__(self) -> str:
        return f"{self.actor_name} {self.day:%Y-%m-%d}"


class LeaderDuties(Register):
    """The measures taken in an area."""

    model, label, group, icon = LeaderDuty, _("领导责任制"), "governance", "gavel"
    columns = "area_code level actor_name actor_level policy day"
    filters = "area_code level actor_level policy day"
    search = "actor_name^2"
    order = "-day"
    form = ("area_code level", "actor_name actor_level policy day", "remark")
    grants = {"view": "leader:area supervisor:area unit_clerk:area admin:all", "create": "supervisor:area admin:all",
              "change": "supervisor:area admin:all", "remove": "admin:all", "export": "leader:area admin:all",
              "import": "admin:all"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A measure is about an area."""
        settle(record, changed, "")

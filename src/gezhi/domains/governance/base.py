"""Who sees and keeps the bodies and teams of an area, and what each has: a name, an area, a place."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

GRANTS = {"view": "*:area", "create": "unit_clerk:area grid_leader:area admin:all",
          "change": "unit_clerk:area grid_leader:area admin:all", "remove": "admin:all",
          "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all",
          "reveal": "unit_clerk:area grid_leader:area shift_leader:area"}


class Body(Record):
    """A body or team with a level, a territory and a place on the map."""

    number = OwnNumberField(_("机构编号"), prefix="G")
    name = public(models.CharField(_("名称"), max_length=100))
    level = public(CodeField(_("机构层级"), table="org_level"))
    area_code = AreaCodeField(_("所属区域"))
    address = public(models.CharField(_("地址"), max_length=200, default="", blank=True))
    place = PointField(_("位置"), null=True, blank=True)
    phone = public(models.CharField(_("联系电话"), max_length=50, default="", blank=True))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Bodies(Register):
    """The bodies of an area; the directory is for every member of staff."""

    group, icon, key = "governance", "shield", "number"
    search = "name^3 number address"
    grants = GRANTS
    hub = True

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A body lies in an area."""
        settle(record, changed)

"""Buildings (楼栋): the smallest city, with the person in charge of it and a chart of its homes."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField, PolygonField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Panel, Register

from .chart import chart


class Building(Record):
    """A building with homes or rooms in it."""

    number = OwnNumberField(_("楼栋编号"), prefix="B")
    name = models.CharField(_("楼栋名称"), max_length=50)
    estate = models.CharField(_("小区（单位）名称"), max_length=50, default="", blank=True)
    address = models.ForeignKey("premises.StandardAddress", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("标准地址"))
    key = models.CharField(max_length=200, default="", editable=False, db_collation="C")
    area_code = AreaCodeField(_("所属区域"))
    use = CodeField(_("建筑用途"), table="building_use")
    floors = models.PositiveSmallIntegerField(_("层数"), validators=[MinValueValidator(1), MaxValueValidator(200)])
    units = models.PositiveSmallIntegerField(_("单元数"), validators=[MinValueValidator(1), MaxValueValidator(60)])
    households = models.PositiveIntegerField(_("楼栋户数"), null=True, blank=True)
    floor_area = models.DecimalField(_("建筑面积（平方米）"), max_digits=10, decimal_places=2, null=True, blank=True)
    built_year = models.PositiveSmallIntegerField(_("建成年份"), null=True, blank=True,
                                                  validators=[MinValueValidator(1000), MaxValueValidator(2100)])
    lifts = models.PositiveSmallIntegerField(_("电梯数"), null=True, blank=True)
    manager_name = models.CharField(_("楼栋长姓名"), max_length=50, default="", blank=True)
    manager_phone = SealedField(_("楼栋长电话"), form="phone")
    place = PointField(_("位置"), null=True, blank=True)
    outline = PolygonField(_("轮廓"), null=True, blank=True)

    class Meta:
        indexes = indexed("building", "area_code", "key", "estate", "use", "floors")

    def __str__(self) -> str:
        return f"{self.estate}{self.name}"


class Buildings(Register):
    """Buildings, each with a chart of units by floors."""

    model, label, group, icon, key = Building, _("楼栋"), "premises", "building", "number"
    columns = "name estate area_code use floors units households manager_name manager_phone"
    filters = "area_code estate use floors address"
    search = "name^2 estate^2 number"
    form = ("name estate address area_code", "use floors units households floor_area built_year lifts",
            "manager_name manager_phone", "place outline")
    grants = {"view": "*:area", "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all",
              "reveal": "grid_member:area grid_leader:area unit_clerk:area"}
    layer = Layer("place", icon="building", colour="use", title="name")
    panels = (Panel("chart", _("单元楼层图"), "desk/panels/building_chart.html", chart, phone=True, instead="home"),)
    hub = True

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Take place, area and key from the address."""
        if record.address_id:
            record.place = record.place or record.address.place
            record.area_code = record.area_code or record.address.area_code
            record.key = record.address.building_key or record.address.key
            changed |= {"place", "area_code", "key"}
        settle(record, changed)

"""Roads, railways, pipelines and lines under guard (护路护线)."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import LineStringField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import grid_at, settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

LINES = {"view": "grid_member:area grid_leader:area unit_clerk:area shift_leader:area dispatcher:area leader:area "
                 "admin:all",
         "create": "grid_leader:area unit_clerk:area admin:all",
         "change": "grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
         "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all",
         "reveal": "grid_leader:area unit_clerk:area shift_leader:area"}


class ProtectedLine(Record):
    """A road, railway, pipeline, power or telephone line."""

    number = OwnNumberField(_("线路编号"), prefix="L")
    name = models.CharField(_("线路名称"), max_length=100)
    kind = CodeField(_("路线类型"), table="line_type")
    area_code = AreaCodeField(_("所属区域"))
    course = LineStringField(_("线路走向"), null=True, blank=True)
    owner_unit = models.CharField(_("隶属单位"), max_length=100)
    owner_address = models.CharField(_("隶属单位地址"), max_length=200, default="", blank=True)
    owner_head = models.CharField(_("隶属单位负责人"), max_length=50, default="", blank=True)
    owner_phone = SealedField(_("隶属单位电话"), form="phone")
    keeper_unit = models.CharField(_("管辖单位"), max_length=100)
    keeper_phone = SealedField(_("管辖单位电话"), form="phone")
    security_name = models.CharField(_("分管治保负责人"), max_length=50, default="", blank=True)
    security_phone = SealedField(_("分管治保负责人电话"), form="phone")
    hazard_grade = CodeField(_("治安隐患等级"), table="hazard_grade")
    hazard = models.TextField(_("治安隐患情况"), max_length=1024, default="", blank=True)

    class Meta:
        indexes = indexed("line", "area_code", "kind", "hazard_grade")

    def __str__(self) -> str:
        return self.name


class ProtectedLines(Register):
    """The lines of an area."""

    model, label, group, icon, key = ProtectedLine, _("护路护线"), "safety", "road", "number"
    columns = "name kind area_code owner_unit keeper_unit hazard_grade security_name security_phone"
    filters = "area_code kind hazard_grade"
    search = "name^3 number owner_unit"
    form = ("name kind area_code course", "owner_unit owner_address owner_head owner_phone",
            "keeper_unit keeper_phone security_name security_phone", "hazard_grade hazard")
    grants = LINES
    layer = Layer("course", icon="road", colour="hazard_grade", title="name", show="kind", cluster=False)
    hub = True

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A line belongs to the area of its beginning when none is given."""
        if not record.area_code and record.course is not None:
            record.area_code = grid_at(*record.course.coords[0][:2])
            changed.add("area_code")
        settle(record, changed, "")

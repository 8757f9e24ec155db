"""Cameras and other devices as inventory (设备): what stands where and who keeps it; what they see is not kept here."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register


class Device(Record):
    """A camera, sensor, loudspeaker or other device."""

    code = models.CharField(_("设备编号"), max_length=20, unique=True, help_text=_("摄像机用 GB/T 28181 的 20 位编号"),
                            validators=[RegexValidator(r"^[0-9A-Za-z\-]+$", _("只能用数字、字母和短横"))])
    name = models.CharField(_("设备名称"), max_length=80)
    kind = CodeField(_("设备类型"), table="device_kind")
    state = CodeField(_("设备状态"), table="device_state", default="1")
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    address = models.CharField(_("安装地点"), max_length=200, default="", blank=True)
    heading = models.PositiveSmallIntegerField(_("朝向（度）"), null=True, blank=True,
                                               validators=[MaxValueValidator(359)])
    component = models.CharField(_("关联部件标识码"), max_length=17, default="", blank=True, db_collation="C")
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("维护单位"))
    since = models.DateField(_("安装日期"), null=True, blank=True)
    model_name = models.CharField(_("厂家型号"), max_length=80, default="", blank=True)

    class Meta:
        indexes = indexed("device", "area_code", "kind+state", "state", "component")

    def __str__(self) -> str:
        return self.name


class Devices(Register):
    """The devices of an area."""

    model, label, group, icon, key = Device, _("设备台账"), "places", "device-cctv", "code"
    columns = "code name kind state area_code address unit since"
    filters = "area_code kind state unit component place"
    search = "code^3 name address"
    form = ("code name kind state", "area_code place address heading", "component unit since model_name")
    grants = {"view": "grid_member:area grid_leader:area unit_clerk:area dispatcher:area shift_leader:area leader:area "
                      "admin:all",
              "create": "unit_clerk:area admin:all", "change": "unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all"}
    layer = Layer("place", icon="device-cctv", colour="state", title="name", show="kind")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A device stands in an area."""
        settle(record, changed)

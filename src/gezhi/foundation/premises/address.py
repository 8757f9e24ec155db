"""Standard addresses (标准地址): one record a place that can be named, down to the room of a building."""

from __future__ import annotations

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, indexed, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

from .wording import building_key, full_text, key_of

LEVELS = [("road", _("路街巷")), ("house", _("门牌")), ("estate", _("小区")),
          ("building", _("楼栋")), ("room", _("户室"))]


class StandardAddress(Record):
    """A place that can be named; province to community follow from its area, the rest stands in parts."""

    number = OwnNumberField(_("地址编码"), prefix="A")
    area_code = AreaCodeField(_("所属区域"))
    road = public(models.CharField(_("街路巷"), max_length=50, default="", blank=True))
    house_number = public(models.CharField(_("门牌号"), max_length=20, default="", blank=True))
    estate = public(models.CharField(_("小区（院落）"), max_length=50, default="", blank=True))
    building_no = public(models.CharField(_("楼栋号"), max_length=20, default="", blank=True))
    unit_no = public(models.CharField(_("单元"), max_length=10, default="", blank=True))
    floor = public(models.CharField(_("楼层"), max_length=5, default="", blank=True))
    room_no = models.CharField(_("户室"), max_length=10, default="", blank=True)
    text = models.CharField(_("地址全称"), max_length=200, default="", blank=True, editable=False)
    level = models.CharField(_("地址层级"), max_length=8, choices=LEVELS, default="road", editable=False)
    key = models.CharField(max_length=220, default="", editable=False, db_collation="C")
    building_key = models.CharField(max_length=200, default="", editable=False, db_collation="C")
    place = PointField(_("位置"), null=True, blank=True)
    state = CodeField(_("状态"), table="address_state", default="1")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="address_once")]
        indexes = indexed("address", "area_code", "building_key", "road", "estate", "text")

    def __str__(self) -> str:
        return self.text


class Addresses(Register):
    """The register all others choose an address from."""

    model, label, group, icon, key = StandardAddress, _("标准地址"), "premises", "map-pin", "number"
    columns = "text level area_code road house_number estate building_no unit_no room_no state"
    filters = "area_code level road estate building_no state"
    search = "text^3 number"
    form = ("area_code road house_number estate", "building_no unit_no floor room_no", "place state")
    grants = {"view": "*:area", "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all"}
    layer = Layer("place", icon="map-pin", colour="level", title="text")

    def clean(self, record: StandardAddress, actor: Actor, changed: set[str]) -> None:
        """Derive text, level and key; refuse a place that is there under another wording."""
        settle(record, changed)
        if record.room_no and not record.building_no and not record.house_number:
            raise Invalid({"building_no": [_t("填写户室时要有楼栋号或门牌号")]})
        record.text = full_text(record)
        if not record.text:
            raise Invalid({"road": [_t("请至少填写街路巷、小区或门牌号")]})
        record.level = next(level for level, part in (
            ("room", record.room_no), ("building", record.building_no), ("estate", record.estate),
            ("house", record.house_number), ("road", "road")) if part)
        record.key, record.building_key = key_of(record), building_key(record)
        changed |= {"text", "level", "key", "building_key"}
        same = StandardAddress.objects.filter(key=record.key).exclude(pk=record.pk).first()
        if same is not None:
            raise Invalid({"road": [_t("该地址已登记为“%(text)s”（%(number)s），请直接选用")
                                    % {"text": same.text, "number": same.number}]})

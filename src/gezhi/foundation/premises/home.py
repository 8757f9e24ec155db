"""Homes and other rooms (实有房屋): lived in by the owner, let, empty, or still to be looked at."""

from __future__ import annotations

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel import identifiers
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import (
    AreaCodeField,
    BlindField,
    CodeField,
    OwnNumberField,
    SealedField,
    indexed,
    sensitive,
)
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

from .building import Building


class Home(Record):
    """A home, shop or other room that one household or firm uses."""

    number = OwnNumberField(_("房屋编号"), prefix="H")
    address = models.OneToOneField("premises.StandardAddress", models.PROTECT, related_name="+",
                                   verbose_name=_("房屋地址"))
    text = models.CharField(_("地址全称"), max_length=200, default="", blank=True, editable=False)
    building = models.ForeignKey("premises.Building", models.PROTECT, null=True, blank=True, related_name="homes",
                                 verbose_name=_("楼栋"))
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    use = CodeField(_("建筑用途"), table="building_use")
    status = CodeField(_("房屋状态"), table="house_status")
    floor_area = sensitive(models.DecimalField(_("建筑面积（平方米）"), max_digits=8, decimal_places=2, null=True,
                                               blank=True))
    owner_id_type = CodeField(_("房主证件种类"), table="id_type", blank=True, default="")
    owner_id_no = SealedField(_("房主证件号码"), form="document")
    owner_id_index = BlindField(of="owner_id_no")
    owner_name = sensitive(models.CharField(_("房主姓名"), max_length=50, default="", blank=True), "name")
    owner_phone = SealedField(_("房主电话"), form="phone")
    owner_address = SealedField(_("房主现居详址"), form="address")

    class Meta:
        indexes = indexed("home", "area_code", "use", "status", "owner_id_index", "text")

    def __str__(self) -> str:
        return self.text


class Homes(Register):
    """The homes of an area; who owns one shows through a mask."""

    model, label, group, icon, key = Home, _("实有房屋"), "premises", "home", "number"
    columns = "text building area_code use status owner_name owner_phone"
    filters = "area_code building use status owner_id_no address"
    search = "text^3 number owner_id_no"
    form = ("address building use status floor_area", "owner_id_type owner_id_no owner_name owner_phone owner_address",
            "area_code place")
    grants = {"view": "grid_member:area grid_leader:area unit_clerk:area acceptor:area dispatcher:area leader:area "
                      "admin:all",
              "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all",
              "reveal": "grid_member:area grid_leader:area unit_clerk:area"}
    layer = Layer("place", icon="home", colour="status", title="number")
    hub = True

    def clean(self, record: Home, actor: Actor, changed: set[str]) -> None:
        """Take building, area and place from the address; check the owner's document."""
        if record.address_id:
            if not record.building_id and record.address.building_key:
                record.building = Building.objects.filter(key=record.address.building_key).first()
            record.area_code = record.area_code or record.address.area_code
            record.place = record.place or record.address.place
            record.text = record.address.text
            changed |= {"building", "area_code", "place", "text"}
        identifiers.checked(record, "owner_id_type", "owner_id_no")
        settle(record, changed)

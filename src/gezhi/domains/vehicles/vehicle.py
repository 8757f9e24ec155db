"""Vehicles kept in the area (实有车辆), with owner, driver and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.terms import Term
from gezhi.foundation.territory.public import settle
from gezhi.kernel import identifiers
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, PlateField, SealedField, indexed, sensitive
from gezhi.kernel.kinds.masks import plate
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class Vehicle(Record):
    """A motor vehicle or electric bicycle; it has no position of its own (privacy.md 4)."""

    number = OwnNumberField(_("车辆编号"), prefix="V")
    plate_no = sensitive(PlateField(_("号牌号码"), unique=True), "plate")
    plate_colour = CodeField(_("号牌颜色"), table="plate_color")
    kind = CodeField(_("车辆类型"), table="vehicle_kind")
    brand_model = models.CharField(_("品牌型号"), max_length=64, default="", blank=True)
    body_colour = models.CharField(_("车身颜色"), max_length=10, default="", blank=True)
    seats = models.PositiveSmallIntegerField(_("座位数"), null=True, blank=True,
                                             validators=[MinValueValidator(1), MaxValueValidator(100)])
    energy = CodeField(_("能源类型"), table="energy", blank=True, default="")
    owner = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name=_("车主"))
    owner_org = models.ForeignKey("organisations.Organisation", models.PROTECT, null=True, blank=True,
                                  related_name="+", verbose_name=_("所属单位"))
    driver = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("驾驶员"))
    licence = SealedField(_("驾驶证号"), form="document")
    parked_at = models.ForeignKey("premises.StandardAddress", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("常停地"))
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("所属房屋"))
    area_code = AreaCodeField(_("所属区域"))
    special_use = CodeField(_("特种运输类型"), table="special_use", blank=True, default="")
    is_key = models.BooleanField(_("重点车辆"), default=False, help_text=_("危险货物、渣土、校车等须重点管理的车辆"))

    gone_on = models.DateField(_("迁出或注销日期"), null=True, blank=True, help_text=_("填写后按保存期限删除"))

    class Meta:
        indexes = indexed("vehicle", "area_code", "gone_on", "kind", "plate_colour", "energy", "special_use", "is_key")

    def __str__(self) -> str:
        return plate(self.plate_no)


class Vehicles(Register):
    """The vehicles of an area."""

    model, label, group, icon, key = Vehicle, _("实有车辆"), "vehicles", "car", "number"
    columns = "plate_no kind plate_colour energy owner owner_org driver area_code special_use is_key"
    filters = ("plate_no area_code kind plate_colour energy special_use is_key owner owner_org driver home parked_at "
               "gone_on")
    search = "plate_no^3 number brand_model"
    form = ("plate_no plate_colour kind brand_model body_colour seats energy", "owner owner_org driver licence",
            "home parked_at area_code", "special_use is_key gone_on")
    grants = {"view": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all",
              "reveal": "grid_member:area grid_leader:area unit_clerk:area"}
    hub = True

    def find(self, text: str) -> Any:
        """By the own number, or by the plate."""
        return super().find(text) or Vehicle.objects.filter(plate_no=identifiers.tidy(text)).first()

    def find_many(self, texts: Sequence[str]) -> dict[str, Any]:
        """By the own numbers, or by the plates: two queries."""
        out = super().find_many(texts)
        plates = {t: identifiers.tidy(t) for t in texts if t and t not in out}
        rows = Vehicle.objects.filter(plate_no__in=set(plates.values())) if plates else ()
        found = {row.plate_no: row for row in rows}
        return out | {t: found[plate] for t, plate in plates.items() if plate in found}

    def clean(self, record: Vehicle, actor: Actor, changed: set[str]) -> None:
        """Somebody owns it; where it stands gives the area; it has gone before it is said to have."""
        if not record.owner_id and not record.owner_org_id:
            raise Invalid({"owner": [_t("请选择车主或所属单位")]})
        near = [getattr(record, name) for name in ("parked_at", "home", "owner", "owner_org")
                if getattr(record, f"{name}_id")]
        if not record.area_code and near:
            record.area_code = near[0].area_code
            changed.add("area_code")
        if record.gone_on and record.gone_on > timezone.localdate(moment()):
            raise Invalid({"gone_on": [_t("日期不能晚于今天")]})
        settle(record, changed, "")


DECLARES = (Vehicles, Term("vehicle", "gone_on", 1095, "remove"))

"""Key places (重点场所): offices, stations, markets, hospitals and whatever else draws crowds or dangers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.gis.db.models import PointField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import (
    AreaCodeField,
    CodeField,
    CreditCodeField,
    OwnNumberField,
    SealedField,
    indexed,
    public,
)
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Alike, Layer, Register

from .grants import PLACES


class KeyPlace(Record):
    """A place that is looked at every so many days."""

    number = OwnNumberField(_("场所编号"), prefix="K")
    name = public(models.CharField(_("场所名称"), max_length=100))
    kind = public(CodeField(_("场所类型"), table="place_type"))
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, null=True, blank=True,
                                     related_name="+", verbose_name=_("经营单位"))
    address = models.ForeignKey("premises.StandardAddress", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("标准地址"))
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    floor_area = models.DecimalField(_("面积（平方米）"), max_digits=10, decimal_places=2, null=True, blank=True)
    staff_count = models.PositiveIntegerField(_("从业人数"), null=True, blank=True)
    capacity = models.PositiveIntegerField(_("容纳人数"), null=True, blank=True)
    head_name = models.CharField(_("负责人"), max_length=80, default="", blank=True)
    head_phone = SealedField(_("负责人电话"), form="phone")
    authority = public(models.CharField(_("主管单位"), max_length=100, default="", blank=True))
    uscc = public(CreditCodeField(_("统一社会信用代码"), default="", blank=True))
    risk = CodeField(_("风险等级"), table="risk_colour", help_text=_("评的是场所，不是人"))
    patrol_days = models.PositiveSmallIntegerField(_("巡查周期（天）"), default=30,
                                                   validators=[MinValueValidator(1), MaxValueValidator(366)])

    class Meta:
        indexes = indexed("keyplace", "area_code", "kind", "risk", "patrol_days")

    def __str__(self) -> str:
        return self.name


class KeyPlaces(Register):
    """The key places of an area."""

    model, label, group, icon, key = KeyPlace, _("重点场所"), "places", "building-community", "number"
    columns = "name kind risk area_code organisation head_name head_phone capacity patrol_days"
    filters = "area_code kind risk organisation address patrol_days place"
    search = "name^3 number authority uscc"
    form = ("name kind risk patrol_days", "organisation uscc authority address area_code place",
            "floor_area staff_count capacity head_name head_phone")
    grants: ClassVar[Any] = {**PLACES, "merge": "unit_clerk:area admin:all"}
    alike = Alike(name="name", beside="organisation address uscc")
    layer = Layer("place", icon="building-community", colour="risk", title="name", show="kind")
    hub = True

    def clean(self, record: KeyPlace, actor: Actor, changed: set[str]) -> None:
        """Take area and point from the address, else from the firm."""
        for near in (record.address if record.address_id else None,
                     record.organisation if record.organisation_id else None):
            if near is not None:
                record.area_code = record.area_code or near.area_code
                record.place = record.place or near.place
                changed |= {"area_code", "place"}
        settle(record, changed)

"""Rentals (出租房): who rents which home from when to when, how many live there, and whether they share."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.premises.public import Home
from gezhi.kernel import identifiers
from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed, sensitive
from gezhi.kernel.kinds import AreaKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Layer, Register

LET, TO_CHECK = "02", "04"
"""Codes of ``house_status``."""


class Rental(Record):
    """One lease of a home; a home that is let to several has several."""

    home = models.ForeignKey("premises.Home", models.PROTECT, related_name="+", verbose_name=_("房屋"))
    tenant = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("承租人"), help_text=_("已登记的人员从这里选；未登记的填写下面三项"))
    tenant_name = sensitive(models.CharField(_("承租人姓名"), max_length=50, default="", blank=True), "name")
    tenant_id_type = CodeField(_("承租人证件种类"), table="id_type", blank=True, default="")
    tenant_id_no = SealedField(_("承租人证件号码"), form="document")
    tenant_id_index = BlindField(of="tenant_id_no")
    tenant_phone = SealedField(_("承租人电话"), form="phone")
    use = CodeField(_("出租用途"), table="rental_use")
    hazard = CodeField(_("隐患类型"), table="house_hazard", default="00")
    lease_from = models.DateField(_("租期起"))
    lease_to = models.DateField(_("租期止"), null=True, blank=True)
    ended_on = models.DateField(_("退租日期"), null=True, blank=True)
    occupants = models.PositiveSmallIntegerField(_("居住人数"),
                                                 validators=[MinValueValidator(1), MaxValueValidator(500)])
    shared = models.BooleanField(_("合租（群租）"), default=False)

    class Meta:
        indexes = indexed("rental", "use", "hazard", "shared", "lease_to", "ended_on", "tenant_id_index", "occupants")

    def __str__(self) -> str:
        return str(self.home)


def by_area(raw: str, _actor: Actor) -> Q:
    """Rentals of an area's homes."""
    return AreaKind(Home._meta.get_field("area_code"), "home__area_code").q(raw)


class Rentals(Register):
    """The rentals of an area."""

    model, label, group, icon = Rental, _("出租房"), "premises", "key"
    columns = "home tenant tenant_name use hazard lease_from lease_to ended_on occupants shared"
    filters = "home tenant tenant_id_no use hazard lease_to ended_on shared occupants"
    search = "home__text^3 tenant_id_no"
    form = ("home use hazard", "tenant tenant_name tenant_id_type tenant_id_no tenant_phone",
            "lease_from lease_to ended_on occupants shared")
    links = "home"
    layer = Layer("home__place", icon="key")
    reaches = {"area": AreaReach("home__area_code")}
    extra_filters = (Filter("area_code", _("所属区域"), by_area),)
    grants = {"view": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all",
              "reveal": "grid_member:area grid_leader:area unit_clerk:area"}

    def clean(self, record: Rental, actor: Actor, changed: set[str]) -> None:
        """There is a tenant, and the lease ends after it began."""
        if not record.tenant_id and not record.tenant_name:
            raise Invalid({"tenant": [_t("请选择承租人，或填写承租人姓名")]})
        identifiers.checked(record, "tenant_id_type", "tenant_id_no")
        for name in ("lease_to", "ended_on"):
            end = getattr(record, name)
            if end and end < record.lease_from:
                raise Invalid({name: [_t("不能早于租期开始")]})


def follow(session: Session, rental: Any, verb: str, _changed: set[str]) -> None:
    """A home with a running rental is let; one whose last rental has ended is to be looked at."""
    running = Rental.objects.filter(home_id=rental.home_id, ended_on=None).exclude(
        pk=rental.pk if verb == "remove" else 0).exists()
    home = Home.objects.get(pk=rental.home_id)
    wanted = LET if running else TO_CHECK if home.status == LET else home.status
    if wanted != home.status:
        session.change(home, {"status": wanted}, verb="change", trusted=True, opinion=_t("随出租登记变动"))

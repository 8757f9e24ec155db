"""Organisations (实有单位): firms, associations, offices, shops; one record each, whoever meets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel import identifiers
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import (
    AreaCodeField,
    BlindField,
    CodeField,
    CreditCodeField,
    OwnNumberField,
    SealedField,
    indexed,
    public,
)
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Alike, Layer, Register

GRANTS = {
    "view": "grid_member:area grid_leader:area unit_clerk:area acceptor:area dispatcher:area leader:area admin:all",
    "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
    "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
    "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all",
    "reveal": "grid_member:area grid_leader:area unit_clerk:area",
}
"""Those who collect and keep; the desk of the centre looks."""


class Organisation(Record):
    """A firm, association, office or shop at a place."""

    number = OwnNumberField(_("单位编号"), prefix="O")
    name = public(models.CharField(_("单位名称"), max_length=100))
    uscc = public(CreditCodeField(_("统一社会信用代码"), default="", blank=True))
    kind = CodeField(_("单位性质"), table="organisation_kind")
    area_code = AreaCodeField(_("所属区域"))
    address = models.ForeignKey("premises.StandardAddress", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("标准地址"))
    address_text = public(models.CharField(_("详细地址"), max_length=200, default="", blank=True))
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("所在房屋"))
    place = PointField(_("位置"), null=True, blank=True)
    phone = models.CharField(_("单位电话"), max_length=50, default="", blank=True)
    employees = models.PositiveIntegerField(_("从业人数"), null=True, blank=True)
    legal_name = models.CharField(_("法定代表人"), max_length=80, default="", blank=True)
    legal_id_type = CodeField(_("法定代表人证件种类"), table="id_type", blank=True, default="")
    legal_id_no = SealedField(_("法定代表人证件号码"), form="document")
    legal_id_index = BlindField(of="legal_id_no")
    legal_phone = SealedField(_("法定代表人电话"), form="phone")
    head_name = models.CharField(_("负责人"), max_length=80, default="", blank=True)
    head_phone = SealedField(_("负责人电话"), form="phone")
    security_name = models.CharField(_("治保负责人"), max_length=50, default="", blank=True)
    security_phone = SealedField(_("治保负责人电话"), form="phone")
    attention = CodeField(_("关注程度"), table="attention", default="03")
    active = models.BooleanField(_("在营"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["uscc"], name="organisation_once", condition=~Q(uscc=""))]
        indexes = indexed("organisation", "area_code", "kind", "name", "attention", "legal_id_index")

    def __str__(self) -> str:
        return self.name


class Organisations(Register):
    """The organisations of an area."""

    model, label, group, icon, key = Organisation, _("实有单位"), "entities", "building-store", "number"
    columns = "name uscc kind area_code address_text head_name head_phone employees attention active"
    filters = "area_code kind attention active address home legal_id_no"
    search = "name^3 uscc^2 number address_text"
    form = ("name uscc kind active", "area_code address address_text home place phone employees",
            "legal_name legal_id_type legal_id_no legal_phone", "head_name head_phone security_name security_phone",
            "attention")
    grants: ClassVar[Any] = {**GRANTS, "merge": "unit_clerk:area admin:all"}
    alike = Alike(same="uscc", name="name", beside="legal_id_index address home address_text")
    layer = Layer("place", icon="building-store", colour="kind", title="name")
    hub = True

    def find(self, text: str) -> Any:
        """By the own number, or by the credit code."""
        code = identifiers.tidy(text)
        return super().find(text) or (Organisation.objects.filter(uscc=code).first() if code else None)

    def find_many(self, texts: Sequence[str]) -> dict[str, Any]:
        """By the own numbers, or by the credit codes: two queries."""
        out = super().find_many(texts)
        codes = {t: identifiers.tidy(t) for t in texts if t and t not in out}
        wanted = set(codes.values()) - {""}
        rows = Organisation.objects.filter(uscc__in=wanted) if wanted else ()
        found = {row.uscc: row for row in rows}
        return out | {t: found[code] for t, code in codes.items() if code in found}

    def clean(self, record: Organisation, actor: Actor, changed: set[str]) -> None:
        """Check the representative's document; take area and wording from the address."""
        identifiers.checked(record, "legal_id_type", "legal_id_no")
        if record.address is not None:
            record.area_code = record.area_code or record.address.area_code
            record.place = record.place or record.address.place
            record.address_text = record.address_text or record.address.text
            changed |= {"area_code", "place", "address_text"}
        settle(record, changed)

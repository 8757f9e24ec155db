"""People who really live or work here (实有人口): one record a person; registers of their own add to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel import identifiers, seal
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import (
    AreaCodeField,
    BlindField,
    CodeField,
    OwnNumberField,
    RegionCodeField,
    SealedField,
    TokensField,
    indexed,
    sensitive,
)
from gezhi.kernel.kinds.masks import birth, name
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Alike, Layer, Register
from gezhi.kernel.slices import Slice

CONSENT_AGE = 14
"""Below it a guardian's consent is needed (PIPL 31)."""
GRANTS = {
    "view": "grid_member:area grid_leader:area unit_clerk:area admin:all",
    "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
    "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
    "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all",
    "reveal": "grid_member:area grid_leader:area unit_clerk:area",
}
"""Those who collect and keep; who handles a case meets people through the case."""


class Person(Record):
    """A natural person. Religion, political view, health and biometrics are not collected (privacy.md 10)."""

    number = OwnNumberField(_("人员编号"), prefix="P")
    kind = CodeField(_("人口类型"), table="person_type")
    id_type = CodeField(_("证件种类"), table="id_type", default="111")
    id_no = SealedField(_("证件号码"), form="document")
    id_index = BlindField(of="id_no")
    name = sensitive(models.CharField(_("姓名"), max_length=50), "name")
    former_name = sensitive(models.CharField(_("曾用名"), max_length=50, default="", blank=True), "name")
    gender = CodeField(_("性别"), table="gender", blank=True, default="")
    birth = sensitive(models.DateField(_("出生日期"), null=True, blank=True), "birth")
    nationality = CodeField(_("国籍（地区）"), table="country", default="156")
    ethnicity = SealedField(_("民族"), high=True, help_text=_("选填；不用于筛选和统计"))
    native_region = sensitive(RegionCodeField(_("籍贯区划代码"), default="", blank=True))
    marital = sensitive(CodeField(_("婚姻状况"), table="marital", blank=True, default=""))
    education = sensitive(CodeField(_("学历"), table="education", blank=True, default=""))
    occupation = sensitive(CodeField(_("职业类别"), table="occupation", blank=True, default=""))
    workplace = sensitive(models.CharField(_("服务处所"), max_length=100, default="", blank=True))
    phone = SealedField(_("联系电话"), form="phone")
    phone_index = BlindField(of="phone")
    household_region = RegionCodeField(_("户籍地区划代码"), default="", blank=True)
    household_address = sensitive(models.CharField(_("户籍地详址"), max_length=80, default="", blank=True), "address")
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="people",
                             verbose_name=_("现住房屋"))
    current_address = sensitive(models.CharField(_("现住地详址"), max_length=80, default="", blank=True), "address")
    area_code = AreaCodeField(_("所属区域"))
    at_registered = CodeField(_("人户一致标识"), table="household_consistency", blank=True, default="", editable=False)
    permanent = models.BooleanField(_("常住"), default=True)
    life_state = CodeField(_("人员状态"), table="life_state", default="01")
    consent = models.BooleanField(_("监护人已同意"), default=False, help_text=_("不满十四周岁的，须经监护人同意"))
    source = CodeField(_("数据来源"), table="data_source", default="01")
    verified_on = models.DateField(_("最近核实日期"), null=True, blank=True)
    tokens = TokensField(of="name former_name", names=True)

    class Meta:
        # the number first: people are looked for by it alone
        constraints = [models.UniqueConstraint(fields=["id_index", "id_type"], name="person_once",
                                               condition=~Q(id_index=None))]
        # the area with the key: the newest of a grid are chosen from the index alone
        indexes = [*indexed("person", "area_code+id", "kind", "name", "birth", "gender", "phone_index", "life_state",
                            "household_region", "at_registered", "permanent", "source"),
                   models.Index(fields=["nationality"], name="person_abroad", condition=~Q(nationality="156")),
                   GinIndex("tokens", Slice("id"), name="person_words")]

    def __str__(self) -> str:
        born = f"（{birth(self.birth.isoformat())[:4]}）" if self.birth else ""
        return f"{name(self.name)}{born}"


class People(Register):
    """The people of an area, named through a mask; whole values after a reasoned look only."""

    model, label, group, icon, key = Person, _("实有人口"), "people", "users", "number"
    columns = "number name gender birth kind home area_code phone at_registered life_state"
    filters = ("area_code kind name gender birth phone id_no home at_registered permanent life_state household_region "
               "nationality source")
    search = "name^3 number id_no phone"
    form = ("kind id_type id_no name former_name gender birth nationality", "phone home current_address area_code",
            "household_region household_address permanent life_state",
            "native_region marital education occupation workplace ethnicity", "consent source verified_on")
    grants: ClassVar[Any] = {**GRANTS, "merge": "unit_clerk:area admin:all"}
    alike = Alike(same="id_index", name="name", beside="birth phone_index home current_address household_address")
    layer = Layer("home__place", icon="users")
    hub = True

    def find(self, text: str) -> Any:
        """By the own number, or by that of the identity document."""
        found = seal.blinds(identifiers.tidy(text))
        return super().find(text) or Person.objects.filter(id_index__in=found).first()

    def find_many(self, texts: Sequence[str]) -> dict[str, Any]:
        """By the own numbers, or by those of the identity documents: two queries."""
        out = super().find_many(texts)
        indexes = {t: seal.blinds(identifiers.tidy(t)) for t in texts if t and t not in out}
        wanted = {index for many in indexes.values() for index in many}
        found = {bytes(row.id_index): row for row in Person.objects.filter(id_index__in=wanted)} if wanted else {}
        return out | {t: found[index] for t, many in indexes.items() for index in many if index in found}

    def clean(self, record: Person, actor: Actor, changed: set[str]) -> None:
        """Number, birth and sex agree; a child has a guardian's consent; the area follows the home."""
        citizen = identifiers.checked(record)
        if citizen:
            self._derive(record, citizen, changed)
        if not record.birth or not record.gender:
            wrong = "gender" if record.birth else "birth"
            raise Invalid({wrong: [_t("没有公民身份号码的，请填写性别和出生日期")]})
        today = dt.date.today()  # the process stands in the installation's time zone
        if not identifiers.OLDEST <= record.birth <= today:
            raise Invalid({"birth": [_t("出生日期应在 1900 年以后、今天以前")]})
        if record.birth > _years_before(today, CONSENT_AGE) and not record.consent:
            raise Invalid({"consent": [_t("不满十四周岁，须经监护人同意并作标记")]})
        if record.home is not None and "home" in changed:
            record.area_code, record.current_address = record.home.area_code, record.home.text[:80]
        if record.home is not None and not record.area_code:
            record.area_code = record.home.area_code
        changed |= {"area_code", "current_address", "at_registered"}
        settle(record, changed)
        record.at_registered = self._consistent(record)

    @staticmethod
    def _derive(record: Person, citizen: str, changed: set[str]) -> None:
        born, sex = identifiers.born_of(citizen), identifiers.sex_of(citizen)
        if record.birth and record.birth != born:
            raise Invalid({"birth": [_t("与公民身份号码里的出生日期不一致")]})
        if record.gender and record.gender != sex:
            raise Invalid({"gender": [_t("与公民身份号码里的性别不一致")]})
        record.birth, record.gender = born, sex
        changed |= {"birth", "gender"}

    @staticmethod
    def _consistent(record: Person) -> str:
        """``01`` when the household's address is where the person lives, ``""`` while either is unknown."""
        if not record.household_address or not record.current_address:
            return ""
        return "01" if identifiers.tidy(record.household_address) == identifiers.tidy(record.current_address) else "02"


def _years_before(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)

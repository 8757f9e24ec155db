"""Whom an incident concerns (涉案事件人员): known to the unit that wrote the incident down, and to nobody else."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel import identifiers
from gezhi.kernel.access import NOTHING, Reach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed, sensitive
from gezhi.kernel.kinds.masks import name as masked
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class CaseParty(Record):
    """One person's part in an incident. Suspicions are not kept: who did it is for the court to say."""

    security_case = models.ForeignKey("incidents.SecurityCase", models.PROTECT, related_name="+",
                                      verbose_name=_("案（事）件"))
    role = CodeField(_("涉事身份"), table="party_role")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("人员"), help_text=_("已登记的人员从这里选；未登记的填写下面三项"))
    name = sensitive(models.CharField(_("姓名"), max_length=80, default="", blank=True), "name")
    id_type = CodeField(_("证件种类"), table="id_type", blank=True, default="")
    id_no = SealedField(_("证件号码"), form="document")
    id_index = BlindField(of="id_no")
    phone = SealedField(_("联系电话"), form="phone")
    remark = SealedField(_("备注"), high=True)

    class Meta:
        indexes = indexed("caseparty", "role", "id_index")

    def __str__(self) -> str:
        return str(self.person) if self.person_id else masked(self.name)


class CaseParties(Register):
    """Those whom incidents concern."""

    model, label, group, icon = CaseParty, _("涉案（事）件人员"), "safety", "user-exclamation"
    columns = "security_case role person name phone"
    filters = "security_case role person id_no"
    links = "security_case person"
    form = ("security_case role", "person name id_type id_no phone", "remark")
    confined = True
    reaches = {"unit": Reach(lambda actor: Q(security_case__unit_id=actor.unit_id) if actor.unit_id is not None
                             else NOTHING, begins=lambda actor, record: record.security_case.unit_id == actor.unit_id)}
    grants = {"view": "unit_clerk:unit", "create": "unit_clerk:unit", "change": "unit_clerk:unit",
              "reveal": "unit_clerk:unit"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Somebody is named, once."""
        if bool(record.person_id) == bool(record.name):
            raise Invalid({"person": [_t("请选择已登记的人员，或填写姓名，二者只填一项")]})
        identifiers.checked(record)

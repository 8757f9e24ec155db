"""Registered residents (户籍人口): the household a person is registered in, and moves of the registration."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import AboutPerson, AboutPersons
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed, sensitive


class RegisteredResident(AboutPerson):
    """What the household register says of a person."""

    household_no = sensitive(models.CharField(_("户号"), max_length=20))
    relation = CodeField(_("与户主关系"), table="kinship")
    head_name = sensitive(models.CharField(_("户主姓名"), max_length=50), "name")
    head_id_no = SealedField(_("户主公民身份号码"), form="id_number")
    head_id_index = BlindField(of="head_id_no")
    head_phone = SealedField(_("户主联系电话"), form="phone")
    move_kind = CodeField(_("户籍变动"), table="move_kind", blank=True, default="")
    moved_on = models.DateField(_("户籍变动日期"), null=True, blank=True)
    move_reason = SealedField(_("户籍变动原因"))

    class Meta:
        indexes = indexed("registered", "household_no", "relation", "move_kind", "moved_on", "head_id_index")


class RegisteredResidents(AboutPersons):
    """The registered residents of an area."""

    model, label = RegisteredResident, _("户籍人口")
    columns = "person household_no relation head_name move_kind moved_on"
    filters = "household_no relation head_id_no move_kind moved_on person"
    search = "household_no^2 head_id_no"
    form = ("person household_no relation", "head_name head_id_no head_phone", "move_kind moved_on move_reason")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A move has its day."""
        if bool(record.move_kind) != bool(record.moved_on):
            raise Invalid({"moved_on": [_t("户籍变动和变动日期要一起填写")]})

"""Left-behind people (留守人员): old people, women and children whose family works elsewhere, and whom to call."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import AboutPerson, AboutPersons
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed, sensitive

CHILD, OLD = 16, 60
"""A left-behind child is younger, an old person at least as old, in years."""


class LeftBehindPerson(AboutPerson):
    """Who stayed, and who of the family may be called."""

    kind = CodeField(_("留守人员类型"), table="left_behind_type")
    kin_name = sensitive(models.CharField(_("家庭主要成员姓名"), max_length=50), "name")
    kin_relation = CodeField(_("与留守人员关系"), table="kinship")
    kin_id_no = SealedField(_("家庭主要成员公民身份号码"), form="id_number")
    kin_id_index = BlindField(of="kin_id_no")
    kin_phone = SealedField(_("家庭主要成员电话"), form="phone")
    kin_work = SealedField(_("家庭主要成员工作地址"), form="address")
    difficulty = SealedField(_("困难及诉求"), high=True)
    help = SealedField(_("帮扶情况"), high=True)

    class Meta:
        indexes = indexed("leftbehind", "kind", "kin_id_index")


class LeftBehindPeople(AboutPersons):
    """The left-behind people of an area."""

    model, label = LeftBehindPerson, _("留守人员")
    columns = "person kind kin_name kin_relation kin_phone"
    filters = "kind kin_id_no person"
    search = "kin_id_no"
    form = ("person kind", "kin_name kin_relation kin_id_no kin_phone kin_work", "difficulty help")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Kind and age agree."""
        born: dt.date | None = record.person.birth if record.person_id else None
        if born is None:
            return
        years = (timezone.localdate(moment()) - born).days / 365.2425
        if (record.kind == "03" and years >= CHILD) or (record.kind == "01" and years < OLD):
            raise Invalid({"kind": [_t("留守人员类型与年龄不符")]})

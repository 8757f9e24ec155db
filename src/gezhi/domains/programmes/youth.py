"""Young people in need (重点青少年): by kind of need, with guardian, helper and means of help."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed, sensitive

from .base import ENTRY, LEAVING, Programme, Programmes, age

YOUNGEST, OLDEST, GROWN = 6, 25, 18


class KeyYouth(Programme):
    """A young person between six and twenty-five who is helped."""

    kind = CodeField(_("青少年类型"), table="youth_type")
    family = CodeField(_("家庭情况"), table="youth_family")
    help_means = CodeField(_("帮扶手段"), table="help_means")
    help = SealedField(_("帮扶情况"), high=True)
    guardian_name = sensitive(models.CharField(_("监护人姓名"), max_length=50, default="", blank=True), "name")
    guardian_relation = CodeField(_("监护人关系"), table="kinship", blank=True, default="")
    guardian_id_no = SealedField(_("监护人公民身份号码"), form="id_number")
    guardian_id_index = BlindField(of="guardian_id_no")
    guardian_phone = SealedField(_("监护人电话"), form="phone")
    guardian_address = SealedField(_("监护人居住详址"), form="address")
    consent = models.BooleanField(_("监护人已同意"), default=False, help_text=_("未成年人须经监护人同意"))

    class Meta(Programme.Meta):
        indexes = [*Programme.Meta.indexes, *indexed("keyyouth", "kind", "family", "help_means", "guardian_id_index")]


class KeyYouths(Programmes):
    """The young people in need, to those who help them."""

    model, label = KeyYouth, _("重点青少年")
    columns = "person kind family help_means keeper last_visit next_visit light ends"
    filters = "kind family help_means keeper helper unit next_visit ends guardian_id_no person"
    form = (*ENTRY, "kind family help_means help",
            "guardian_name guardian_relation guardian_id_no guardian_phone guardian_address consent", LEAVING)

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """The age is that of the programme; a minor's guardian is named and has consented."""
        super().clean(record, actor, changed)
        years = age(record.person if record.person_id else None)
        if years is None:
            return
        if not YOUNGEST <= years < OLDEST + 1:
            raise Invalid({"person": [_t("重点青少年的年龄应在 6 至 25 周岁")]})
        if years < GROWN and not (record.consent and record.guardian_name and record.guardian_phone):
            raise Invalid({"consent": [_t("未成年人须填写监护人及电话，并经监护人同意")]})

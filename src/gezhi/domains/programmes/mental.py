"""Help for people with a severe mental disorder: guardian, managers, help. The illness is the health authority's."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import BlindField, CodeField, CodesField, SealedField, indexed, sensitive

from .base import ENTRY, LEAVING, Programme, Programmes


class MentalCare(Programme):
    """Who looks after a person and what help there is; no diagnosis, no treatment, no grade (privacy.md 10)."""

    guardian_name = sensitive(models.CharField(_("监护人姓名"), max_length=50), "name")
    guardian_id_no = SealedField(_("监护人公民身份号码"), form="id_number")
    guardian_id_index = BlindField(of="guardian_id_no")
    guardian_phone = SealedField(_("监护人电话"), form="phone")
    economy = CodeField(_("家庭经济状况"), table="family_economy")
    low_income = models.BooleanField(_("纳入低保"), default=False)
    managers = CodesField(_("参与管理人员"), table="mental_managers", blank=False)
    help_by = CodesField(_("帮扶部门"), table="help_by")
    rehab_org = models.CharField(_("康复训练机构"), max_length=100, default="", blank=True)

    class Meta(Programme.Meta):
        indexes = [*Programme.Meta.indexes, *indexed("mentalcare", "economy", "low_income", "guardian_id_index")]


class MentalCares(Programmes):
    """The people helped, to those who help them."""

    model, label = MentalCare, _("严重精神障碍患者服务")
    columns = "person managers help_by economy keeper last_visit next_visit light ends"
    filters = "economy low_income keeper helper unit next_visit ends guardian_id_no person"
    form = (*ENTRY, "guardian_name guardian_id_no guardian_phone", "economy low_income managers help_by rehab_org",
            LEAVING)

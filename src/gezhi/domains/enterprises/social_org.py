"""Civil organisations (社会组织)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import CodeField, RegionCodeField, indexed

from .bodies import FORM, Bodied, WithBodies


class SocialOrg(Bodied):
    """What is kept of an association, private non-enterprise unit or foundation."""

    kind = CodeField(_("社会组织类型"), table="social_org_type")
    state = CodeField(_("状态"), table="social_org_status", default="1")
    register_no = models.CharField(_("登记证号"), max_length=32, default="", blank=True)
    register_authority = RegionCodeField(_("登记管理机关区划代码"))
    approved_on = models.DateField(_("批准日期"))
    residence = models.CharField(_("住所"), max_length=200, default="", blank=True)
    fund_source = models.CharField(_("资金来源"), max_length=100, default="", blank=True)
    overseas = models.BooleanField(_("有境外背景"), default=False)

    class Meta:
        indexes = indexed("socialorg", "kind", "state", "approved_on", "overseas")


class SocialOrgs(WithBodies):
    """The civil organisations of an area."""

    model, label = SocialOrg, _("社会组织")
    columns = "organisation kind state register_no approved_on has_party overseas"
    filters = "kind state approved_on overseas has_party has_union organisation"
    search = "organisation__name^3 organisation__uscc register_no"
    form = ("organisation kind state register_no register_authority approved_on", "residence fund_source overseas",
            *FORM)


DECLARES = (SocialOrgs,)

"""Private economic organisations (非公有制经济组织)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import CodeField, indexed

from .bodies import FORM, Bodied, WithBodies


class PrivateOrg(Bodied):
    """What is kept of a private firm beside what every organisation has."""

    category = CodeField(_("企业类别"), table="enterprise_category")
    is_hazchem = models.BooleanField(_("危化企业"), default=False)
    hazard = CodeField(_("安全隐患类型"), table="safety_hazard", default="00")

    class Meta:
        indexes = indexed("privateorg", "category", "hazard", "is_hazchem", "has_party", "has_union")


class PrivateOrgs(WithBodies):
    """The private firms of an area."""

    model, label = PrivateOrg, _("非公经济组织")
    columns = "organisation category is_hazchem hazard has_party has_union has_youth has_women"
    filters = "category is_hazchem hazard party_ready has_party has_union has_youth has_women organisation"
    form = ("organisation category is_hazchem hazard", *FORM)


DECLARES = (PrivateOrgs,)

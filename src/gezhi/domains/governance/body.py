"""Governance bodies (综治机构): committee, office, centre of each level."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import CodeField, indexed, public
from gezhi.kernel.registers import Layer

from .base import Bodies, Body


class ZzOrg(Body):
    """A body of comprehensive governance."""

    kind = public(CodeField(_("机构类型"), table="zz_org_type"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("上级机构"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("平台内单位"))
    duties = public(models.TextField(_("主要职能"), max_length=1024, default="", blank=True))

    class Meta:
        indexes = indexed("zzorg", "area_code", "kind", "level")


class ZzOrgs(Bodies):
    """The governance bodies of an area."""

    model, label = ZzOrg, _("综治机构")
    columns = "name kind level area_code parent phone address"
    filters = "area_code kind level parent unit place"
    form = ("name kind level parent unit area_code", "address place phone duties")
    layer = Layer("place", icon="shield", colour="kind", title="name")

"""Parcel and logistics firms (寄递物流企业) and the three things each must do with every parcel (三个100%)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.organisations.public import AboutOrganisation, AboutOrganisations
from gezhi.kernel.fields import CodeField, CodesField, indexed, public


class CourierCompany(AboutOrganisation):
    """What is kept of a parcel firm beside what every organisation has."""

    reg_type = CodeField(_("登记注册类型"), table="reg_type")
    holding = CodeField(_("控股情况"), table="holding")
    licence = CodeField(_("企业类型"), table="enterprise_type")
    scope = CodesField(_("经营范围"), table="courier_scope")
    brand = public(models.CharField(_("服务品牌"), max_length=50))
    cameras = models.PositiveIntegerField(_("摄像机数量"), default=0)
    xrays = models.PositiveIntegerField(_("X光机数量"), default=0)
    checks_all = models.BooleanField(_("100%先验视后封箱"), default=False)
    names_all = models.BooleanField(_("100%寄递实名制"), default=False)
    xrays_all = models.BooleanField(_("100%X光机安检"), default=False)

    class Meta:
        indexes = indexed("courier", "licence", "brand", "reg_type", "checks_all", "names_all", "xrays_all")


class CourierCompanies(AboutOrganisations):
    """The parcel firms of an area."""

    model, label, icon = CourierCompany, _("寄递物流企业"), "truck"
    columns = "organisation brand licence scope cameras xrays checks_all names_all xrays_all"
    filters = "brand licence reg_type checks_all names_all xrays_all organisation"
    search = "brand^2 organisation__name^3 organisation__uscc"
    form = ("organisation brand licence scope", "reg_type holding cameras xrays", "checks_all names_all xrays_all")


DECLARES = (CourierCompanies,)

"""Governance centres (综治中心, GB/T 33200): who heads one, what it has, whether somebody is always there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import SealedField, indexed, public
from gezhi.kernel.registers import Layer

from .base import Bodies, Body


class ZzCentre(Body):
    """A governance centre."""

    head_name = models.CharField(_("负责人"), max_length=50)
    head_phone = SealedField(_("负责人电话"), form="phone")
    members = public(models.CharField(_("组成单位"), max_length=400))
    staff_count = models.PositiveIntegerField(_("专职人员数量"), null=True, blank=True)
    office_area = models.PositiveIntegerField(_("办公用房面积（平方米）"), null=True, blank=True)
    budget = models.PositiveIntegerField(_("年度运行经费（元）"), null=True, blank=True)
    cameras = models.PositiveIntegerField(_("联网摄像机数量"), null=True, blank=True)
    all_day = models.BooleanField(_("24小时值守"), default=False)

    class Meta:
        indexes = indexed("zzcentre", "area_code", "level", "all_day")


class ZzCentres(Bodies):
    """The governance centres of an area."""

    model, label = ZzCentre, _("综治中心")
    columns = "name level area_code head_name head_phone staff_count cameras all_day"
    filters = "area_code level all_day place"
    form = ("name level area_code address place phone", "head_name head_phone members",
            "staff_count office_area budget cameras all_day")
    layer = Layer("place", icon="shield-check", colour="level", title="name")

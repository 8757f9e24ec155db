"""Schools and their surroundings (校园及周边): who answers for safety, and the land about the school."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.gis.db.models import PointField, PolygonField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, CodeField, OwnNumberField, SealedField, indexed, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Alike, Layer, Register

from .grants import PLACES

RADIUS = 200
"""Metres about a school that count as its surroundings while none are drawn."""


class School(Record):
    """A school, kindergarten or training place."""

    number = OwnNumberField(_("学校编号"), prefix="S")
    name = public(models.CharField(_("学校名称"), max_length=100))
    kind = public(CodeField(_("办学类型"), table="school_type"))
    nature = public(CodeField(_("学校性质"), table="school_nature"))
    authority = public(models.CharField(_("主管教育行政部门"), max_length=100))
    address_text = public(models.CharField(_("学校地址"), max_length=200))
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    outline = PolygonField(_("校园及周边范围"), null=True, blank=True, help_text=_("不画时按校址周围 200 米"))
    students = public(models.PositiveIntegerField(_("在校学生人数")))
    teachers = public(models.PositiveIntegerField(_("教职工人数"), null=True, blank=True))
    head_name = public(models.CharField(_("校长姓名"), max_length=50))
    head_phone = SealedField(_("校长电话"), form="phone")
    deputy_name = models.CharField(_("分管安全保卫负责人"), max_length=50, default="", blank=True)
    deputy_phone = SealedField(_("分管安全保卫负责人电话"), form="phone")
    security_name = models.CharField(_("安全保卫负责人"), max_length=50, default="", blank=True)
    security_phone = SealedField(_("安全保卫负责人电话"), form="phone")
    order_name = models.CharField(_("综治负责人"), max_length=50, default="", blank=True)
    order_phone = SealedField(_("综治负责人电话"), form="phone")
    security_staff = models.PositiveIntegerField(_("安全保卫人数"), null=True, blank=True)

    class Meta:
        indexes = indexed("school", "area_code", "kind", "nature", "students")

    def __str__(self) -> str:
        return self.name


class Schools(Register):
    """The schools of an area."""

    model, label, group, icon, key = School, _("校园及周边"), "places", "school", "number"
    columns = "name kind nature area_code students head_name order_name order_phone security_staff"
    filters = "area_code kind nature students place"
    search = "name^3 number address_text"
    form = ("name kind nature authority address_text", "area_code place outline", "students teachers security_staff",
            "head_name head_phone deputy_name deputy_phone security_name security_phone order_name order_phone")
    grants: ClassVar[Any] = {**PLACES, "merge": "unit_clerk:area admin:all"}
    alike = Alike(name="name", beside="address_text")
    layer = Layer("place", icon="school", colour="kind", title="name", show="students")
    hub = True

    def clean(self, record: School, actor: Actor, changed: set[str]) -> None:
        """A school lies in an area."""
        settle(record, changed)

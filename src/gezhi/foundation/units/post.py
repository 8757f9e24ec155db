"""Posts: a person in a unit with a role and an area; several a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import SameReach, UnitReach, kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.metrics import Metric
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Layer, Register

from .role import FACES


class Post(Record):
    """Who acts: the post's area and unit bound what the role may do."""

    staff = models.ForeignKey("units.Staff", models.PROTECT, related_name="posts",
                              verbose_name=pgettext_lazy("staff", "人员"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="posts", verbose_name=_("单位"))
    role = models.ForeignKey("units.Role", models.PROTECT, related_name="posts", verbose_name=_("角色"))
    title = models.CharField(_("职务"), max_length=40, default="", blank=True)
    area_code = AreaCodeField(_("负责区域"))
    primary = models.BooleanField(_("主岗"), default=False)
    active = models.BooleanField(_("在岗"), default=True)
    valid_from = models.DateField(_("起始日期"), null=True, blank=True)
    valid_to = models.DateField(_("截止日期"), null=True, blank=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "unit", "role", "area_code"], name="post_once")]
        indexes = [
            models.Index(fields=["unit", "role"], name="post_unit_role", condition=Q(active=True)),
            models.Index(fields=["role", "area_code"], name="post_role_area", condition=Q(active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.staff} · {self.unit} · {self.role}"

    def valid(self, day: dt.date | None = None) -> bool:
        """Whether the post can act on that day (today in the city's zone by default)."""
        day = day or timezone.localdate()
        return (self.active and (self.valid_from is None or self.valid_from <= day)
                and (self.valid_to is None or day <= self.valid_to))


def by_face(raw: str, _actor: Actor) -> Q:
    """Posts by what their role does: ``worker`` (on the beat), ``unit``, ``centre``, ``leader``, ``admin``."""
    wanted = raw.split(",")
    if not set(wanted) <= {face for face, _label in FACES}:
        raise Invalid({"face": [gettext("没有这一项")]})
    return Q(role__face__in=wanted)


class Posts(Register):
    """Posts are seen by all, kept by administrators."""

    model = Post
    label = _("岗位")
    icon = "briefcase"
    group = "organisation"
    columns = "staff unit role title area_code primary active valid_to"
    filters = "staff unit role area_code active"
    search = "staff__name unit__name title"
    form = ("staff unit role title", "area_code primary active valid_from valid_to")
    links = "unit"
    layer = Layer("unit__place", icon="briefcase", where={"active": "1"})
    extra_filters = (Filter("face", _("岗位类型"), by_face, lambda: [[face, str(label)] for face, label in FACES]),)
    reaches = {"unit": UnitReach("unit__path"), "own": SameReach("staff_id", "user_id")}
    grants = kept("admin:all")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Dates in order; the area lies in the unit's when the unit has one."""
        if record.valid_from and record.valid_to and record.valid_from > record.valid_to:
            raise Invalid({"valid_to": [_("截止日期不能早于起始日期")]})
        if not record.area_code and record.unit_id and {"unit", "area_code"} & changed:
            record.area_code = record.unit.area_code
            changed.add("area_code")


ON_THE_BEAT = Metric("beat_staff", _("巡查人员"), of="post", where={"face": "worker", "active": "1"},
                     by=("area", "unit"), window="all")

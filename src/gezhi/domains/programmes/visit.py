"""Visits (走访): who was visited when and where, what is needed and what was done; a visit moves the plan on."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import ABOUT_FILTERS
from gezhi.kernel.access import NOTHING, Reach, SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, CodesField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from .names import PROGRAMMES, WAYS
from .visit_panels import RECORD_PICTURES


class VisitRecord(Record):
    """One visit. Thoughts and opinions of the visited are not asked; health in a word, no diagnosis."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("走访对象"))
    visitor = models.ForeignKey("units.Staff", models.PROTECT, related_name="+", verbose_name=_("走访人"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("走访单位"), help_text=_("不填为登记人所在单位"))
    kind = CodeField(_("走访类型"), table="visit_kind")
    task = models.ForeignKey("programmes.VisitTask", models.PROTECT, null=True, blank=True, related_name="visits",
                             verbose_name=_("走访任务"), editable=False)
    programme = models.CharField(_("项目"), max_length=20, choices=PROGRAMMES, default="", blank=True, editable=False)
    way = models.CharField(_("走访方式"), max_length=8, choices=WAYS, default="door")
    away = models.CharField(_("不在现场附近的原因"), max_length=200, default="", blank=True)
    planned_on = models.DateField(_("原定走访日期"), null=True, blank=True)
    visited_at = models.DateTimeField(_("走访时间"))
    place = PointField(_("位置"), null=True, blank=True)
    life = SealedField(_("生活状况"), high=True)
    health = SealedField(_("健康状况"), high=True, help_text=_("只写一般状况，不写诊断"))
    need = SealedField(_("诉求"), high=True)
    measures = SealedField(_("采取的措施"), high=True)
    needs = CodesField(_("需求类别"), table="visit_need")
    over = models.BooleanField(_("已退出项目"), default=False, editable=False)

    class Meta:
        indexes = indexed("visitrecord", "kind", "visited_at", "visitor+visited_at", "unit+visited_at")

    def __str__(self) -> str:
        return f"{self.person} {timezone.localtime(self.visited_at):%Y-%m-%d}"


def own(actor: Actor) -> Q:
    """One's own visits, unless the person has left the programme they were for."""
    return Q(visitor_id=actor.user_id, over=False) if actor.user_id is not None else NOTHING


def of_unit(actor: Actor) -> Q:
    """The visits of one's very unit, unless the person has left the programme they were for."""
    return Q(unit_id=actor.unit_id, over=False) if actor.unit_id is not None else NOTHING


def _begins(name: str, attribute: str) -> Any:
    """A new visit is written in one's own name, or for one's own unit; nobody is told before it is saved."""
    return SameReach(name, attribute).holds


class VisitRecords(Register):
    """Seen by who made the visit and by the unit that sent them."""

    model, label, group, icon = VisitRecord, _("走访记录"), "programmes", "walk"
    columns = "person kind programme way visited_at visitor unit planned_on needs"
    filters = "kind programme way visited_at visitor unit planned_on person task"
    order = "-visited_at"
    links = "person"
    form = ("person kind way visitor unit", "planned_on visited_at place away", "life health need measures needs")
    confined = True
    reaches = {"own": Reach(own, begins=_begins("visitor_id", "user_id")),
               "unit": Reach(of_unit, begins=_begins("unit_id", "unit_id"))}
    grants = {"view": "unit_clerk:unit handler:own grid_member:own grid_leader:own",
              "create": "unit_clerk:unit handler:own grid_member:own grid_leader:own",
              "change": "unit_clerk:unit handler:own grid_member:own grid_leader:own",
              "reveal": "unit_clerk:unit handler:own grid_member:own grid_leader:own",
              "export": "unit_clerk:unit"}
    extra_filters = ABOUT_FILTERS
    panels = (RECORD_PICTURES,)

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A visit was made, not only planned; it belongs to the unit of who writes it down."""
        if record.visited_at > moment():
            raise Invalid({"visited_at": [_t("走访时间不能晚于现在")]})
        if record.unit_id is None and actor.unit_id is not None:
            record.unit_id = actor.unit_id
            changed.add("unit")

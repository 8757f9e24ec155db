"""What every care or legal programme has: a person, who keeps it by name, what authorises it, an end (privacy.md 3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.lights import LightKind
from gezhi.foundation.people.public import ABOUT_FILTERS
from gezhi.kernel.access import NOTHING, Reach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Layer, Register

from .names import LEVELS
from .visit_plan import cycle

VISITS = [("overdue", _("走访逾期")), ("week", _("七日内应走访"))]
ENTRY = ("person unit keeper helper", "basis basis_no begins ends", "level visit_days last_visit plan")
LEAVING = "left_on left_reason"


SOON = dt.timedelta(days=7)


class VisitLight(LightKind):
    """The light of the next visit."""

    reads = ("next_visit",)


def by_name(actor: Actor) -> Q:
    """Programmes that are running and name the actor."""
    if actor.user_id is None:
        return NOTHING
    running = Q(left_on=None, ends__gte=timezone.localdate(moment()))
    return running & (Q(keeper_id=actor.user_id) | Q(helper_id=actor.user_id))


def of_unit(actor: Actor) -> Q:
    """Programmes of this very unit that nobody has left; also those past their end, which it must decide about."""
    return Q(left_on=None, unit_id=actor.unit_id) if actor.unit_id is not None else NOTHING


def at_unit(actor: Actor, record: Any) -> bool:
    """Whether a new record is one of the actor's unit."""
    return actor.unit_id is not None and record.unit_id == actor.unit_id


def overdue(raw: str, _actor: Actor) -> Q:
    """``visit=overdue`` or ``visit=week``: the next visit was due before today, or is within seven days."""
    today = timezone.localdate(moment())
    spans = {"overdue": Q(next_visit__lt=today), "week": Q(next_visit__range=(today, today + SOON))}
    if raw not in spans:
        raise Invalid({"visit": [_t("没有这一项")]})
    return spans[raw]


class Programme(Record):
    """A person in a programme. The product is help and visits; what is known beyond that stays with the keeper."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("人员"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("管理单位"))
    keeper = models.ForeignKey("units.Staff", models.PROTECT, related_name="+", verbose_name=_("责任人"))
    helper = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("协助人"))
    basis = CodeField(_("纳入依据"), table="programme_basis")
    basis_no = models.CharField(_("依据文书编号"), max_length=60)
    begins = models.DateField(_("开始日期"))
    ends = models.DateField(_("结束日期"))
    level = models.PositiveSmallIntegerField(_("走访等级"), choices=LEVELS, default=3)
    visit_days = models.PositiveSmallIntegerField(_("走访周期（天）"), null=True, blank=True,
                                                  validators=[MinValueValidator(1), MaxValueValidator(366)],
                                                  help_text=_("不填按走访计划"))
    last_visit = models.DateField(_("最近走访"), null=True, blank=True)
    next_visit = models.DateField(_("下次走访"), null=True, blank=True, editable=False)
    plan = SealedField(_("服务计划"), high=True)
    left_on = models.DateField(_("退出日期"), null=True, blank=True,
                               help_text=_("填写后记录退出视野，只留在历史里"))
    left_reason = CodeField(_("退出原因"), table="programme_end", blank=True, default="")

    class Meta:
        abstract = True
        # once within a unit and no wider: a refusal must not tell one unit what another keeps
        constraints = [models.UniqueConstraint(fields=["person", "unit"], name="%(class)s_once",
                                               condition=Q(left_on=None))]
        indexes = [models.Index(fields=["keeper", "next_visit"], name="%(class)s_keeper"),
                   models.Index(fields=["next_visit"], name="%(class)s_visit"),
                   models.Index(fields=["ends"], name="%(class)s_ends")]

    def __str__(self) -> str:
        return str(self.person)

    def light(self) -> str:
        """Red when the next visit is overdue, yellow when it is due within a week."""
        today = timezone.localdate(moment())
        if self.next_visit is None:
            return ""
        return "red" if self.next_visit < today else "yellow" if self.next_visit <= today + SOON else "green"


class Programmes(Register):
    """Seen by those whom the record names, and by the unit that keeps it; by no leader, centre or administrator."""

    group, icon = "programmes", "heart-handshake"
    links = "person"
    confined = True
    virtual: ClassVar[Any] = {"light": VisitLight()}
    reaches = {"named": Reach(by_name), "unit": Reach(of_unit, begins=at_unit)}
    grants = {"view": "unit_clerk:unit handler:named grid_member:named grid_leader:named",
              "create": "unit_clerk:unit", "change": "unit_clerk:unit",
              "reveal": "unit_clerk:unit handler:named grid_member:named grid_leader:named"}
    extra_filters: ClassVar[Any] = (*ABOUT_FILTERS, Filter("visit", _("走访情况"), overdue,
                                                 lambda: [[str(code), str(word)] for code, word in VISITS]))
    layer = Layer("person__home__place", icon="heart-handshake")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """It ends after it began; who leaves says why; the next visit follows from plan and last visit alone."""
        if record.ends < record.begins:
            raise Invalid({"ends": [_t("结束日期不能早于开始日期")]})
        if bool(record.left_on) != bool(record.left_reason):
            raise Invalid({"left_reason": [_t("退出日期和退出原因要一起填写")]})
        if record.left_on and record.left_on < record.begins:
            raise Invalid({"left_on": [_t("退出日期不能早于开始日期")]})
        if record.last_visit and record.last_visit > timezone.localdate(moment()):
            raise Invalid({"last_visit": [_t("走访日期不能晚于今天")]})
        since = record.last_visit or record.begins
        days = record.visit_days or cycle(self.name, record.level)
        record.next_visit = None if record.left_on else since + dt.timedelta(days=days)
        changed.add("next_visit")


def age(person: Any) -> float | None:
    """Years a person has lived, ``None`` when the birth is not known."""
    if person is None or person.birth is None:
        return None
    return float((timezone.localdate(moment()) - person.birth).days / 365.2425)

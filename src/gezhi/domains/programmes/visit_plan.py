"""Visit plans (走访计划): how often the people of a programme are visited at each level; an administrator's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import DateField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import Job, enqueue
from gezhi.engines.rounds import RoundPlan
from gezhi.kernel.access import kept
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .names import LEVELS, PROGRAMMES, WHO

DEFAULT_DAYS = {1: 7, 2: 15, 3: 30}
CARE = ("care_person", "key_youth")
"""Programmes of help alone: the grid worker may be sent. The others are visited by those they name."""
BATCH = 500


class VisitPlan(RoundPlan):
    """One programme at one level."""

    programme = models.CharField(_("项目"), max_length=20, choices=PROGRAMMES)
    level = models.PositiveSmallIntegerField(_("走访等级"), choices=LEVELS)
    who = models.CharField(_("派给"), max_length=8, choices=WHO, default="named")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "level"], name="visitplan_once")]

    def __str__(self) -> str:
        return f"{self.get_programme_display()} {self.get_level_display()}"


class VisitPlans(Register):
    """Everybody who works knows the rhythm; administrators set it."""

    model, label, group, icon = VisitPlan, _("走访计划"), "programmes", "calendar-event"
    columns = "programme level days ahead least who online active"
    filters = "programme level who online active"
    order = "id"
    form = ("programme level days", "ahead least who online active")
    grants = kept("admin:all", view="*:all", verbs="create change remove")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Who only named people may know of is visited by those; a task is not given before the last one is due."""
        if record.who == "grid" and record.programme not in CARE:
            raise Invalid({"who": [_t("该项目只能派给记录中的责任人或协助人")]})
        if record.ahead >= record.days:
            raise Invalid({"ahead": [_t("提前天数应少于周期天数")]})


def cycle(programme: str, level: int) -> int:
    """Days between visits by the plan in force, or the default of the level."""
    found = VisitPlan.objects.filter(programme=programme, level=level, active=True).values_list("days", flat=True)
    return found.first() or DEFAULT_DAYS[level]


def seed(session: Session) -> None:
    """A plan for each programme and level, to be changed by an administrator."""
    have = set(VisitPlan.objects.values_list("programme", "level"))
    for programme, _label in PROGRAMMES:
        for level, days in DEFAULT_DAYS.items():
            if (programme, level) not in have:
                session.create(VisitPlan, {"programme": programme, "level": level, "days": days,
                                           "ahead": min(7, days // 2), "least": 2 if level == 1 else 3,
                                           "who": "grid" if programme in CARE else "named"})


def replanned(_session: Session, plan: Any, _verb: str, changed: set[str]) -> None:
    """A changed rhythm moves the next visits of all whom it concerns, by a job."""
    if {"days", "active", "level", "programme"} & changed:
        enqueue("programmes.replan", once=f"replan:{plan.programme}:{plan.level}", programme=plan.programme,
                level=plan.level)


def replan(programme: str, level: int) -> int:
    """Set the next visits of a programme's level anew; goes on where it stopped. Returns how many were moved."""
    model: Any = registry.register(programme).model
    days, moved = cycle(programme, level), 0
    wanted = Cast(ExpressionWrapper(Coalesce(F("last_visit"), F("begins")) + Value(dt.timedelta(days=days)),
                                    output_field=models.DateTimeField()), DateField())
    by_plan = model.objects.filter(visit_days=None, level=level, left_on=None).annotate(wanted=wanted)
    stale = by_plan.filter(~Q(next_visit=F("wanted")) | Q(next_visit=None)).order_by("pk")
    while True:
        with door(SYSTEM) as session:
            found = list(stale.select_for_update(of=("self",))[:BATCH])
            bulk_change(session, [(r, {"next_visit": r.wanted}) for r in found], verb="replan",
                        opinion=_t("走访周期改为 %d 天") % days)
        moved += len(found)
        if len(found) < BATCH:
            return moved


REPLAN = Job("programmes.replan", replan)

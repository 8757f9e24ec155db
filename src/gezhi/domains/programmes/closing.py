"""What befalls a person's programmes from without: a death ends them, a visit moves their plan on."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.door import Session, moment

from .care import CarePerson
from .correction import CorrectionPerson
from .mental import MentalCare
from .names import PROGRAMMES
from .rehab import RehabPerson
from .released import ReleasedPerson
from .visit import VisitRecord
from .visit_task import VisitTask
from .youth import KeyYouth

ALL: tuple[Any, ...] = (CarePerson, KeyYouth, ReleasedPerson, CorrectionPerson, RehabPerson, MentalCare)
NAMES = dict(zip(ALL, (code for code, _label in PROGRAMMES), strict=True))
DEAD, BY_DEATH = "02", "04"


def close(session: Session, person: Any, _verb: str, changed: set[str]) -> None:
    """End what is open when a person's state becomes dead."""
    if "life_state" not in changed or person.life_state != DEAD:
        return
    for model in ALL:
        for record in model.objects.filter(person=person, left_on=None):
            day = max(timezone.localdate(moment()), record.begins)
            values: dict[str, Any] = {"left_on": day, "left_reason": BY_DEATH}
            if model is CorrectionPerson:
                values["end_kind"] = "03"
            session.change(record, values, verb="leave", trusted=True, opinion=_("人员已故，自动退出"))


def visited(session: Session, visit: Any, _verb: str, changed: set[str]) -> None:
    """Move on the plan of the programme it was a task of, and of every running one that names the visitor.

    An earlier visit changes nothing.
    """
    if not {"visited_at", "person", "visitor"} & changed:
        return
    day = timezone.localtime(visit.visited_at).date()
    earlier = Q(last_visit=None) | Q(last_visit__lt=day)
    for model in ALL:
        named = Q(keeper_id=visit.visitor_id) | Q(helper_id=visit.visitor_id)
        if visit.task_id is not None and visit.programme == NAMES[model]:
            named |= Q(pk=visit.task.subject_id)
        for record in model.objects.filter(named, earlier, person_id=visit.person_id, left_on=None, begins__lte=day):
            session.change(record, {"last_visit": day}, verb="visit", trusted=True)


def left(session: Session, record: Any, _verb: str, changed: set[str]) -> None:
    """Whoever leaves a programme is visited for it no more, and what was made of it goes out of sight."""
    if "left_on" not in changed or record.left_on is None:
        return
    of = {"programme": NAMES[type(record)]}
    for task in VisitTask.objects.filter(**of, subject_id=record.pk, finished_at=None):
        act(SYSTEM, task, "cancel", {"opinion": _("已退出项目")})
    tasks = list(VisitTask.objects.select_for_update().filter(**of, subject_id=record.pk, over=False))
    visits = list(VisitRecord.objects.select_for_update(of=("self",)).filter(task__in=tasks, over=False))
    for found in (tasks, visits):
        bulk_change(session, [(one, {"over": True}) for one in found], verb="leave")

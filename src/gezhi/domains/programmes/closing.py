"""What befalls a person's programmes from without: a death ends them, a visit moves their plan on."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.door import Session, moment

from .care import CarePerson
from .correction import CorrectionPerson
from .mental import MentalCare
from .rehab import RehabPerson
from .released import ReleasedPerson
from .youth import KeyYouth

ALL: tuple[Any, ...] = (CarePerson, KeyYouth, ReleasedPerson, CorrectionPerson, RehabPerson, MentalCare)
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


def visited(session: Session, visit: Any, _verb: str, _changed: set[str]) -> None:
    """Move on the plan of every running programme that names the visitor; an earlier visit changes nothing."""
    day = timezone.localtime(visit.visited_at).date()
    named = Q(keeper_id=visit.visitor_id) | Q(helper_id=visit.visitor_id)
    earlier = Q(last_visit=None) | Q(last_visit__lt=day)
    for model in ALL:
        for record in model.objects.filter(named, earlier, person_id=visit.person_id, left_on=None, begins__lte=day):
            session.change(record, {"last_visit": day}, verb="visit", trusted=True)

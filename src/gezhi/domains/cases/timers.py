"""What time does to cases: resume what was suspended until now, close what nobody rated, take tasks back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.db.models import F

from gezhi.engines.jobs import Periodic
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment
from gezhi.kernel.errors import GezhiError

from .limits import stage_limit
from .models import Case, Task, WorkOrder
from .tools import after

log = structlog.get_logger(__name__)
BATCH = 500


def _each(what: str, records: Iterable[Any], run: Callable[[Any], object]) -> int:
    """Do something with each record in a transaction of its own; one that cannot does not stop the others."""
    done = 0
    for record in records:
        try:
            run(record)
            done += 1
        except GezhiError as error:
            log.warning("timer skipped", what=what, record=record.pk, why=str(error))
    return done


def resume_due(now: dt.datetime | None = None) -> int:
    """Resume the orders whose suspension ended. Returns how many."""
    at = now or moment()
    found = WorkOrder.objects.filter(status="suspended", held=False, suspended_until__lte=at).order_by("id")[:BATCH]
    return _each("resume", found, lambda order: act(SYSTEM, order, "resume", at=now))


def close_unrated(now: dt.datetime | None = None) -> int:
    """Close the cases whose reporter neither answered nor rated in time. Returns how many."""
    at = now or moment()
    value, unit = stage_limit("unrated")
    rough = at - dt.timedelta(days=value if unit == "natural_day" else 0)
    found = Case.objects.filter(status="pending_callback", callback_from__lte=rough).order_by("id")[:BATCH]
    ripe = [c for c in found if c.callback_from and after(c.callback_from, (value, unit), c.centre_id) <= at]
    return _each("close", ripe, lambda case: act(SYSTEM, case, "auto_close", at=now))


def lapse_tasks(now: dt.datetime | None = None) -> int:
    """Take back the tasks that are overdue by as much again as their whole limit. Returns how many."""
    at = now or moment()
    found = Task.objects.filter(status="pending", paused=False, due_at__isnull=False).annotate(
        late=F("due_at") + (F("due_at") - F("given_at"))).filter(late__lte=at).select_related("case").order_by(
        "id")[:BATCH]

    def lapse(task: Any) -> None:
        move = "verification_lapsed" if task.kind == "verification" else "inspection_lapsed"
        with door(SYSTEM, at=now):
            if task.case.status in ("verifying", "inspecting"):
                act(SYSTEM, task.case, move, at=now)
            else:
                act(SYSTEM, task, "lapse", at=now)

    return _each("lapse", found, lapse)


PERIODIC = (Periodic("cases.resume", 60, resume_due), Periodic("cases.close_unrated", 600, close_unrated),
            Periodic("cases.lapse_tasks", 120, lapse_tasks))

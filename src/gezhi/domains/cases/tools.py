"""Small things that several moves of the case line share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.engines.workflow import clocks
from gezhi.kernel.door import Session, moment, next_number
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Ask, State

CENTRE = ("acceptor:centre dispatcher:centre shift_leader:centre reviewer:centre callback_agent:centre "
          "supervisor:centre archivist:centre")
VIEWERS = (f"{CENTRE} unit_clerk:unit handler:unit grid_member:own grid_member:area grid_leader:area grid_leader:own "
           "leader:area admin:all public:own")
"""Who sees which cases, and so who may follow them."""
CONTINUOUS = {"urgent_minute", "urgent_hour", "natural_day"}
ALIVE = ("pending_sign", "handling", "returning", "suspended", "unit_review", "submitted", "accepted")
"""Statuses of an order that still counts for its case."""
AT_WORK = ("pending_sign", "handling", "returning", "suspended", "unit_review")
"""Statuses of an order whose unit still has to do something."""


def to(ctx: Any, code: str) -> State:
    """The state of that code in the workflow of the move being made."""
    return ctx.move.flow.states()[code]


def opinion(label: Any = None, *, blank: bool = False) -> Ask:
    """Ask for words of the actor, kept in history."""
    return Ask("opinion", models.TextField(label or gettext_lazy("意见"), max_length=2000, blank=blank))


def reason(choices: Any, name: str = "reason", label: Any = None, *, blank: bool = False) -> Ask:
    """Ask for a reason code."""
    return Ask(name, models.CharField(label or gettext_lazy("原因"), max_length=16, choices=choices, blank=blank,
                                      default="" if blank else models.NOT_PROVIDED))


def case_number(area_code: str, at: dt.datetime) -> str:
    """``AJ`` + 6 digits of area + day + 5 digits, counted daily (case_lifecycle.md 10)."""
    head = case_series(area_code, at)
    return f"{head}{next_number(head):05d}"


def case_series(area_code: str, at: dt.datetime) -> str:
    """The series case numbers of an area and a day are counted in."""
    return f"AJ{(area_code or '').ljust(6, '0')[:6]}{timezone.localtime(at):%Y%m%d}"


def task_number(area_code: str, at: dt.datetime) -> str:
    """``RW`` + 6 digits of area + day + 5 digits."""
    head = f"RW{(area_code or '').ljust(6, '0')[:6]}{timezone.localtime(at):%Y%m%d}"
    return f"{head}{next_number(head):05d}"


def calendar(unit_id: int | None, at: dt.datetime) -> Any:
    """Working time of a unit."""
    return registry.port("calendar")(unit_id, at)


def after(at: dt.datetime, limit: tuple[float, str], unit_id: int | None = None) -> dt.datetime:
    """The moment so much counted time after ``at``."""
    return calendar(unit_id, at).due(at, *limit).at


def before(at: dt.datetime, limit: tuple[float, str]) -> dt.datetime:
    """A moment about so much before ``at``: a working day counts as 24 hours, a working hour as an eighth of that."""
    days = {"urgent_minute": 1 / 1440, "urgent_hour": 1 / 24, "work_hour": 1 / 8}.get(limit[1], 1.0)
    return at - dt.timedelta(days=limit[0] * days)


def unpause(session: Session, record: Any, name: str) -> clocks.Clock | None:
    """Let a paused clock go on as if it had never been paused: the waiting counts (a refused return)."""
    clock = clocks.running(record, name)
    if clock is not None and clock.paused_at is not None:
        clock.paused_at, clock.remaining = None, None
        clock.save(update_fields=["paused_at", "remaining"])
    return clock


def last_clock(record: Any, name: str) -> clocks.Clock | None:
    """The newest clock of that name, running or stopped."""
    register = registry.register_of(type(record))
    assert register is not None
    return clocks.Clock.objects.filter(register=register.name, record_id=record.pk, name=name).order_by("-id").first()


def left_over(record: Any, name: str) -> tuple[float, str]:
    """What a stopped clock had left, as a limit; at least one working day (two hours of an urgent one)."""
    clock = last_clock(record, name)
    if clock is None:
        return (1, "work_day")
    ended = clock.stopped_at or moment()
    if clock.paused_at is not None and clock.remaining is not None:
        left = clock.remaining
    else:
        left = calendar(clock.unit_id, clock.started_at).remaining(ended, clock.due_at, clock.limit_unit)
    if clock.limit_unit in CONTINUOUS:
        return (max(2.0, left / 3600), "urgent_hour")
    return (max(8.0, left / 3600), "work_hour")


def align(case: Any, session: Session) -> None:
    """Let the case's handle clock end with the last of its root orders (case_lifecycle.md 4: ``max``)."""
    clock = clocks.running(case, "handle")
    if clock is None or case.mode == "sequential":
        return
    last = None
    for order in case.orders.filter(round=case.round, parent=None, status__in=AT_WORK):
        one = clocks.running(order, "handle")
        if one is not None and (last is None or one.due_at > last.due_at):
            last = one
    if last is not None and last.due_at != clock.due_at:
        clock.due_at, clock.warn_at = last.due_at, last.warn_at
        clock.save(update_fields=["due_at", "warn_at"])


def worked_on(case: Any, user_id: int | None) -> bool:
    """Whether this person handled or submitted an order of the case: nobody reviews their own work."""
    if user_id is None:
        return False
    return case.orders.filter(models.Q(handled_by=user_id) | models.Q(submitted_by=user_id)).exists()


def not_hard(case: Any, _actor: Any) -> Any:
    """Guard: a hard case moves by its own sub-flow."""
    return _("案件正按疑难办理，请先办结疑难流程") if case.hard else ""


def brief(case: Any) -> dict[str, Any]:
    """What a wall or a message shows of a case; nothing of the person who reported it."""
    point = {"lon": round(case.place.x, 6), "lat": round(case.place.y, 6)} if case.place else None
    return {"title": case.title, "case_no": case.case_no, "channel": case.channel, "urgency": case.urgency,
            "area_code": case.area_code, "place": point, "item": case.item_name}

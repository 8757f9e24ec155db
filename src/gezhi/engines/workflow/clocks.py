"""Clocks: deadlines that moves start, pause, resume and stop; and the light a clock shows.

A clock belongs to one record (a case, a work order, a task) and has a name (``accept``, ``handle`` …). Working
time comes from the ``calendar`` port: ``calendar(unit_id, at) -> WorkCalendar`` (``worktime``). The version of
the calendar it was computed with is kept, so that every due time can be computed again (case_lifecycle.md 5).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.door import Session
from gezhi.kernel.records import Record
from gezhi.kernel.registry import registry

YELLOW_SHARE = 0.3
"""Yellow when at most this share of the limit remains (case_lifecycle.md 5.7) …"""
YELLOW_SECONDS = 2 * 3600
"""… or this many working seconds."""


class Clock(models.Model):
    """One run of one deadline. Derived state of a record: written with it inside the same door."""

    register = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    name = models.CharField(_("时钟"), max_length=20)
    unit_id = models.BigIntegerField(null=True)
    limit_value = models.FloatField(_("时限"))
    limit_unit = models.CharField(max_length=16)
    calendar_version = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(_("截止时间"))
    warn_at = models.DateTimeField(_("预警时间"))
    paused_at = models.DateTimeField(null=True)
    remaining = models.FloatField(_("暂停时剩余秒数"), null=True)
    paused_seconds = models.FloatField(default=0)
    stopped_at = models.DateTimeField(null=True)
    used = models.FloatField(_("已用秒数"), null=True)
    overtime = models.BooleanField(_("超期"), default=False)
    exempt = models.BooleanField(_("免责"), default=False)
    uncertain = models.BooleanField(_("截止时间落在没有节假日数据的年份"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["register", "record_id", "name"], name="clock_record"),
            models.Index(fields=["due_at"], name="clock_due", condition=Q(stopped_at=None, paused_at=None)),
            models.Index(fields=["warn_at"], name="clock_warn", condition=Q(stopped_at=None, paused_at=None)),
        ]


def start(session: Session, record: Record, name: str, value: float, unit: str, *, unit_id: int | None = None,
          due_at: dt.datetime | None = None) -> Clock:
    """Start (or restart) a clock of a record.

    Args:
        value, unit: the limit, e.g. 2 ``work_day``.
        unit_id: whose working hours count.
        due_at: a due time set by hand; the limit is then only kept for the share that turns yellow.
    """
    register = registry.register_of(type(record)).name  # type: ignore[union-attr]
    Clock.objects.filter(register=register, record_id=record.pk, name=name, stopped_at=None).update(
        stopped_at=session.now, overtime=Q(due_at__lt=session.now))
    calendar = registry.port("calendar")(unit_id, session.now)
    due = calendar.add(session.now, value, unit)
    total = calendar.elapsed(session.now, due_at or due, unit)
    return Clock.objects.create(
        register=register, record_id=record.pk, name=name, unit_id=unit_id, limit_value=value, limit_unit=unit,
        calendar_version=calendar.version, started_at=session.now, due_at=due_at or due,
        warn_at=_warn(calendar, session.now, total, unit, due_at or due), uncertain=calendar.uncertain(due_at or due))


def _warn(calendar: Any, begin: dt.datetime, seconds: float, unit: str, due: dt.datetime) -> dt.datetime:
    """When the light turns yellow: at 30 % remaining or two working hours, whichever is earlier in the run."""
    left = max(seconds * YELLOW_SHARE, min(YELLOW_SECONDS, seconds / 2))
    return min(due, calendar.add_seconds(begin, max(0.0, seconds - left), unit))


def running(record: Record, name: str) -> Clock | None:
    """The clock of that name that has not stopped, or ``None``."""
    register = registry.register_of(type(record)).name  # type: ignore[union-attr]
    return Clock.objects.filter(register=register, record_id=record.pk, name=name, stopped_at=None).order_by("-id").first()


def stop(session: Session, record: Record, name: str) -> Clock | None:
    """Stop a clock; says whether it was overtime. Nothing happens when it does not run."""
    clock = running(record, name)
    if clock is None:
        return None
    calendar = registry.port("calendar")(clock.unit_id, clock.started_at)
    end = clock.paused_at or session.now
    clock.stopped_at = session.now
    clock.used = max(0.0, calendar.elapsed(clock.started_at, end, clock.limit_unit) - clock.paused_seconds)
    clock.overtime = end > clock.due_at if clock.remaining is None else clock.remaining < 0
    clock.save(update_fields=["stopped_at", "used", "overtime"])
    return clock


def pause(session: Session, record: Record, name: str) -> Clock | None:
    """Pause a clock and keep what remains of it in working seconds (negative when overdue)."""
    clock = running(record, name)
    if clock is None or clock.paused_at is not None:
        return clock
    calendar = registry.port("calendar")(clock.unit_id, clock.started_at)
    clock.paused_at = session.now
    if session.now <= clock.due_at:
        clock.remaining = calendar.elapsed(session.now, clock.due_at, clock.limit_unit)
    else:
        clock.remaining = -calendar.elapsed(clock.due_at, session.now, clock.limit_unit)
    clock.save(update_fields=["paused_at", "remaining"])
    return clock


def resume(session: Session, record: Record, name: str, *, least_seconds: float = 0) -> Clock | None:
    """Resume a paused clock: due = now + what remained (at least ``least_seconds`` working seconds).

    An overdue clock resumes overdue: its due time stays in the past.
    """
    clock = running(record, name)
    if clock is None or clock.paused_at is None:
        return clock
    calendar = registry.port("calendar")(clock.unit_id, session.now)
    left = max(clock.remaining or 0.0, least_seconds)
    if left >= 0:
        clock.due_at = calendar.add_seconds(session.now, left, clock.limit_unit)
        limit = calendar.elapsed(clock.started_at, clock.due_at, clock.limit_unit)
        clock.warn_at = max(session.now, _warn(calendar, session.now, left, clock.limit_unit, clock.due_at)
                            if left < limit * YELLOW_SHARE else
                            calendar.add_seconds(session.now, max(0.0, left - limit * YELLOW_SHARE), clock.limit_unit))
        clock.uncertain = calendar.uncertain(clock.due_at)
    clock.paused_seconds += calendar.elapsed(clock.paused_at, session.now, clock.limit_unit)
    clock.paused_at, clock.remaining = None, None
    clock.save(update_fields=["due_at", "warn_at", "paused_at", "remaining", "paused_seconds", "uncertain"])
    return clock


def extend(session: Session, record: Record, name: str, value: float, unit: str) -> Clock | None:
    """Move a running clock's due time by ``value`` ``unit`` from where it stands."""
    clock = running(record, name)
    if clock is None:
        return None
    calendar = registry.port("calendar")(clock.unit_id, session.now)
    clock.due_at = calendar.add(clock.due_at, value, unit)
    clock.limit_value += value if unit == clock.limit_unit else 0
    total = calendar.elapsed(session.now, clock.due_at, clock.limit_unit)
    clock.warn_at = _warn(calendar, session.now, total, clock.limit_unit, clock.due_at)
    clock.uncertain = calendar.uncertain(clock.due_at)
    clock.save(update_fields=["due_at", "warn_at", "limit_value", "uncertain"])
    return clock


def light(now: dt.datetime, due_at: dt.datetime | None, warn_at: dt.datetime | None, paused: bool,
          stopped: bool = False, overtime: bool = False) -> str:
    """``green`` on time, ``yellow`` due soon, ``red`` overdue, ``grey`` paused, ``blue`` finished, or ``""``."""
    if stopped:
        return "red" if overtime else "blue"
    if due_at is None:
        return ""
    if paused:
        return "grey"
    if now > due_at:
        return "red"
    return "yellow" if warn_at is not None and now >= warn_at else "green"


def light_q(colour: str, now: dt.datetime, prefix: str = "") -> Q:
    """Rows whose light is ``colour``, for records with ``due_at``, ``warn_at``, ``paused``, ``finished_at``."""
    f = lambda name: f"{prefix}{name}"
    running_ = Q(**{f("finished_at__isnull"): True, f("paused"): False})
    return {
        "red": running_ & Q(**{f("due_at__lt"): now}),
        "yellow": running_ & Q(**{f("warn_at__lte"): now, f("due_at__gte"): now}),
        "green": running_ & Q(**{f("warn_at__gt"): now}),
        "grey": Q(**{f("finished_at__isnull"): True, f("paused"): True}),
        "blue": Q(**{f("finished_at__lte"): F(f("due_at"))}),
    }[colour]

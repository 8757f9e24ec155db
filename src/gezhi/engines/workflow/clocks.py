"""Clocks: deadlines that moves start, pause, resume and stop; and the light a clock shows.

A clock belongs to one record (a case, a work order, a task) and has a name (``accept``, ``handle`` …). Working
time comes from the ``calendar`` port: ``calendar(unit_id, at) -> WorkCalendar`` (``worktime``). The version of
the calendar it was computed with is kept, so that every due time can be computed again (case_lifecycle.md 5).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
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
    calendar_version = models.CharField(max_length=40, default="", blank=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(_("截止时间"))
    warn_at = models.DateTimeField(_("预警时间"))
    paused_at = models.DateTimeField(null=True)
    remaining = models.BigIntegerField(_("暂停时剩余秒数"), null=True)
    paused_seconds = models.BigIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)
    used = models.BigIntegerField(_("已用秒数"), null=True)
    overtime = models.BooleanField(_("超期"), default=False)
    exempt = models.BooleanField(_("免责"), default=False)
    uncertain = models.BooleanField(_("截止时间落在没有节假日数据的年份"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["register", "record_id", "name"], name="clock_record"),
            models.Index(fields=["due_at"], name="clock_due", condition=Q(stopped_at=None, paused_at=None)),
            models.Index(fields=["warn_at"], name="clock_warn", condition=Q(stopped_at=None, paused_at=None)),
        ]


def plan(session: Session, value: float, unit: str, *, unit_id: int | None = None,
         due_at: dt.datetime | None = None) -> Clock:
    """A clock from now, not saved yet: its due and warning times.

    Args:
        value, unit: the limit, e.g. 2 ``work_day``.
        unit_id: whose working hours count.
        due_at: a due time set by hand; the limit is then only kept for the record.
    """
    return planned(session.now, value, unit, unit_id=unit_id, due_at=due_at)


def planned(at: dt.datetime, value: float, unit: str, *, unit_id: int | None = None,
            due_at: dt.datetime | None = None) -> Clock:
    """A clock from a moment on, not saved; for the past of a record. See :func:`plan`."""
    calendar = registry.port("calendar")(unit_id, at)
    due = calendar.due(at, value, unit)
    end = due_at or due.at
    return Clock(unit_id=unit_id, limit_value=value, limit_unit=unit, calendar_version=calendar.version,
                 started_at=at, due_at=end, warn_at=warn_time(calendar, at, end, unit),
                 uncertain=bool(due.missing_years))


def ends(at: dt.datetime, value: float, unit: str, *, unit_id: int | None = None) -> tuple[dt.datetime, dt.datetime]:
    """Due and warning time of a clock from a moment on, for a record that keeps these alone; see :func:`plan`."""
    calendar = registry.port("calendar")(unit_id, at)
    due: dt.datetime = calendar.add(at, value, unit)
    return due, warn_time(calendar, at, due, unit)


def start(session: Session, record: Record, name: str, value: float, unit: str, *, unit_id: int | None = None,
          due_at: dt.datetime | None = None) -> Clock:
    """Start (or restart) a clock of a record; see :func:`plan`."""
    stop(session, record, name)
    return keep(plan(session, value, unit, unit_id=unit_id, due_at=due_at), record, name)


def keep(clock: Clock, record: Record, name: str) -> Clock:
    """Save a planned clock as the record's clock ``name``."""
    clock.register, clock.record_id, clock.name = _name(record), record.pk, name
    clock.save(force_insert=True)
    known = getattr(record, _KNOWN, None)
    if known is not None:
        known[name] = clock
    return clock


def _name(record: Record) -> str:
    register = registry.register_of(type(record))
    assert register is not None
    return register.name


def warn_time(calendar: Any, begin: dt.datetime, due: dt.datetime, unit: str) -> dt.datetime:
    """When the light turns yellow: when 30 % of the time from ``begin`` remain, or two hours (at most half)."""
    total = calendar.elapsed(begin, due, unit)
    left = max(total * YELLOW_SHARE, min(YELLOW_SECONDS, total / 2))
    return min(due, calendar.add_seconds(begin, max(0, int(total - left)), unit))


_KNOWN = "_gezhi_clocks"


def load(record: Record) -> None:
    """Read all running clocks of a locked record at once; a move then turns them without asking again."""
    found = Clock.objects.filter(register=_name(record), record_id=record.pk, stopped_at=None).order_by("id")
    setattr(record, _KNOWN, {clock.name: clock for clock in found})


def running(record: Record, name: str) -> Clock | None:
    """The clock of that name that has not stopped, or ``None``."""
    known = getattr(record, _KNOWN, None)
    if known is not None:
        clock = known.get(name)
        return clock if clock is not None and clock.stopped_at is None else None
    return Clock.objects.filter(register=_name(record), record_id=record.pk, name=name,
                                stopped_at=None).order_by("-id").first()


def stop(session: Session, record: Record, name: str) -> Clock | None:
    """Stop a clock; says whether it was overtime. Nothing happens when it does not run."""
    clock = running(record, name)
    if clock is None:
        return None
    halt(clock, session.now)
    clock.save(update_fields=["stopped_at", "used", "overtime"])
    return clock


def halt(clock: Clock, at: dt.datetime) -> None:
    """Stop a clock at a moment without saving it: what it used, and whether it was overtime."""
    calendar = registry.port("calendar")(clock.unit_id, clock.started_at)
    end = clock.paused_at or at
    clock.stopped_at = at
    clock.used = max(0, calendar.elapsed(clock.started_at, end, clock.limit_unit) - clock.paused_seconds)
    clock.overtime = end > clock.due_at


def pause(session: Session, record: Record, name: str) -> Clock | None:
    """Pause a clock and keep what remains of it in counted seconds (negative when overdue)."""
    clock = running(record, name)
    if clock is None or clock.paused_at is not None:
        return clock
    calendar = registry.port("calendar")(clock.unit_id, clock.started_at)
    clock.paused_at = session.now
    clock.remaining = calendar.remaining(session.now, clock.due_at, clock.limit_unit)
    clock.save(update_fields=["paused_at", "remaining"])
    return clock


def resume(session: Session, record: Record, name: str, *, least_seconds: int = 0) -> Clock | None:
    """Resume a paused clock: due = now + what remained, at least ``least_seconds`` counted seconds.

    A clock that was overdue when paused resumes overdue by as much.
    """
    clock = running(record, name)
    if clock is None or clock.paused_at is None:
        return clock
    calendar = registry.port("calendar")(clock.unit_id, session.now)
    left = max(int(clock.remaining or 0), least_seconds) if least_seconds else int(clock.remaining or 0)
    due = calendar.add_seconds(session.now, left, clock.limit_unit)
    limit = calendar.limit(clock.limit_value, clock.limit_unit)
    early = max(0, left - int(max(limit * YELLOW_SHARE, min(YELLOW_SECONDS, limit / 2))))
    clock.due_at, clock.warn_at = due, min(due, calendar.add_seconds(session.now, early, clock.limit_unit))
    clock.uncertain = bool(calendar.missing_years(session.now, due))
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
    due = calendar.due(clock.due_at, value, unit)
    clock.due_at, clock.uncertain = due.at, bool(due.missing_years)
    clock.warn_at = warn_time(calendar, session.now, clock.due_at, clock.limit_unit)
    clock.save(update_fields=["due_at", "warn_at", "uncertain"])
    return clock


def shift(record: Record, name: str, due_at: dt.datetime) -> Clock | None:
    """Set the due time of a running clock, and its warning time with it; the limit stays as it was given."""
    clock = running(record, name)
    if clock is None:
        return None
    calendar = registry.port("calendar")(clock.unit_id, clock.started_at)
    clock.due_at = due_at
    clock.warn_at = warn_time(calendar, clock.started_at, max(due_at, clock.started_at), clock.limit_unit)
    clock.save(update_fields=["due_at", "warn_at"])
    return clock


def ensure(session: Session, record: Any, name: str) -> None:
    """Give a record that intake wrote in one statement the clock row its due time stands for."""
    if record.due_at is None or record.paused or running(record, name) is not None:
        return
    begin = record.created_at
    calendar = registry.port("calendar")(None, begin)
    hours = round((record.due_at - begin).total_seconds() / 3600, 3)
    keep(Clock(limit_value=hours, limit_unit="urgent_hour", calendar_version=calendar.version, started_at=begin,
               due_at=record.due_at, warn_at=record.warn_at or record.due_at), record, name)


def shown(record: Record, name: str) -> dict[str, Any]:
    """The columns of a :class:`Timed` record that show its clock ``name``."""
    clock = running(record, name) if name else None
    if clock is None:
        return {"due_at": None, "warn_at": None, "paused": False}
    return {"due_at": clock.due_at, "warn_at": clock.warn_at, "paused": clock.paused_at is not None}


class Timed(models.Model):
    """Columns of a record whose deadline is shown on lists: those of the clock its state names.

    Kept by ``act``; a light is computed from them when read, so that it never is stale.
    """

    due_at = models.DateTimeField(_("截止时间"), null=True, blank=True, editable=False)
    warn_at = models.DateTimeField(_("预警时间"), null=True, blank=True, editable=False)
    paused = models.BooleanField(_("计时暂停"), default=False, editable=False)
    finished_at = models.DateTimeField(_("办结时间"), null=True, blank=True, editable=False)
    overtime = models.BooleanField(_("曾超期"), default=False, editable=False)

    class Meta:
        abstract = True

    def light(self, now: dt.datetime | None = None) -> str:
        """Its light now; see :func:`light`."""
        return light(now or timezone.now(), self.due_at, self.warn_at, self.paused,
                     self.finished_at is not None, self.overtime)


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


LIGHTS = {"green": _("正常"), "yellow": _("即将到期"), "red": _("已超期"), "grey": _("暂停计时"), "blue": _("按时办结")}
"""Words of the lights; colour is never the only carrier."""


def light_q(colour: str, now: dt.datetime, prefix: str = "") -> Q:
    """Rows whose light is ``colour``, for records with ``due_at``, ``warn_at``, ``paused``, ``finished_at``."""
    def f(name: str) -> str:
        return f"{prefix}{name}"

    running_ = Q(**{f("finished_at__isnull"): True, f("paused"): False})
    return {
        "red": (running_ & Q(**{f("due_at__lt"): now})),
        "yellow": running_ & Q(**{f("warn_at__lte"): now, f("due_at__gte"): now}),
        "green": running_ & Q(**{f("warn_at__gt"): now, f("due_at__gte"): now}),
        "grey": Q(**{f("finished_at__isnull"): True, f("paused"): True}),
        "blue": Q(**{f("finished_at__isnull"): False, f("overtime"): False}),
    }[colour]

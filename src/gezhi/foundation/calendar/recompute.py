"""Apply a calendar version to the clocks that run: what would move, and moving it with a trace.

A clock that never paused and was never extended is computed again from its start; any other keeps the counted
time it had left, so that what was granted is neither lost nor doubled. Paused clocks need nothing: they are
computed when they resume.

Applying is a job: it works in transactions of a few hundred clocks, may be killed and goes on where it was, for a
clock that is done names the new version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.clocks import Clock
from gezhi.engines.workflow.worktime import Unit, WorkCalendar
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Missing
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry

from .service import calendar_at
from .version import CalendarVersion

__all__ = ["Shift", "preview", "shifts", "work"]

_CONTINUOUS = [unit.value for unit in Unit if unit.continuous]
_SHOWN = 50
_CHUNK = 300


@dataclass(frozen=True, slots=True)
class Shift:
    """A running clock and the due time a calendar version gives it."""

    clock: Clock
    due_at: dt.datetime
    calendar: WorkCalendar

    @property
    def moves(self) -> bool:
        """Whether its due time changes."""
        return self.due_at != self.clock.due_at


def shifts(version: CalendarVersion, now: dt.datetime | None = None) -> Iterator[Shift]:
    """Every running clock that counts working time and was computed with an earlier version."""
    now = now or timezone.now()
    running = Clock.objects.filter(stopped_at=None, paused_at=None).exclude(limit_unit__in=_CONTINUOUS)
    older = running.exclude(calendar_version=str(version.pk)).order_by("id")
    for clock in older.iterator(chunk_size=2000):
        if not _later(clock.calendar_version, version):
            calendar = calendar_at(str(version.pk), clock.unit_id)
            yield Shift(clock, _due(clock, calendar, now), calendar)


def _later(mark: str, version: CalendarVersion) -> bool:
    return mark.isdecimal() and int(mark) > version.pk


def _due(clock: Clock, calendar: WorkCalendar, now: dt.datetime) -> dt.datetime:
    try:
        before = calendar_at(clock.calendar_version, clock.unit_id)
    except LookupError:  # computed before this room had a calendar
        before = WorkCalendar()
    limit, unit = clock.limit_value, clock.limit_unit
    if not clock.paused_seconds and before.add(clock.started_at, limit, unit) == clock.due_at:
        return calendar.add(clock.started_at, limit, unit)
    return calendar.add_seconds(now, before.remaining(now, clock.due_at, unit), unit)


def preview(version: CalendarVersion) -> dict[str, Any]:
    """What applying the version would do: counts, and the first clocks that would move."""
    checked = moved = 0
    rows: list[dict[str, Any]] = []
    for shift in shifts(version):
        checked += 1
        moved += shift.moves
        if shift.moves and len(rows) < _SHOWN:
            rows.append({
                "register": _label(shift.clock.register), "record_id": shift.clock.record_id,
                "name": shift.clock.name, "before": shift.clock.due_at, "after": shift.due_at,
            })  # fmt: skip
    return {"version": version, "checked": checked, "moved": moved, "rows": rows, "more": moved - len(rows)}


def work(version: int) -> None:
    """Job ``calendar.apply``: move the due times of running clocks, each record with a history row and an event.

    Args:
        version: a calendar version that somebody has confirmed. Nothing happens when it is not being applied.
    """
    row = CalendarVersion.objects.filter(pk=version, status="applying").first()
    if row is None:
        return
    told = History.objects.filter(register="calendar_version", record_id=version, verb="apply").last()
    who = told.actor_name if told else ""
    moved, checked = row.moved or 0, row.checked or 0
    while chunk := list(islice(shifts(row), _CHUNK)):
        with door(SYSTEM) as session:
            moved += sum(_move(session, shift, row, who) for shift in chunk if shift.moves)
            same = [shift.clock.pk for shift in chunk if not shift.moves]
            Clock.objects.filter(pk__in=same).update(calendar_version=str(version))
            checked += len(chunk)
            session.change(row, {"moved": moved, "checked": checked}, verb="progress", emit=False)
    act(SYSTEM, row, "done")


def _move(session: Session, shift: Shift, version: CalendarVersion, who: str) -> bool:
    """Move one clock under the lock of its record, as it stands now; False when it runs no more."""
    register = registry.registers.get(shift.clock.register)
    model: Any = register.model if register else None
    record: Any = model(pk=shift.clock.record_id) if model else None
    try:
        record = session.lock(record) if record is not None else None
    except Missing:
        record = None
    clock = Clock.objects.select_for_update().get(pk=shift.clock.pk)
    if clock.stopped_at or clock.paused_at or _later(clock.calendar_version, version):
        return False
    before, calendar = clock.due_at, shift.calendar
    clock.due_at, clock.calendar_version = _due(clock, calendar, session.now), calendar.version
    clock.warn_at = clocks.warn_time(calendar, clock.started_at, clock.due_at, clock.limit_unit)
    clock.uncertain = bool(calendar.missing_years(clock.started_at, clock.due_at))
    clock.save(update_fields=["due_at", "warn_at", "calendar_version", "uncertain"])
    if record is None:
        return True
    values: dict[str, Any] = {}
    if issubclass(model, clocks.Timed) and record.due_at == before:
        values = {"due_at": clock.due_at, "warn_at": clock.warn_at}
    facts = {"clock": clock.name, "before": before.isoformat(), "after": clock.due_at.isoformat()}
    opinion = _("日历第 %(version)d 版生效（%(who)s确认），截止时间重新计算") % {"version": version.pk, "who": who}
    session.change(record, values, verb="recalculate", opinion=opinion, note=facts, trusted=True, payload=facts)
    return True


def _label(name: str) -> str:
    register = registry.registers.get(name)
    return str(register.label) if register else name

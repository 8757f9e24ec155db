"""Apply a calendar version to the clocks that run: what would move, and moving it with a trace.

A clock that never paused and was never extended is computed again from its start; any other keeps the counted
time it had left, so that what was granted is neither lost nor doubled. Paused clocks need nothing: they are
computed when they resume.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.engines.workflow.clocks import Clock
from gezhi.engines.workflow.worktime import Unit, WorkCalendar
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry

from .service import calendar_at, calendar_of
from .version import CalendarVersion

__all__ = ["Shift", "apply", "preview", "shifts"]

_CONTINUOUS = [unit.value for unit in Unit if unit.continuous]
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shift:
    """A running clock and the due time the newest calendar gives it."""

    clock: Clock
    due_at: dt.datetime
    calendar: WorkCalendar

    @property
    def moves(self) -> bool:
        """Whether its due time changes."""
        return self.due_at != self.clock.due_at


def shifts(now: dt.datetime | None = None) -> Iterator[Shift]:
    """Every running clock that counts working time and was computed with another version."""
    now = now or timezone.now()
    running = Clock.objects.filter(stopped_at=None, paused_at=None).exclude(limit_unit__in=_CONTINUOUS)
    current = calendar_of(None).version
    for clock in running.exclude(calendar_version=current).order_by("id").iterator(chunk_size=2000):
        calendar = calendar_of(clock.unit_id)
        yield Shift(clock, _due(clock, calendar, now), calendar)


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
    for shift in shifts():
        checked += 1
        moved += shift.moves
        if shift.moves and len(rows) < _SHOWN:
            rows.append({
                "register": _label(shift.clock.register), "record_id": shift.clock.record_id,
                "name": shift.clock.name, "before": shift.clock.due_at, "after": shift.due_at,
            })  # fmt: skip
    return {"version": version, "checked": checked, "moved": moved, "rows": rows, "more": moved - len(rows)}


def apply(session: Session, version: CalendarVersion) -> dict[str, int]:
    """Move the due times of running clocks, each record with a history row and an event.

    Returns:
        ``moved`` and ``checked``: values of the version's columns.
    """
    moved = checked = 0
    same: list[int] = []
    for shift in list(shifts(session.now)):
        checked += 1
        if shift.moves:
            moved += 1
            _move(session, shift, version)
        else:
            same.append(shift.clock.pk)
    for start in range(0, len(same), 5000):
        Clock.objects.filter(pk__in=same[start : start + 5000]).update(calendar_version=str(version.pk))
    return {"moved": moved, "checked": checked}


def _move(session: Session, shift: Shift, version: CalendarVersion) -> None:
    clock, calendar = shift.clock, shift.calendar
    before = clock.due_at
    clock.due_at, clock.calendar_version = shift.due_at, calendar.version
    clock.warn_at = clocks.warn_time(calendar, clock.started_at, shift.due_at, clock.limit_unit)
    clock.uncertain = bool(calendar.missing_years(clock.started_at, shift.due_at))
    clock.save(update_fields=["due_at", "warn_at", "calendar_version", "uncertain"])
    register = registry.registers.get(clock.register)
    record = register.model.objects.filter(pk=clock.record_id).first() if register else None
    if register is None or record is None:
        return
    values: dict[str, Any] = {}
    if isinstance(record, clocks.Timed) and record.due_at == before:
        values = {"due_at": clock.due_at, "warn_at": clock.warn_at}
    facts = {"clock": clock.name, "before": before.isoformat(), "after": clock.due_at.isoformat()}
    opinion = _("日历第 %(version)d 版生效，截止时间重新计算") % {"version": version.pk}
    session.change(record, values, verb="recalculate", opinion=opinion, note=facts, trusted=True, payload=facts)


def _label(name: str) -> str:
    register = registry.registers.get(name)
    return str(register.label) if register else name

"""Bring the holidays of a year into the calendar: from the package or a CSV file, with a look before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Refused

from .day import CalendarDay
from .hours import WorkHours
from .source import PACKAGE, Holiday, national_days
from .version import CalendarVersion, make_version

__all__ = ["Plan", "load_days", "plan_days", "seed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do: rows to create, (record, values) to change, records to remove; rows that stay."""

    create: list[Holiday] = field(default_factory=list)
    change: list[tuple[CalendarDay, dict[str, Any]]] = field(default_factory=list)
    remove: list[CalendarDay] = field(default_factory=list)
    same: int = 0

    @property
    def empty(self) -> bool:
        """True when the calendar already says so."""
        return not (self.create or self.change or self.remove)

    def __str__(self) -> str:
        return _("新增 %(create)d，修改 %(change)d，删除 %(remove)d，不变 %(same)d") % {
            "create": len(self.create), "change": len(self.change), "remove": len(self.remove), "same": self.same,
        }  # fmt: skip


def plan_days(days: Iterable[Holiday]) -> Plan:
    """Compare days with the calendar, for the years the days lie in: other years are left alone.

    Within such a year the given days are the whole truth: a listed date that is missing is to be removed.
    """
    wanted = {day.date: day for day in days}
    years = {day.year for day in wanted}
    found = {row.date: row for row in CalendarDay.objects.filter(date__year__in=years)}
    plan = Plan(remove=[row for day, row in sorted(found.items()) if day not in wanted])
    same = 0
    for date, day in sorted(wanted.items()):
        row = found.get(date)
        if row is None:
            plan.create.append(day)
        elif (row.type, row.name) != (day.type.value, day.name):
            plan.change.append((row, {"type": day.type.value, "name": day.name, "source": day.source}))
        else:
            same += 1
    return Plan(plan.create, plan.change, plan.remove, same)


def load_days(actor: Actor, days: Iterable[Holiday], reason: str) -> tuple[Plan, CalendarVersion | None]:
    """Make the calendar say what the days say; one version for all of it, none when nothing changes.

    Raises:
        Refused: the actor may not import calendar days. Invalid: a date is out of range.
    """
    if not actor.may("calendar_day.import"):
        raise Refused
    with door(actor) as session:
        plan = plan_days(days)
        if plan.empty:
            return plan, None
        with _Batch(session):
            for day in plan.create:
                session.create(CalendarDay, _values(day), verb="import")
            for row, values in plan.change:
                session.change(row, values, verb="import")
            for row in plan.remove:
                session.remove(row, opinion=reason)
        return plan, make_version(session, f"{reason}：{plan}")


def seed(session: Session) -> None:
    """A new installation: the package's holidays and office hours as rows that can be edited."""
    if CalendarVersion.objects.exists():
        return
    with _Batch(session):
        if not CalendarDay.objects.exists():
            bulk_create(session, CalendarDay, [_values(day) for day in national_days()], verb="import")
        if not WorkHours.objects.exists():
            session.create(WorkHours, {"name": _("默认工作时间")})
    make_version(session, _("初始数据（%s）") % PACKAGE, "applied")


def _values(day: Holiday) -> dict[str, Any]:
    return {"date": day.date, "type": day.type.value, "name": day.name, "source": day.source}


class _Batch:
    """Within it, changes of the calendar make no version of their own."""

    def __init__(self, session: Session) -> None:
        self._session: Any = session

    def __enter__(self) -> None:
        self._session.calendar_batch = True

    def __exit__(self, *_error: object) -> None:
        self._session.calendar_batch = False

"""Working time in whole seconds since 1970: a thin face of ``engines.workflow.worktime``."""

from __future__ import annotations

from datetime import UTC, datetime

from gezhi.engines.workflow.worktime import Unit, WorkCalendar


class WorkClock:
    """Adds working time to instants given as whole seconds since 1970 (UTC).

    Args:
        calendar: the working calendar of the demo city's centres.
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar

    def add_work(self, at: int, seconds: float) -> int:
        """The instant at which ``seconds`` more working seconds have passed."""
        return self.add(at, seconds / 3600, "work_hour")

    def add(self, at: int, amount: float, unit: str) -> int:
        """Add a limit in one of the catalogue's units, e.g. ``add(t, 2, "work_day")``; at least one second.

        Raises:
            ValueError: an unknown unit.
        """
        seconds = max(1, int(amount * _SECONDS[Unit(unit)]))
        done = self._calendar.add_seconds(datetime.fromtimestamp(at, UTC), seconds, Unit(unit))
        return int(done.timestamp())

    def next_working(self, at: int) -> int:
        """``at`` itself when it is working time, otherwise the next opening."""
        return int(self._calendar.next_working(datetime.fromtimestamp(at, UTC)).timestamp())


_SECONDS = {
    Unit.URGENT_MINUTE: 60,
    Unit.URGENT_HOUR: 3600,
    Unit.NATURAL_DAY: 86400,
    Unit.WORK_HOUR: 3600,
    Unit.WORK_DAY: 28800,
}

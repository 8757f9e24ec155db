"""What this room declares."""

from gezhi.engines.jobs import Job, Periodic
from gezhi.kernel.events import Consumer, Hook, Port, Seed

from .day import CalendarDays
from .hours import WorkHoursRegister
from .load import seed
from .recompute import work
from .service import calendar_of, look_ahead, unit_line
from .version import CalendarVersions, catch_up, note_change

DECLARES = (
    CalendarDays,
    WorkHoursRegister,
    CalendarVersions,
    Port("calendar", calendar_of),
    Port("unit_line", unit_line, default=True),
    Hook("calendar_day", note_change),
    Hook("work_hours", note_change),
    Consumer("calendar_version", ("calendar_day.", "work_hours."), catch_up),
    Job("calendar.apply", work),
    Periodic("calendar.look_ahead", 24 * 3600, look_ahead),
    Seed("calendar", "calendar_calendarversion", seed),
)
"""``unit_line`` gives a unit and the units above it, nearest first: whose hours apply where it has none."""

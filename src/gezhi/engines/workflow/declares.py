"""What the engine declares: plain office hours, until a calendar room provides the city's own."""

from gezhi.kernel.events import Port

from .worktime import WorkCalendar

_PLAIN = WorkCalendar(version="plain")

DECLARES = (Port("calendar", lambda _unit_id, _at: _PLAIN, default=True),)

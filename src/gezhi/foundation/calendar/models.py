from .day import CalendarDay
from .hours import WorkHours
from .version import CalendarVersion

__all__ = ["CalendarDay", "CalendarVersion", "WorkHours"]

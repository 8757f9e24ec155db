"""Periods: a stretch of time, the one before it, and the buckets it is drawn in."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.db.models.functions import TruncDay, TruncHour, TruncMonth, TruncWeek
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

_WINDOW = re.compile(r"(\d{1,4})([hdwmy])")
_LENGTH = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(days=7),
           "m": dt.timedelta(days=30), "y": dt.timedelta(days=365)}
_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """From ``start`` to ``end``, both included; ``None`` stands for ever."""

    start: dt.datetime | None
    end: dt.datetime | None

    @property
    def raw(self) -> str:
        """The period in the filter language of lists; ``""`` for all time."""
        if self.start is None or self.end is None:
            return ""
        return f"{self.start.isoformat()}..{self.end.isoformat()}"

    @property
    def days(self) -> str:
        """The same for a field of days: the days that begin in it."""
        if self.start is None or self.end is None:
            return ""
        zone = timezone.get_current_timezone()
        first = (self.start.astimezone(zone) + dt.timedelta(days=1) - _TICK).date()
        return f"{first}..{self.end.astimezone(zone).date()}"

    @property
    def previous(self) -> Period | None:
        """The period of the same length that ends where this one begins."""
        if self.start is None or self.end is None:
            return None
        return Period(self.start - (self.end - self.start) - _TICK, self.start - _TICK)

    @property
    def trunc(self) -> type[TruncHour] | type[TruncDay] | type[TruncWeek] | type[TruncMonth]:
        """What a moment is cut to in the period's series: hours, days, weeks or months."""
        if self.start is None or self.end is None:
            return TruncMonth
        length = self.end - self.start
        if length <= dt.timedelta(days=3):
            return TruncHour
        if length <= dt.timedelta(days=92):
            return TruncDay
        return TruncWeek if length <= dt.timedelta(days=550) else TruncMonth


def read(text: str, now: dt.datetime | None = None) -> Period:
    """A period from ``24h``, ``7d``, ``today``, ``all``, or ``2026-11-01..2026-11-21`` (days whole, city time).

    Raises:
        Invalid: it is none of these.
    """
    now = now or timezone.now()
    if text == "all":
        return Period(None, None)
    if text == "today":
        return Period(timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0), now)
    found = _WINDOW.fullmatch(text)
    if found:
        return Period(now - int(found[1]) * _LENGTH[found[2]], now)
    low, dots, high = text.partition("..")
    try:
        start, end = _moment(low), _moment(high, end=True)
    except (ValueError, OverflowError):
        dots = ""
    if not dots or start >= end:
        raise Invalid({"period": [_("时间段应为 24h、7d、today、all 或 起始日期..结束日期")]})
    return Period(start, end)


def _moment(text: str, end: bool = False) -> dt.datetime:
    text = text.strip()
    value = dt.datetime.fromisoformat(text)
    if timezone.is_naive(value):
        value = timezone.make_aware(value)
    if end and len(text) <= 10:
        value += dt.timedelta(days=1) - _TICK
    return value.astimezone(timezone.get_current_timezone())

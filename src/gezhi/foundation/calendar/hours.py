"""Working hours: periods of each weekday, for all units or one, by dates and season (工作时间)."""

from __future__ import annotations

import random
import re
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.workhours import Hours, Period
from gezhi.engines.workflow.worktime import DayMode
from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import TextKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OFFICE = "08:00-12:00 14:00-18:00"
_PERIOD = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_DAY_MODES = [
    (DayMode.HOURS.value, _("按工作小时累计")),
    (DayMode.NEXT_DAY_END.value, _("次日起算，到当日下班")),
]


def read_periods(text: str) -> tuple[Period, ...]:
    """``"08:00-12:00 14:00-18:00"`` as minutes after midnight; ``""`` is a day of rest.

    Raises:
        ValueError: not of this form, overlapping or out of order.
    """
    periods: list[Period] = []
    for word in text.split():
        match = _PERIOD.fullmatch(word)
        if match is None:
            raise ValueError(word)
        hour, minute, to_hour, to_minute = (int(part) for part in match.groups())
        begin, end = hour * 60 + minute, to_hour * 60 + to_minute
        last = periods[-1][1] if periods else 0
        if minute > 59 or to_minute > 59 or not last <= begin < end <= 1440:
            raise ValueError(word)
        periods.append((begin, end))
    return tuple(periods)


def write_periods(periods: tuple[Period, ...]) -> str:
    """The text that `read_periods` reads."""
    return " ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in periods)


class PeriodsKind(TextKind):
    """Working periods of a day; full-width signs and Chinese separators are understood."""

    def clean(self, raw: Any) -> str:
        text = str(raw).translate(str.maketrans("：－—–~，、；;,", ":----     "))
        text = re.sub(r"\s*-+\s*", "-", text)
        try:
            return write_periods(read_periods(text))
        except ValueError:
            raise self.wrong(_now("“%s”应为时段，如 08:00-12:00 14:00-18:00，前后不能重叠") % self.label) from None

    def empty(self) -> str:
        return ""  # a day of rest, not the default

    def sample(self, rng: random.Random) -> str:
        return rng.choice((OFFICE, "09:00-17:00"))


class MonthDayKind(TextKind):
    """A day of every year, ``10-08``."""

    def clean(self, raw: Any) -> str:
        match = _MONTH_DAY.fullmatch(str(raw).strip())
        try:
            month, day = (int(part) for part in match.groups()) if match else (0, 0)
            date(2024, month, day)
        except ValueError:
            raise self.wrong(_now("“%s”应为月-日，如 10-08") % self.label) from None
        return f"{month:02}-{day:02}"

    def sample(self, rng: random.Random) -> str:
        return f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


class PeriodsField(models.CharField):
    """Working periods of one weekday."""

    kind_class = PeriodsKind


class MonthDayField(models.CharField):
    """A day of every year."""

    kind_class = MonthDayKind


def _weekday(label: Any, default: str = OFFICE) -> PeriodsField:
    return PeriodsField(label, max_length=120, default=default, blank=True)


class WorkHours(Record):
    """One rule of working hours. The nearest unit wins; within a unit a season wins, then the later start."""

    unit = models.ForeignKey(
        "units.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("单位"),
        help_text=_("空表示默认，适用于没有单独规定的所有单位"),
    )
    name = models.CharField(_("名称"), max_length=40)
    valid_from = models.DateField(_("起始日期"), null=True, blank=True)
    valid_to = models.DateField(_("截止日期"), null=True, blank=True)
    season_from = MonthDayField(_("每年起"), max_length=5, default="", blank=True, help_text=_("如 10-08"))
    season_to = MonthDayField(_("每年止"), max_length=5, default="", blank=True, help_text=_("如 04-30"))
    monday = _weekday(_("周一"))
    tuesday = _weekday(_("周二"))
    wednesday = _weekday(_("周三"))
    thursday = _weekday(_("周四"))
    friday = _weekday(_("周五"))
    saturday = _weekday(_("周六"), "")
    sunday = _weekday(_("周日"), "")
    on_holidays = models.BooleanField(_("节假日照常"), default=False)
    day_mode = models.CharField(_("工作日算法"), max_length=12, choices=_DAY_MODES, default=DayMode.HOURS.value)
    day_hours = models.DecimalField(_("一个工作日的小时数"), max_digits=4, decimal_places=2, default=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "valid_from", "season_from", "season_to"],
                name="work_hours_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name

    def rule(self) -> Hours:
        """The rule as the working calendar takes it."""
        season = None
        if self.season_from:
            first, last = (tuple(int(p) for p in text.split("-")) for text in (self.season_from, self.season_to))
            season = ((first[0], first[1]), (last[0], last[1]))
        week = tuple(read_periods(getattr(self, day)) for day in WEEKDAYS)
        return Hours(week, self.valid_from, self.valid_to, season, self.on_holidays)


class WorkHoursRegister(Register):
    """Seen by all; kept by administrators. Each change makes a new calendar version."""

    model = WorkHours
    label = _("工作时间")
    icon = "clock"
    group = "settings"
    columns = "name unit valid_from valid_to season_from season_to monday saturday on_holidays day_mode"
    filters = "unit valid_from valid_to on_holidays day_mode"
    order = "id"
    form = (
        "name unit valid_from valid_to season_from season_to",
        "monday tuesday wednesday thursday friday saturday sunday",
        "on_holidays day_mode day_hours",
    )
    grants = kept("admin:all", view="*:all public:all")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Dates in order, a whole season or none, some working time, and a day of a sensible length."""
        if record.valid_from and record.valid_to and record.valid_from > record.valid_to:
            raise Invalid({"valid_to": [_("截止日期不能早于起始日期")]})
        if bool(record.season_from) != bool(record.season_to):
            missing = "season_to" if record.season_from else "season_from"
            raise Invalid({missing: [_("季节的起止要同时填写")]})
        if not any(getattr(record, day) for day in WEEKDAYS):
            raise Invalid({"monday": [_("至少有一天要有工作时段")]})
        if not 0 < record.day_hours <= 24:
            raise Invalid({"day_hours": [_("应大于 0，不超过 24")]})
        if record.pk is not None and record.unit_id is None and (record.valid_from or record.valid_to):
            others = WorkHours.objects.filter(unit=None, valid_from=None, valid_to=None).exclude(pk=record.pk)
            if not others.exists():
                raise Invalid({"valid_from": [_("必须保留一条长期有效的默认工作时间")]})

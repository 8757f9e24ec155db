"""Calendar days: dates that do not follow their weekday (节假日与调休)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

TYPES = [
    ("holiday", _("节假日")),
    ("makeup_work", _("调休上班")),
    ("work", _("工作日")),
    ("weekend", _("休息日")),
]
FIRST_YEAR, LAST_YEAR = 1990, 2100


class CalendarDay(Record):
    """A listed date. A date that is not listed is worked Monday to Friday."""

    date = models.DateField(_("日期"), unique=True)
    type = models.CharField(_("类型"), max_length=12, choices=TYPES)
    name = models.CharField(_("名称"), max_length=40, default="", blank=True)
    source = models.CharField(_("依据"), max_length=120, default="", blank=True, help_text=_("如国务院通知文号"))

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


class CalendarDays(Register):
    """Seen by all; kept by administrators. Each change makes a new calendar version."""

    model = CalendarDay
    label = _("节假日与调休")
    icon = "calendar"
    group = "settings"
    key = "date"
    columns = filters = "date type name source"
    order = "-date"
    form = ("date type name source",)
    grants = kept("admin:all", view="*:all public:all")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """The year is one that deadlines can lie in."""
        if not FIRST_YEAR <= record.date.year <= LAST_YEAR:
            raise Invalid({"date": [_("年份应在 %(a)d 到 %(b)d 之间") % {"a": FIRST_YEAR, "b": LAST_YEAR}]})

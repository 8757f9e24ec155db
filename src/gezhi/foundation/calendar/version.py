"""Calendar versions: a picture of days and hours after each change, and the move that applies it.

A clock keeps the number of the version it was computed with. A change of the calendar makes a new version in the
same transaction; new clocks use it at once, running clocks keep their due times until somebody who is entitled
applies the version (see `recompute`), which leaves a history row on every record that moved.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import enqueue
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session, door
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .day import CalendarDay
from .hours import WEEKDAYS, WorkHours

_LOCK = 4_150_100_001  # any number of our own: versions are made one after another


def _apply(ctx: Any) -> None:
    enqueue("calendar.apply", once=f"calendar.{ctx.record.pk}", version=ctx.record.pk)


def _newest(record: Any, _actor: Any) -> Any:
    newer = CalendarVersion.objects.filter(pk__gt=record.pk).exists()
    return _now("已有更新的日历版本，请在最新版本上操作") if newer else ""


class VersionFlow(Workflow):
    """A version waits until its effect on running deadlines is applied or put aside."""

    made = State(_("待确认"), tone="wait")
    applying = State(_("正在重算"))
    applied = State(_("已重算期限"), tone="done", final=True)
    kept = State(_("不重算"), tone="stop", final=True)

    make = Move(_("生成版本"), to=made, who=SYSTEM_ONLY, run=lambda ctx: ctx.values.update(picture()))
    apply = Move(
        _("重算在办期限"),
        source=(made,),
        to=applying,
        who="admin:all",
        when=_newest,
        run=_apply,
        tone="primary",
        help=_("按新日历重新计算所有在办事项的截止时间，逐条留痕"),
    )
    done = Move(_("重算完成"), source=(applying,), to=applied, who=SYSTEM_ONLY)
    keep = Move(
        _("不重算"),
        source=(made,),
        to=kept,
        who="admin:all",
        ask=(Ask("opinion", models.TextField(_("原因"))),),
        help=_("在办事项保留原截止时间，新事项使用新日历"),
    )


class CalendarVersion(Record):
    """Days and hours as they were after a change; its id is the version's number."""

    reason = models.CharField(_("变更"), max_length=200, default="", blank=True)
    days = models.JSONField(_("日期"), default=dict, editable=False)
    hours = models.JSONField(_("工作时间"), default=list, editable=False)
    status = models.CharField(_("状态"), max_length=8, choices=VersionFlow.choices(), default="made")
    moved = models.IntegerField(_("调整的期限"), null=True, blank=True, editable=False)
    checked = models.IntegerField(_("检查的期限"), null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return _now("日历第 %d 版") % self.pk if self.pk else ""


def _effect(record: Any, _actor: Any) -> dict[str, Any]:
    from .recompute import preview

    return preview(record)


class CalendarVersions(Register):
    """The log of the calendar; its newest row shows what applying it would move."""

    model = CalendarVersion
    label = _("日历版本")
    icon = "history"
    group = "settings"
    columns = "id reason status moved checked created_at"
    filters = "status created_at"
    writable = False
    grants = {"view": "admin:all shift_leader:all leader:all"}
    flow = VersionFlow
    panels = (
        Panel(
            "effect",
            _("对在办期限的影响"),
            "calendar/effect.html",
            _effect,
            when=lambda record, actor: record.status == "made" and actor.may("calendar_version.apply"),
        ),
    )


def note_change(session: Session, record: Any, verb: str, _changed: set[str]) -> None:
    """Hook: a day or a rule was written; make a version, once a batch."""
    if getattr(session, "calendar_batch", False):
        return
    make_version(session, f"{_now('修改') if verb == 'change' else verb} {record}")


def picture() -> dict[str, Any]:
    """Days and rules as they stand, as plain data."""
    days = {d.isoformat(): t for d, t in CalendarDay.objects.order_by("date").values_list("date", "type")}
    return {"days": days, "hours": [_row(rule) for rule in WorkHours.objects.order_by("id")]}


def catch_up(_event: Any) -> None:
    """Consumer: days that came through the bulk door ran no hook; make the version they lack."""
    newest = CalendarVersion.objects.order_by("-id").first()
    now = picture()
    if newest is None or (newest.days, newest.hours) != (now["days"], now["hours"]):
        with door(SYSTEM) as session:
            make_version(session, _now("批量导入"))


def make_version(session: Session, reason: str, status: str = "made") -> CalendarVersion:
    """Take the picture of the calendar as this transaction sees it; a first one has nothing to be applied to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    values = {"reason": reason[:200], "status": status, **picture()}
    made = session.create(CalendarVersion, values, verb="make", trusted=True)
    from .service import forget

    forget()
    session.after.append(forget)
    return made


def _row(rule: WorkHours) -> dict[str, Any]:
    """A rule as plain data, from which `service` builds it again years later."""
    return {
        "unit": rule.unit_id,
        "from": rule.valid_from.isoformat() if rule.valid_from else None,
        "to": rule.valid_to.isoformat() if rule.valid_to else None,
        "season": [rule.season_from, rule.season_to] if rule.season_from else None,
        "week": [getattr(rule, day) for day in WEEKDAYS],
        "on_holidays": rule.on_holidays,
        "day_mode": rule.day_mode,
        "day_seconds": int(rule.day_hours * 3600),
    }

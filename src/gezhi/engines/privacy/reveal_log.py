"""The list of looks at sensitive values (privacy.md 2): who saw which field of which record whole, when and why."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.tables.names import name_of
from gezhi.kernel.access import SameReach
from gezhi.kernel.door import Session
from gezhi.kernel.fields import indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry


class RevealLog(Record):
    """One look. The value itself is nowhere in it."""

    at = models.DateTimeField(_("时间"))
    staff = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                              db_constraint=False, verbose_name=_("查看人"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             db_constraint=False, verbose_name=_("查看人单位"))
    role = models.CharField(_("岗位角色"), max_length=24, default="", blank=True)
    register = models.CharField(_("登记簿"), max_length=40)
    record_id = models.BigIntegerField(_("记录"))
    field = models.CharField(_("字段"), max_length=40)
    title = models.CharField(_("记录名称"), max_length=160, default="", blank=True)
    reason = models.CharField(_("事由"), max_length=500)

    class Meta:
        indexes = indexed("reveallog", "at", "staff+at", "unit+at", "register+record_id")

    def __str__(self) -> str:
        return f"{self.register} {self.record_id}"


class RevealLogs(Register):
    """Read by the auditor, by the unit of who looked, and by oneself; written by looking, changed by nobody."""

    model, label, group, icon = RevealLog, _("敏感信息查看记录"), "system", "eye"
    columns = "at staff unit role register title field reason"
    filters = "at staff unit role register record_id field"
    search = "title reason"
    order = "-at"
    writable = False
    reaches = {"own": SameReach("staff_id", "user_id"), "unit": SameReach("unit_id", "unit_id")}
    grants = {"view": "auditor:all unit_clerk:unit *:own", "export": "auditor:all"}

    def says(self, record: Any, name: str) -> str | None:
        """Role, register and field by their labels."""
        if name == "role":
            return name_of("role", record.role) if record.role else ""
        register = registry.registers.get(record.register)
        if register is None or name not in ("register", "field"):
            return None
        kind = register.kinds.get(record.field)
        return str(register.label) if name == "register" else str(kind.label if kind is not None else record.field)


def keep(session: Session, register: Register, record: Any, field: str, reason: str) -> None:
    """Write a look down. A record that only named people may know of is called by its number alone."""
    actor = session.actor
    title = f"#{record.pk}" if register.confined else register.title(record)
    session.create(RevealLog, {
        "at": session.now, "staff_id": actor.user_id, "unit_id": actor.unit_id, "role": actor.role,
        "register": register.name, "record_id": record.pk, "field": field, "title": title[:160], "reason": reason},
        verb="reveal", trusted=True, emit=False)

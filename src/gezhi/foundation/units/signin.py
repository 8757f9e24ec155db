"""The log of sign-ins, good and bad; it also answers whether a name or an address is locked out."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gezhi.kernel.access import SameReach
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

WINDOW = dt.timedelta(minutes=15)
"""Failures within this time count; a lock-out lasts as long."""
NAME_LIMIT = 5
ADDRESS_LIMIT = 50

RESULTS = [("ok", _("成功")), ("wrong", _("密码错误")), ("locked", _("已锁定")), ("factor", _("二次验证失败")),
           ("out", _("退出")), ("ended", _("会话被结束"))]


class SignIn(Record):
    """One attempt to sign in, or the end of a session."""

    username = models.CharField(_("登录名"), max_length=40)
    staff = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name=pgettext_lazy("staff", "人员"))
    result = models.CharField(_("结果"), max_length=8, choices=RESULTS)
    address = models.GenericIPAddressField(_("来源地址"), null=True, blank=True)
    agent = models.CharField(_("终端"), max_length=200, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["username", "created_at"], name="signin_name"),
            models.Index(fields=["address", "created_at"], name="signin_address"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.get_result_display()}"


class SignIns(Register):
    """Administrators see all, everybody their own."""

    model = SignIn
    name = "sign_in"
    label = _("登录日志")
    icon = "login"
    group = "system"
    columns = "created_at username staff result address agent"
    filters = "created_at username result address"
    search = "username"
    writable = False
    reaches = {"own": SameReach("staff_id", "user_id")}
    grants = {"view": "admin:all *:own", "export": "admin:all"}


def log(username: str, result: str, *, staff_id: int | None = None, address: str | None = None,
        agent: str = "") -> None:
    """Write one line of the log. It stays even when the request that caused it fails."""
    with door(SYSTEM) as session:
        session.create(SignIn, {"username": username[:40], "staff_id": staff_id, "result": result,
                                "address": address or None, "agent": agent[:200]}, emit=False)


def locked_for(username: str, address: str | None) -> int:
    """Minutes until another attempt is accepted; 0 when none is locked out. Two indexed counts."""
    now = timezone.now()
    since = now - WINDOW
    bad = SignIn.objects.filter(result__in=("wrong", "factor"), created_at__gte=since)
    last_good = SignIn.objects.filter(username=username, result="ok", created_at__gte=since).order_by(
        "-created_at").values_list("created_at", flat=True).first()
    by_name = bad.filter(username=username, created_at__gt=last_good or since).order_by("-created_at")
    recent = list(by_name.values_list("created_at", flat=True)[:NAME_LIMIT])
    if len(recent) < NAME_LIMIT:
        recent = list(bad.filter(address=address).order_by("-created_at")
                      .values_list("created_at", flat=True)[:ADDRESS_LIMIT]) if address else []
        if len(recent) < ADDRESS_LIMIT:
            return 0
    return max(1, -(-int((recent[0] + WINDOW - now).total_seconds()) // 60))

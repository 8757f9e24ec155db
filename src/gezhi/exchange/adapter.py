"""Adapters to other systems, and the log of what was exchanged (integration.md 1)."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from . import mapping

MODES = [("webhook", _("回调（Webhook）")), ("mail", _("邮箱")), ("push", _("推送工单"))]
STATES = [("acked", _("已接收")), ("repeated", _("重复")), ("refused", _("已拒绝"))]


class Adapter(Record):
    """One connection to another system: where it is, how it signs, and how its fields become ours."""

    code = models.SlugField(_("编码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    mode = models.CharField(_("接入方式"), max_length=10, choices=MODES)
    endpoint = models.CharField(_("地址"), max_length=200, default="", blank=True,
                                help_text=_("邮箱：存放 .eml 的文件夹、maildir，或 imaps://用户@主机/文件夹；推送工单：对方接收工单的网址"))
    secret = SealedField(_("密钥或口令"), form="text")
    mapping = models.JSONField(_("字段映射"), default=dict, blank=True)
    area_code = AreaCodeField(_("默认区域"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("自有系统的部门"), help_text=_("推送工单：这个单位及其下级的工单"))
    enabled = models.BooleanField(_("启用"), default=True)
    ran_at = models.DateTimeField(_("最近运行"), null=True, blank=True, editable=False)
    problem = models.CharField(_("最近故障"), max_length=200, default="", blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Adapters(Register):
    """Administrators connect other systems."""

    model = Adapter
    label = _("接入适配器")
    icon = "plug"
    group = "system"
    key = "code"
    columns = "code name mode endpoint unit area_code enabled ran_at problem"
    filters = "mode unit enabled"
    search = "code name"
    order = "code"
    form = ("code name mode endpoint secret unit area_code enabled", "mapping")
    grants = kept("admin:all", view="admin:all", verbs="create change remove")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """The mapping can be read; a webhook has a secret to sign with, a mailbox an address."""
        mapping.check(record.mapping, states=record.mode == "push")
        if record.mode in ("webhook", "push") and len(record.secret or "") < 16:
            raise Invalid({"secret": [_g("回调和推送须有至少 16 位的签名密钥")]})
        if record.mode == "push" and (record.unit is None or urlsplit(record.endpoint).scheme not in ("http", "https")):
            raise Invalid({"endpoint": [_g("推送工单须填写对方的网址（http 或 https）和自有系统的部门")]})
        if record.mode == "mail" and not record.endpoint:
            raise Invalid({"endpoint": [_g("请填写邮箱地址或文件夹")]})


class ExchangeLog(Record):
    """One thing that came in (or was refused), by the sender's key."""

    adapter = models.ForeignKey("exchange.Adapter", models.PROTECT, related_name="+", verbose_name=_("适配器"))
    key = models.CharField(_("业务键"), max_length=200)
    digest = models.CharField(_("内容摘要"), max_length=64)
    state = models.CharField(_("结果"), max_length=10, choices=STATES)
    biz_no = models.CharField(_("受理号"), max_length=24, default="", blank=True)
    error = models.CharField(_("原因"), max_length=300, default="", blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        indexes = [models.Index(fields=["adapter", "key"], name="exchange_key")]

    def __str__(self) -> str:
        return f"{self.adapter} {self.key}"


class ExchangeLogs(Register):
    """What was exchanged."""

    model = ExchangeLog
    label = _("交换日志")
    icon = "arrows-exchange"
    group = "system"
    columns = "adapter at key state biz_no error"
    filters = "adapter state at"
    search = "key"
    grants = {"view": "admin:all", "export": "admin:all"}
    writable = False


def log(adapter: Adapter, key: str, body: bytes, state: str, *, biz_no: str = "", error: str = "") -> None:
    """Keep what became of one thing that came in."""
    digest = hashlib.sha256(body).hexdigest()
    with door(SYSTEM) as session:
        session.create(ExchangeLog, {
            "adapter": adapter, "key": (key or digest)[:200], "digest": digest, "state": state,
            "biz_no": biz_no, "error": error[:300], "at": timezone.now()}, trusted=True, emit=False)

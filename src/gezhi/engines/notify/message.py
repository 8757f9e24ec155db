"""A message to one person by one channel, and what became of it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.fields import SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

CHANNELS = [("inbox", _("站内")), ("email", _("电子邮件")), ("sms", _("短信")), ("wechat", _("微信"))]
KINDS = [("todo", _("待办")), ("warning", _("预警")), ("supervise", _("督办")), ("notice", _("通知")),
         ("system", _("系统"))]
STATES = [("queued", _("待发送")), ("sent", _("已提交")), ("delivered", _("已送达")), ("failed", _("发送失败"))]


class Message(Record):
    """To a member of staff (``staff_id``) or to a phone or address; unique by event, recipient and channel."""

    channel = models.CharField(_("渠道"), max_length=8, choices=CHANNELS)
    kind = models.CharField(_("类别"), max_length=10, choices=KINDS, default="notice")
    state = models.CharField(_("状态"), max_length=10, choices=STATES, default="queued")
    staff_id = models.BigIntegerField(_("收件人编号"), null=True, blank=True)
    recipient = models.CharField(_("收件人"), max_length=80, default="", blank=True)
    phone = SealedField(_("手机"), form="phone")
    email = models.EmailField(_("邮箱"), default="", blank=True)
    title = models.CharField(_("标题"), max_length=120)
    text = models.TextField(_("内容"), max_length=2000, default="", blank=True)
    link_register = models.CharField(_("关联登记簿"), max_length=40, default="", blank=True)
    link_id = models.BigIntegerField(_("关联记录"), null=True, blank=True)
    event_id = models.BigIntegerField(_("事件"), null=True, blank=True, editable=False)
    address_key = models.CharField(_("收件地址摘要"), max_length=48, default="", blank=True, editable=False)
    urgent = models.BooleanField(_("夜间也发"), default=False)
    tries = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_at = models.DateTimeField(_("下次发送"), null=True, blank=True)
    receipt = models.CharField(_("回执号"), max_length=80, default="", blank=True)
    error = models.CharField(_("失败原因"), max_length=200, default="", blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "channel", "address_key"], name="message_once",
                                               condition=Q(event_id__isnull=False))]
        indexes = [
            models.Index(fields=["staff_id", "-id"], name="message_inbox", condition=Q(channel="inbox")),
            models.Index(fields=["staff_id"], name="message_unread", condition=Q(channel="inbox", read_at=None)),
            models.Index(fields=["next_at"], name="message_queue", condition=Q(state="queued")),
            models.Index(fields=["address_key", "-sent_at"], name="message_rate", condition=~Q(channel="inbox")),
        ]

    def __str__(self) -> str:
        return self.title


class Messages(Register):
    """Everybody sees their own; administrators see all, with phones masked."""

    model = Message
    label = _("消息")
    icon = "bell"
    group = "system"
    columns = "channel kind state recipient phone title created_at sent_at read_at error"
    filters = "channel kind state staff_id created_at read_at"
    search = "title"
    reaches = {"own": SameReach("staff_id", "user_id")}
    grants = {"view": "*:own admin:all", "read": "*:own", "resend": "admin:all"}
    writable = False


def unread(actor: Actor) -> int:
    """How many messages in the app this person has not read."""
    if actor.user_id is None:
        return 0
    return Message.objects.filter(staff_id=actor.user_id, channel="inbox", read_at=None).count()


def mark_read(actor: Actor, ids: list[int] | None = None) -> int:
    """Mark one's own messages as read; all of them when ``ids`` is ``None``. Returns how many."""
    rows: Any = Message.objects.filter(staff_id=actor.user_id, channel="inbox", read_at=None)
    if actor.user_id is None:
        return 0
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    with door(actor) as session:
        found = list(rows[:500])
        for message in found:
            session.change(message, {"read_at": timezone.now()}, verb="read", emit=False)
    return len(found)

"""When each periodic job runs next, and how it went last."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Beat(models.Model):
    """One row a periodic job. Bookkeeping of the engine, not a record: no person writes it."""

    name = models.CharField(_("名称"), max_length=60, primary_key=True)
    next_at = models.DateTimeField(_("下次运行"))
    started_at = models.DateTimeField(_("上次开始"), null=True)
    ended_at = models.DateTimeField(_("上次结束"), null=True)
    seconds = models.FloatField(_("用时（秒）"), null=True)
    error = models.TextField(_("错误"), default="", blank=True)
    failures = models.IntegerField(_("连续失败次数"), default=0)

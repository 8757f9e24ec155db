"""What an administrator says of a sort of round: how often, how early the task is given, how it may be done."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.records import Record


class RoundPlan(Record):
    """One sort of round at one level. The concrete plan adds what it is for (a programme, a sort of place)."""

    days = models.PositiveSmallIntegerField(
        _("周期（天）"), validators=[MinValueValidator(1), MaxValueValidator(366)], help_text=_("每多少天一次"))
    ahead = models.PositiveSmallIntegerField(
        _("提前生成（天）"), default=7, validators=[MaxValueValidator(60)], help_text=_("到期前多少天派给执行人"))
    least = models.PositiveSmallIntegerField(
        _("最短执行时间（天）"), default=3, validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("已逾期的，从派发起至少给这么多天"))
    online = models.BooleanField(_("允许线上查看"), default=False, help_text=_("关闭时每次都须到现场"))
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        abstract = True

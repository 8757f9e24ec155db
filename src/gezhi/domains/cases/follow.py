"""Following a case: who is told of its progress; the reporter of a duplicate follows its master."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import SameReach
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class Follow(Record):
    """A person, or the reporter behind a duplicate case, who is told when the followed case moves on."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="follows", verbose_name=_("案件"))
    staff = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name=_("关注人"))
    duplicate = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("重复案件"))
    since = models.DateTimeField(_("关注时间"))
    lent = models.JSONField(_("并案前的截止时间"), default=dict, blank=True, editable=False)
    until = models.DateTimeField(_("取消时间"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "staff"], name="follow_once",
                                    condition=Q(until=None, staff__isnull=False)),
            models.UniqueConstraint(fields=["case", "duplicate"], name="follow_duplicate_once",
                                    condition=Q(until=None, duplicate__isnull=False)),
        ]
        indexes = [models.Index(fields=["staff", "-id"], name="follow_staff", condition=Q(until=None))]

    def __str__(self) -> str:
        return f"{self.staff or self.duplicate} → {self.case}"


class Follows(Register):
    """Everybody sees what they follow."""

    model = Follow
    name = "follow"
    label = _("关注")
    icon = "star"
    group = "cases"
    columns = "case staff duplicate since until"
    filters = "case staff since until"
    reaches = {"own": SameReach("staff_id", "user_id")}
    grants = {"view": "*:own public:own admin:all"}
    writable = False

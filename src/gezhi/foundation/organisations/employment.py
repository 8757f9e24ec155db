"""Who works where (从业人员): a person's place of work, said once for the person and the organisation alike."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import ABOUT_FILTERS, ABOUT_GRANTS
from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class Employment(Record):
    """One person's work at one organisation."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("人员"))
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+",
                                     verbose_name=_("工作单位"))
    duty = models.CharField(_("岗位"), max_length=40, default="", blank=True)
    since = models.DateField(_("开始日期"), null=True, blank=True)
    until = models.DateField(_("结束日期"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation"], name="employment_once",
                                               condition=Q(until=None))]
        indexes = indexed("employment", "until")

    def __str__(self) -> str:
        return str(self.organisation)


class Employments(Register):
    """Seen and kept by whom the person is seen and kept by."""

    model, label, group, icon = Employment, _("从业人员"), "entities", "briefcase"
    columns = "person organisation duty since until"
    filters = "person organisation since until"
    search = "organisation__name^2 duty"
    form = ("person organisation duty", "since until")
    links = "person organisation"
    reaches = {"area": AreaReach("person__area_code")}
    grants = ABOUT_GRANTS
    extra_filters = ABOUT_FILTERS

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """It ends after it began."""
        if record.since and record.until and record.until < record.since:
            raise Invalid({"until": [_t("结束日期不能早于开始日期")]})

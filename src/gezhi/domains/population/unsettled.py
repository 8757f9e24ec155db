"""People without a household registration (未落户人员)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import AboutPerson, AboutPersons
from gezhi.kernel.fields import SealedField, indexed, sensitive


class UnsettledPerson(AboutPerson):
    """Why a person is not registered, since when, and with which papers."""

    reason = sensitive(models.CharField(_("未落户原因"), max_length=255))
    since = models.DateField(_("未落户时间"), null=True, blank=True)
    paper = models.CharField(_("持证种类"), max_length=100, default="", blank=True)
    paper_no = SealedField(_("持证编号"), form="document")

    class Meta:
        indexes = indexed("unsettled", "since", "paper")


class UnsettledPeople(AboutPersons):
    """The people of an area who wait for their registration."""

    model, label = UnsettledPerson, _("未落户人员")
    columns = "person reason since paper"
    filters = "since paper person"
    form = ("person reason since", "paper paper_no")

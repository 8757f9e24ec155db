"""Migrants (流动人口): why they came, where they live, until when their permit holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import ABOUT_FILTERS, AboutPerson, AboutPersons
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, CodeField, SealedField, indexed
from gezhi.kernel.registers import Filter

SOON = dt.timedelta(days=30)
"""How long before its end a permit counts as expiring."""
PERMITS: dict[str, Any] = {"expiring": _("30 日内到期"), "expired": _("已到期")}


def permit(raw: str, _actor: Actor) -> Q:
    """``permit=expiring,expired``."""
    today, q = timezone.localdate(moment()), Q(pk__in=())
    for word in raw.split(","):
        if word not in PERMITS:
            raise Invalid({"permit": [_t("没有这一项")]})
        q |= Q(expires_on__lt=today) if word == "expired" else Q(expires_on__range=(today, today + SOON))
    return q


class FloatingPerson(AboutPerson):
    """What is kept of a person whose household is registered elsewhere."""

    reason = CodeField(_("流入原因"), table="inflow_reason")
    dwelling = CodeField(_("住所类型"), table="dwelling_type")
    permit_type = CodeField(_("办证类型"), table="permit_type", blank=True, default="")
    permit_no = SealedField(_("居住证件号码"), form="document")
    permit_index = BlindField(of="permit_no")
    registered_on = models.DateField(_("登记日期"))
    expires_on = models.DateField(_("证件到期日期"), null=True, blank=True)

    class Meta:
        indexes = indexed("floating", "reason", "dwelling", "permit_type", "registered_on", "expires_on",
                          "permit_index")


class FloatingPeople(AboutPersons):
    """The migrants of an area."""

    model, label = FloatingPerson, _("流动人口")
    columns = "person reason dwelling permit_type registered_on expires_on"
    filters = "reason dwelling permit_type permit_no registered_on expires_on person"
    search = "permit_no"
    form = ("person reason dwelling registered_on", "permit_type permit_no expires_on")
    extra_filters = (*ABOUT_FILTERS, Filter("permit", _("证件期限"), permit,
                                             lambda: [[c, str(w)] for c, w in PERMITS.items()]))

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Somebody of here is no migrant; a permit ends after it was given."""
        if record.person_id and record.person.kind not in ("02", "03"):
            raise Invalid({"person": [_t("该人员的人口类型不是流动人口")]})
        if record.expires_on and record.expires_on < record.registered_on:
            raise Invalid({"expires_on": [_t("到期日期不能早于登记日期")]})

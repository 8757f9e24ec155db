"""People from abroad (境外人员): their names as in the passport, why and for how long they are here."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import AboutPerson, AboutPersons
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, indexed, sensitive


class OverseasPerson(AboutPerson):
    """What is kept of a person from abroad, Hong Kong, Macao or Taiwan."""

    surname = sensitive(models.CharField(_("外文姓"), max_length=40, default="", blank=True), "name")
    given_name = sensitive(models.CharField(_("外文名"), max_length=40, default="", blank=True), "name")
    document_until = models.DateField(_("证件有效期"))
    purpose = CodeField(_("来华目的"), table="china_purpose")
    arrived_on = models.DateField(_("抵达日期"))
    leaves_on = models.DateField(_("预计离开日期"), null=True, blank=True)

    class Meta:
        indexes = indexed("overseas", "purpose", "document_until", "arrived_on", "leaves_on")


class OverseasPeople(AboutPersons):
    """The people from abroad in an area."""

    model, label = OverseasPerson, _("境外人员")
    columns = "person surname given_name purpose document_until arrived_on leaves_on"
    filters = "purpose document_until arrived_on leaves_on person"
    search = "surname given_name"
    form = ("person surname given_name document_until", "purpose arrived_on leaves_on")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Who leaves has arrived before; a citizen's card is no document from abroad."""
        if record.leaves_on and record.leaves_on < record.arrived_on:
            raise Invalid({"leaves_on": [_t("离开日期不能早于抵达日期")]})
        if record.person_id and record.person.kind != "03":
            raise Invalid({"person": [_t("该人员的人口类型不是境外人员")]})

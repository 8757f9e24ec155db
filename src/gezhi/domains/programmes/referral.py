"""Referrals (转介): a person's need is handed to the authority it belongs to; here stays that it was."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.people.public import ABOUT_FILTERS
from gezhi.kernel.access import NOTHING, Reach, SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, SealedField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from .base import at_unit
from .referring import CASE


def of_unit(actor: Actor) -> Q:
    """Referrals from or to this very unit."""
    return Q(unit_id=actor.unit_id) | Q(to_unit_id=actor.unit_id) if actor.unit_id is not None else NOTHING


class Referral(Record):
    """One hand-over of a person's need, with the person's consent."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("人员"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("转出单位"))
    keeper = models.ForeignKey("units.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    to = CodeField(_("转介去向"), table="refer_to")
    to_unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("接收单位"))
    visit = models.ForeignKey("programmes.VisitRecord", models.PROTECT, null=True, blank=True, related_name="referrals",
                              verbose_name=_("来自走访"), editable=False)
    request = models.TextField(_("转办内容"), max_length=500, default="", blank=True,
                               help_text=_("填写后在案件线立案办理，案件经办人都看得到：写需要什么帮助，不写所在项目和病情"))
    need = SealedField(_("需要的帮助"), high=True, help_text=_("写需要什么帮助，不写病情"))
    consent = models.BooleanField(_("本人或监护人已同意"), default=False)
    referred_on = models.DateField(_("转介日期"))
    accepted_on = models.DateField(_("接收日期"), null=True, blank=True)
    outcome = SealedField(_("办理结果"), high=True)

    class Meta:
        indexes = indexed("referral", "to", "referred_on", "accepted_on")

    def __str__(self) -> str:
        return str(self.person)


class Referrals(Register):
    """Seen by who referred, by the unit that did, and by the unit that takes over."""

    model, label, group, icon = Referral, _("转介"), "programmes", "transfer"
    columns = "person to unit to_unit keeper referred_on accepted_on"
    filters = "to unit to_unit keeper referred_on accepted_on person"
    form = ("person to to_unit consent", "unit keeper need referred_on request", "accepted_on outcome")
    extra_filters = ABOUT_FILTERS
    panels = (CASE,)
    confined = True
    reaches = {"own": SameReach("keeper_id"), "unit": Reach(of_unit, begins=at_unit)}
    grants = {"view": "unit_clerk:unit grid_member:own grid_leader:own",
              "create": "unit_clerk:unit grid_member:own grid_leader:own", "change": "unit_clerk:unit",
              "reveal": "unit_clerk:unit"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Nobody is referred without consent; it is accepted after it was made."""
        if not record.consent:
            raise Invalid({"consent": [_t("转介须经本人或监护人同意")]})
        if record.accepted_on and record.accepted_on < record.referred_on:
            raise Invalid({"accepted_on": [_t("接收日期不能早于转介日期")]})

"""Recovery from drugs in the community (社区戒毒康复)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import CodeField, SealedField, indexed

from .base import ENTRY, LEAVING, Programme, Programmes


class RehabPerson(Programme):
    """A person who is helped to stay off drugs; causes and consequences are the health authority's."""

    agreed_on = models.DateField(_("社区戒毒（康复）协议日期"))
    control = CodeField(_("管控情况"), table="drug_control")
    help = SealedField(_("帮扶情况"), high=True)

    class Meta(Programme.Meta):
        indexes = [*Programme.Meta.indexes, *indexed("rehab", "control", "agreed_on")]


class RehabPersons(Programmes):
    """The people in recovery, to those who help them."""

    model, label = RehabPerson, _("社区戒毒康复人员")
    columns = "person control agreed_on keeper last_visit next_visit light ends"
    filters = "control agreed_on keeper helper unit next_visit ends person"
    form = (*ENTRY, "agreed_on control help", LEAVING)

"""People released from prison (安置帮教): how they were received, and how they find work and a home."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import CodeField, SealedField, indexed

from .base import ENTRY, LEAVING, Programme, Programmes


class ReleasedPerson(Programme):
    """What is done for a person after release; judgements of the person are not kept."""

    released_on = models.DateField(_("释放日期"))
    prison = SealedField(_("服刑场所"), high=True)
    offence = SealedField(_("原罪名"), high=True)
    sentence = SealedField(_("原判刑期"), high=True)
    help_kind = CodeField(_("帮教类别"), table="release_help")
    handover = CodeField(_("衔接情况"), table="handover")
    handed_on = models.DateField(_("衔接日期"))
    placement = CodeField(_("安置情况"), table="placement", blank=True, default="")
    placed_on = models.DateField(_("安置日期"), null=True, blank=True)
    no_placement = SealedField(_("未安置原因"), high=True)
    help = SealedField(_("帮教情况"), high=True)

    class Meta(Programme.Meta):
        indexes = [*Programme.Meta.indexes, *indexed("released", "help_kind", "handover", "placement", "released_on")]


class ReleasedPersons(Programmes):
    """The people released, to those who help them."""

    model, label = ReleasedPerson, _("刑满释放人员")
    columns = "person help_kind released_on handover placement keeper last_visit next_visit light ends"
    filters = "help_kind handover placement released_on keeper helper unit next_visit ends person"
    form = (*ENTRY, "released_on prison offence sentence", "help_kind handover handed_on",
            "placement placed_on no_placement help", LEAVING)

"""Community correction (社区矫正): within the dates of the court's order, with its team."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, CodesField, SealedField, indexed

from .base import ENTRY, LEAVING, Programme, Programmes


class CorrectionPerson(Programme):
    """A person under community correction; begin and end are those of the order."""

    correction_no = models.CharField(_("社区矫正人员编号"), max_length=16, unique=True)
    kind = CodeField(_("矫正类别"), table="correction_kind")
    received = CodeField(_("接收方式"), table="correction_receive")
    offence = SealedField(_("具体罪名"), high=True)
    sentence = SealedField(_("原判刑期"), high=True)
    team = CodesField(_("矫正小组组成"), table="correction_team")
    rewards = SealedField(_("奖惩情况"), high=True)
    end_kind = CodeField(_("矫正解除类型"), table="correction_end", blank=True, default="")

    class Meta(Programme.Meta):
        indexes = [*Programme.Meta.indexes, *indexed("correction", "kind", "received", "end_kind")]


class CorrectionPersons(Programmes):
    """The people under correction, to the justice office and the team."""

    model, label, key = CorrectionPerson, _("社区矫正人员"), "correction_no"
    columns = "correction_no person kind team keeper last_visit next_visit light begins ends"
    filters = "kind received end_kind keeper helper unit next_visit ends person"
    search = "correction_no^2"
    form = (*ENTRY, "correction_no kind received offence sentence", "team rewards", f"end_kind {LEAVING}")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Correction lasts at least a day; who leaves it is said how."""
        super().clean(record, actor, changed)
        if record.ends == record.begins:
            raise Invalid({"ends": [_t("矫正结束日期应晚于开始日期")]})
        if bool(record.end_kind) != bool(record.left_on):
            raise Invalid({"end_kind": [_t("矫正解除类型和退出日期要一起填写")]})

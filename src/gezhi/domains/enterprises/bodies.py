"""Party, union, youth and women's organisations inside a firm or association (GB/T 31000, 两新组织)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.organisations.public import AboutOrganisation, AboutOrganisations
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid

BODIES = (("has_party", "party_members"), ("has_union", "union_members"), ("has_youth", "youth_members"),
          ("has_women", "women_members"))
FORM = ("party_ready has_party party_members has_union union_members",
        "has_youth youth_members has_women women_members")


class Bodied(AboutOrganisation):
    """Which bodies there are, and how many members each has."""

    party_ready = models.BooleanField(_("具备建立党组织条件"), default=False)
    has_party = models.BooleanField(_("有党组织"), default=False)
    party_members = models.PositiveIntegerField(_("党员数量"), null=True, blank=True)
    has_union = models.BooleanField(_("有工会"), default=False)
    union_members = models.PositiveIntegerField(_("工会会员数量"), null=True, blank=True)
    has_youth = models.BooleanField(_("有共青团组织"), default=False)
    youth_members = models.PositiveIntegerField(_("团员数量"), null=True, blank=True)
    has_women = models.BooleanField(_("有妇联组织"), default=False)
    women_members = models.PositiveIntegerField(_("妇女数量"), null=True, blank=True)

    class Meta:
        abstract = True


class WithBodies(AboutOrganisations):
    """A body that is there says how many members it has."""

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Refuse a body without a number of members."""
        lacking = [count for has, count in BODIES if getattr(record, has) and getattr(record, count) is None]
        if lacking:
            raise Invalid({name: [_t("已设该组织，请填写人数")] for name in lacking})

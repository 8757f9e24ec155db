"""Base of records that add something to an organisation: a firm's bodies, an association's registration, parcels."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import AreaKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Layer, Register

from .organisation import GRANTS, Organisation


def by_area(raw: str, _actor: Actor) -> Q:
    """Records about organisations of an area."""
    return AreaKind(Organisation._meta.get_field("area_code"), "organisation__area_code").q(raw)


class AboutOrganisation(Record):
    """One record of its kind an organisation; name, code, address and people stand on the organisation."""

    organisation = models.OneToOneField("organisations.Organisation", models.PROTECT, related_name="+",
                                        verbose_name=_("单位"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.organisation)


class AboutOrganisations(Register):
    """Seen and kept by whom the organisation is seen and kept by."""

    group = "entities"
    icon = "building-store"
    links = "organisation"
    search = "organisation__name^3 organisation__uscc"
    reaches = {"area": AreaReach("organisation__area_code")}
    grants = GRANTS
    layer = Layer("organisation__place", icon="building-store")
    extra_filters: ClassVar[Any] = (Filter("area_code", _("所属区域"), by_area),)

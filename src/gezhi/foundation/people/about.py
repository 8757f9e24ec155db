"""Base of records that add something to a person: who lives here by right, by lease, from abroad, in a programme."""

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

from .person import GRANTS as ABOUT_GRANTS
from .person import Person


def by_area(raw: str, _actor: Actor) -> Q:
    """Records about people of an area."""
    kind = AreaKind(Person._meta.get_field("area_code"), "person__area_code")
    return kind.q(raw)


ABOUT_FILTERS = (Filter("area_code", _("所属区域"), by_area),)


class AboutPerson(Record):
    """One record of its kind a person; where the person lives is said once, on the person."""

    person = models.OneToOneField("people.Person", models.PROTECT, related_name="+", verbose_name=_("人员"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.person)


class AboutPersons(Register):
    """Seen and kept by whom the person is seen and kept by."""

    group = "people"
    icon = "user"
    links = "person"
    reaches = {"area": AreaReach("person__area_code")}
    grants = ABOUT_GRANTS
    extra_filters: ClassVar[Any] = ABOUT_FILTERS
    layer = Layer("person__home__place", icon="user")

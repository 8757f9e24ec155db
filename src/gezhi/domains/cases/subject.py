"""What a case is about (涉及对象): a home, a person, an organisation, a building or a vehicle that is in a register.

Not who reported it: a reporter's name stands on the case alone and leads nowhere (privacy.md 7).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import NOTHING, Reach, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import PlateField, sensitive
from gezhi.kernel.kinds.masks import plate
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

LINKS = ("home", "building", "organisation", "person")
WORKERS = ("acceptor:case dispatcher:case shift_leader:case unit_clerk:case handler:case grid_member:case "
           "grid_leader:case")
VIEWERS = f"{WORKERS} reviewer:case callback_agent:case supervisor:case archivist:case leader:case admin:all"


class CaseSubject(Record):
    """One thing one case is about."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+", verbose_name=_("案件"))
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("房屋"))
    building = models.ForeignKey("premises.Building", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("楼栋"))
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, null=True, blank=True,
                                     related_name="+", verbose_name=_("单位"))
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("人员"))
    plate_no = sensitive(PlateField(_("车辆号牌"), default="", blank=True), "plate")
    note = models.CharField(_("说明"), max_length=100, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["plate_no"], name="casesubject_plate", condition=~Q(plate_no=""))]
        constraints = [models.UniqueConstraint(fields=["case", name], name=f"case_subject_{name}",
                                               condition=Q(**{f"{name}__isnull": False})) for name in LINKS]

    def __str__(self) -> str:
        return str(next((getattr(self, n) for n in LINKS if getattr(self, f"{n}_id")), "") or plate(self.plate_no))


def _of_seen_cases(actor: Actor) -> Q:
    """Subjects of the cases the actor sees."""
    register = registry.register("case")
    bounds = sight(register, actor)
    return NOTHING if bounds is NOTHING else Q(case__in=register.model.objects.filter(bounds).values("pk"))


def _of_seen_case(actor: Actor, record: Any) -> bool:
    """Whether a new subject is of a case the actor sees."""
    register = registry.register("case")
    return register.model.objects.filter(sight(register, actor), pk=record.case_id).exists()


class CaseSubjects(Register):
    """Seen by who sees the case; put down by who works on it."""

    model, label, group, icon = CaseSubject, _("涉及对象"), "cases", "link"
    columns = "case home building organisation person plate_no note"
    filters = "case home building organisation person plate_no"
    form = ("case", "home building organisation person plate_no", "note")
    reaches = {"case": Reach(_of_seen_cases, begins=_of_seen_case)}
    grants = {"view": VIEWERS, "create": WORKERS, "change": WORKERS, "remove": WORKERS}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """One thing a row."""
        given = [n for n in LINKS if getattr(record, f"{n}_id")] + (["plate_no"] if record.plate_no else [])
        if len(given) != 1:
            raise Invalid({given[-1] if given else "home": [_t("房屋、楼栋、单位、人员和车辆号牌只填一项")]})

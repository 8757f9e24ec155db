"""Care (特殊关爱人群): old people alone, disabled people, children in hardship, families in need; visited by a plan."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, SealedField, indexed, sensitive

from .base import ENTRY, LEAVING, Programme, Programmes


class CarePerson(Programme):
    """One kind of care for a person; several kinds are several records."""

    kind = CodeField(_("关爱类型"), table="care_type")
    living_alone = models.BooleanField(_("独居"), default=False)
    self_care = CodeField(_("自理能力"), table="self_care", blank=True, default="")
    disability = CodeField(_("残疾类别"), table="disability_kind", blank=True, default="")
    disability_grade = CodeField(_("残疾等级"), table="disability_grade", blank=True, default="")
    emergency_name = sensitive(models.CharField(_("紧急联系人"), max_length=50), "name")
    emergency_phone = SealedField(_("紧急联系电话"), form="phone")

    class Meta(Programme.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "unit", "kind"], name="careperson_once",
                                               condition=Q(left_on=None))]
        indexes = [*Programme.Meta.indexes, *indexed("careperson", "kind", "living_alone", "level")]


class CarePersons(Programmes):
    """The people in care, to those who visit them."""

    model, label = CarePerson, _("关爱人群")
    columns = "person kind level living_alone keeper last_visit next_visit light ends"
    filters = "kind level living_alone self_care keeper helper unit next_visit ends person"
    form = (*ENTRY, "kind living_alone self_care disability disability_grade", "emergency_name emergency_phone",
            LEAVING)

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Care for a disability names it."""
        super().clean(record, actor, changed)
        if record.kind == "02" and not (record.disability and record.disability_grade):
            raise Invalid({"disability": [_t("残疾人关爱请填写残疾类别和等级")]})

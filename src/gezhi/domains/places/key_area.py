"""Key areas of public order (重点地区排查整治): what is wrong there, who puts it right, by when, how well."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.gis.db.models import PolygonField
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, CodesField, OwnNumberField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Alike, Layer, Register

from .grants import PLACES


class KeyArea(Record):
    """An area that is being put in order."""

    number = OwnNumberField(_("地区编号"), prefix="Z")
    name = models.CharField(_("治安重点地区"), max_length=100)
    problems = CodesField(_("治安突出问题"), table="public_order_problem", blank=False)
    kind = CodeField(_("涉及区域类型"), table="area_type")
    scope = models.CharField(_("涉及区域范围"), max_length=400)
    area_code = AreaCodeField(_("所属区域"))
    outline = PolygonField(_("范围"), null=True, blank=True)
    lead_unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("整治牵头单位"))
    join_units = models.CharField(_("整治参与单位"), max_length=400, default="", blank=True)
    lead_name = models.CharField(_("牵头单位负责人"), max_length=50)
    lead_phone = models.CharField(_("牵头单位负责人电话"), max_length=50)
    due_on = models.DateField(_("整改时限"))
    criminal_solved = models.PositiveIntegerField(_("破获刑事案件数"), null=True, blank=True)
    order_solved = models.PositiveIntegerField(_("查处治安案件数"), null=True, blank=True)
    result = models.TextField(_("整治情况"), max_length=1024, default="", blank=True)
    effect = CodeField(_("效果评估"), table="effect", blank=True, default="")

    class Meta:
        indexes = indexed("keyarea", "area_code", "kind", "due_on", "effect")

    def __str__(self) -> str:
        return self.name


class KeyAreas(Register):
    """The key areas of public order."""

    model, label, group, icon, key = KeyArea, _("治安重点地区"), "safety", "alert-hexagon", "number"
    columns = "name kind problems area_code lead_unit lead_name due_on effect"
    filters = "area_code kind lead_unit due_on effect"
    search = "name^3 number scope"
    form = ("name kind problems scope area_code outline", "lead_unit join_units lead_name lead_phone due_on",
            "criminal_solved order_solved result effect")
    grants: ClassVar[Any] = {**PLACES, "merge": "unit_clerk:area admin:all"}
    alike = Alike(name="name", beside="scope")
    layer = Layer("outline", icon="alert-hexagon", colour="kind", title="name", cluster=False)
    hub = True

    def clean(self, record: KeyArea, actor: Actor, changed: set[str]) -> None:
        """What is judged has been described."""
        if record.effect and not record.result:
            raise Invalid({"result": [_t("作效果评估前请填写整治情况")]})
        if not record.area_code and record.lead_unit_id:
            record.area_code = record.lead_unit.area_code
            changed.add("area_code")
        settle(record, changed, "")

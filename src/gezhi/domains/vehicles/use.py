"""Journeys of official and key vehicles (用车事项): who took which vehicle, what for, from when to when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import GoesWith
from gezhi.kernel.access import AreaReach, SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class VehicleUse(Record):
    """One journey as it was written down."""

    vehicle = models.ForeignKey("vehicles.Vehicle", models.PROTECT, related_name="uses", verbose_name=_("车辆"))
    user = models.ForeignKey("units.Staff", models.PROTECT, related_name="+", verbose_name=_("用车人"))
    purpose = models.CharField(_("用车事由"), max_length=200)
    from_at = models.DateTimeField(_("开始时间"))
    to_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    mileage = models.PositiveIntegerField(_("里程（公里）"), null=True, blank=True)

    class Meta:
        indexes = indexed("vehicleuse", "from_at", "to_at")

    def __str__(self) -> str:
        return self.purpose


class VehicleUses(Register):
    """The journeys of an area's vehicles; everybody sees their own."""

    model, label, group, icon = VehicleUse, _("用车事项"), "vehicles", "route"
    columns = "vehicle user purpose from_at to_at mileage"
    filters = "vehicle user from_at to_at"
    search = "purpose^2"
    order = "-from_at"
    form = ("vehicle user purpose", "from_at to_at mileage")
    reaches = {"area": AreaReach("vehicle__area_code"), "own": SameReach("user_id")}
    grants = {"view": "grid_member:own grid_leader:area unit_clerk:area admin:all",
              "create": "grid_member:own grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:own grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area admin:all", "import": "unit_clerk:area admin:all"}

    def clean(self, record: VehicleUse, actor: Actor, changed: set[str]) -> None:
        """A journey ends after it began."""
        if record.to_at and record.to_at < record.from_at:
            raise Invalid({"to_at": [_t("结束时间不能早于开始时间")]})


DECLARES = (VehicleUses, GoesWith("vehicle_use", "vehicle", "remove"))

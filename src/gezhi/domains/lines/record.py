"""What was done at a line: inspections, repairs, replacements, incidents (巡检、维修、更换、案事件)."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import CodeField, indexed
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

from .line import LINES


class LineRecord(Record):
    """One thing done or found at a line."""

    line = models.ForeignKey("lines.ProtectedLine", models.PROTECT, related_name="+", verbose_name=_("线路"))
    kind = CodeField(_("记录类型"), table="line_record")
    happened_on = models.DateField(_("日期"))
    content = models.TextField(_("内容"), max_length=1024)
    place = PointField(_("位置"), null=True, blank=True)
    operator = models.ForeignKey("units.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))

    class Meta:
        indexes = indexed("linerecord", "kind", "happened_on")

    def __str__(self) -> str:
        return f"{self.happened_on:%Y-%m-%d} {self.content[:20]}"


class LineRecords(Register):
    """What was done at the lines of an area."""

    model, label, group, icon = LineRecord, _("线路巡检维修记录"), "safety", "tool"
    columns = "line kind happened_on content operator"
    filters = "line kind happened_on operator place"
    search = "content^2 line__name"
    order = "-happened_on"
    form = ("line kind happened_on operator", "content place")
    reaches = {"area": AreaReach("line__area_code")}
    grants = {**LINES, "create": "grid_member:area grid_leader:area unit_clerk:area admin:all"}
    layer = Layer("place", icon="tool", colour="kind")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """What was done was done."""
        if record.happened_on > timezone.localdate(moment()):
            raise Invalid({"happened_on": [_t("日期不能晚于今天")]})

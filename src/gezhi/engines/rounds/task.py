"""One round of one subject for one person: by a day, at a place."""

from __future__ import annotations

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.fields import AreaCodeField, OwnNumberField
from gezhi.kernel.records import Record


class RoundTask(Timed, Record):
    """Columns of every such task. The concrete task adds its subject, who goes, and a workflow with a clock."""

    no = OwnNumberField(_("任务编号"), prefix="Z")
    planned_on = models.DateField(_("应完成日期"))
    area_code = AreaCodeField(_("区域"))
    place = PointField(_("地点"), null=True, blank=True, spatial_index=False)
    online = models.BooleanField(_("可线上查看"), default=False)
    given_at = models.DateTimeField(_("派发时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("未遇次数"), default=0, editable=False)
    position = PointField(_("提交位置"), null=True, blank=True, spatial_index=False)
    distance = models.FloatField(_("距地点（米）"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.no

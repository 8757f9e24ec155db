"""Tasks: one person's job for a case, at a place and by a time: verification, inspection (任务)."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.fields import AreaCodeField, Files, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register, Spot
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .codes import SPOT_FACTS
from .kinds import TIMED_FILTERS, LightKind
from .moves import tasks
from .pictures import TASK_PICTURES
from .tools import opinion

KINDS = [("verification", _("核实")), ("inspection", _("核查"))]
RESULTS = [("true", _("属实")), ("part", _("部分属实或部分解决")), ("false", _("不属实")), ("yes", _("已解决")),
           ("no", _("未解决"))]


class TaskFlow(Workflow):
    """A task waits for its person, and is done, taken back or lapsed."""

    clocks = ("task",)
    pending = State(_("待执行"), tone="wait", clock="task")
    done = State(_("已完成"), tone="done", final=True)
    lapsed = State(_("超时收回"), tone="stop", final=True)
    cancelled = State(_("已取消"), tone="stop", final=True)

    give = Move(_("派发"), to=pending, who=SYSTEM_ONLY, run=tasks.given, ask=(
        Ask("case", Ref(_("案件"), register="case")), Ask("post", Ref(_("执行人"), register="post")),
        Ask("kind", models.CharField(_("任务类型"), max_length=12, choices=KINDS)), opinion(_("要求"), blank=True)))
    submit = Move(_("提交结果"), source=(pending,), to=done, who="grid_member:own grid_leader:own", tone="primary",
                  ask=(Ask("result", models.CharField(_("结论"), max_length=8, choices=RESULTS)), opinion(),
                       Ask("position", PointField(_("当前定位"))),
                       Ask("away", models.CharField(_("不在现场附近的原因"), max_length=200, blank=True, default="")),
                       Ask("photos", Files(_("现场照片或录音"), kinds="image audio video", least=1, role="verify"))),
                  run=tasks.submitted, clock="stop:task")
    hand_over = Move(_("改派他人"), source=(pending,), who="acceptor:centre reviewer:centre grid_leader:area",
                     ask=(Ask("post", Ref(_("执行人"), register="post")), opinion(blank=True)), run=tasks.handed_over)
    lapse = Move(_("超时收回"), source=(pending,), to=lapsed, who=SYSTEM_ONLY, clock="stop:task")
    cancel = Move(_("取消"), source=(pending,), to=cancelled, who=SYSTEM_ONLY, clock="stop:task",
                  run=lambda ctx: ctx.values.update(overtime=False))


class Task(Timed, Record):
    """A verification (is the report true?) or an inspection (is it fixed?) on the spot."""

    no = models.CharField(_("任务编号"), max_length=24, unique=True)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="tasks", verbose_name=_("案件"))
    kind = models.CharField(_("任务类型"), max_length=12, choices=KINDS)
    post = models.ForeignKey("units.Post", models.PROTECT, related_name="+", verbose_name=_("执行人"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("执行单位"))
    status = models.CharField(_("状态"), max_length=12, choices=TaskFlow.choices(), default="pending")
    area_code = AreaCodeField(_("区域"))
    demand = models.TextField(_("要求"), max_length=2000, default="", blank=True)
    given_at = models.DateTimeField(_("派发时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    result = models.CharField(_("结论"), max_length=8, choices=RESULTS, default="", blank=True)
    report = models.TextField(_("意见"), max_length=2000, default="", blank=True)
    position = PointField(_("提交位置"), null=True, blank=True, spatial_index=False)
    distance = models.FloatField(_("距事发点（米）"), null=True, blank=True)
    photos = models.JSONField(_("现场照片或录音"), default=list, blank=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["post", "status", "-id"], name="task_post"),
            models.Index(fields=["unit", "-id"], name="task_unit_open", condition=Q(finished_at=None)),
            models.Index(fields=["due_at"], name="task_due", condition=Q(finished_at=None, paused=False)),
            models.Index(fields=["area_code", "-id"], name="task_area"),
        ]

    def __str__(self) -> str:
        return self.no


class Tasks(Register):
    """Each worker sees their own; the centre sees all of its cases."""

    model = Task
    name = "task"
    label = _("现场任务")
    icon = "map-pin"
    group = "cases"
    key = "no"
    columns = "no kind case post status light area_code given_at due_at done_at result"
    filters = "no kind status post unit area_code given_at done_at due_at result overtime case invented"
    search = "no^3 case__title"
    links = "post__staff post__unit post__role"
    virtual = {"light": LightKind()}
    extra_filters = TIMED_FILTERS
    reaches = {"own": SameReach("post_id", "post_id"), "centre": UnitReach("case__centre__path"),
               "unit": UnitReach("unit__path")}
    grants = {"view": "grid_member:own grid_leader:area acceptor:centre dispatcher:centre shift_leader:centre "
                      "reviewer:centre supervisor:centre leader:area admin:all",
              "export": "supervisor:centre leader:area admin:all"}
    flow = TaskFlow
    panels = (TASK_PICTURES,)
    layer = Layer("position", icon="map-pin", colour="status", title="no")
    spot = Spot("submit", about="case", facts=SPOT_FACTS, options=tasks.fitting, radius=tasks.radius, far="away")
    writable, under = False, "case"

    def title(self, record: Any) -> str:
        return record.no

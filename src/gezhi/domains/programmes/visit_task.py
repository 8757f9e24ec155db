"""Visit tasks (走访任务): one visit that a plan asks for, for one person of the staff, by a day."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.rounds import RoundTask
from gezhi.engines.workflow.lights import TIMED_FILTERS, LightKind
from gezhi.foundation.people.public import ABOUT_FILTERS
from gezhi.kernel.access import NOTHING, Reach
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import CodeField, CodesField, Files, Ref, SealedField
from gezhi.kernel.registers import Register, Spot
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from . import visiting
from .names import LEVELS, PROGRAMMES, SELF_CARE, WAYS
from .visit_panels import ONLINE, TASK_PICTURES

VISITORS = "grid_member:own grid_leader:own handler:own"
YES_NO = [("yes", _("是")), ("no", _("否"))]


def _choice(name: str, label: Any, choices: Any, **kw: Any) -> Ask:
    return Ask(name, models.CharField(label, max_length=8, choices=choices, **kw))


FOUND = (
    _choice("way", _("走访方式"), WAYS),
    Ask("life", SealedField(_("生活状况"), high=True, null=False, blank=False)),
    Ask("health", SealedField(_("健康状况"), high=True, help_text=_("只写一般状况，不写诊断"))),
    Ask("need", SealedField(_("诉求"), high=True)),
    Ask("measures", SealedField(_("采取的措施"), high=True)),
    Ask("needs", CodesField(_("需求类别"), table="visit_need")),
    Ask("position", PointField(_("当前定位"), null=True, blank=True)),
    Ask("away", models.CharField(_("不在现场附近的原因"), max_length=200, blank=True, default="")),
    Ask("photos", Files(_("现场照片"), kinds="image audio", most=6,
                        help_text=_("拍居住环境和隐患，不拍人脸和证件"))),
    Ask("visited_at", models.DateTimeField(_("走访时间"), null=True, blank=True, help_text=_("不填为提交的时间"))),
)
"""What a visit finds."""
UPDATES = (
    Ask("phone", SealedField(_("新的联系电话"), form="phone", help_text=_("有变化时填写"))),
    Ask("life_state", CodeField(_("人员状态变化"), table="life_state", blank=True, default="")),
    _choice("living_alone", _("独居"), YES_NO, blank=True, default=""),
    Ask(SELF_CARE, CodeField(_("自理能力"), table="self_care", blank=True, default="")),
)
"""What of it belongs to the person and to the programme's record."""
REFERRING = (
    Ask("refer", CodeField(_("转介去向"), table="refer_to", blank=True, default="")),
    Ask("request", models.TextField(_("转办内容"), max_length=500, blank=True, default="",
                                    help_text=_("将写入案件：写需要什么帮助，不写所在项目和病情"))),
    Ask("consent", models.BooleanField(_("本人或监护人已同意转介"), default=False)),
)
"""A need that belongs to somebody else."""


class VisitFlow(Workflow):
    """A visit waits, was made, or is not needed any more."""

    clocks = ("visit",)
    pending = State(_("待走访"), tone="wait", clock="visit")
    done = State(_("已走访"), tone="done", final=True)
    cancelled = State(_("已取消"), tone="stop", final=True)

    give = Move(_("派走访任务"), to=pending, who="unit_clerk:unit", run=visiting.given, quiet=True, ask=(
        Ask("programme", models.CharField(_("项目"), max_length=20, choices=PROGRAMMES)),
        Ask("person", Ref(_("走访对象"), register="person")), Ask("planned_on", models.DateField(_("应完成日期"))),
        Ask("post", Ref(_("执行人"), register="post", blank=True))))
    visit = Move(_("提交走访"), source=(pending,), to=done, who=VISITORS, tone="primary", clock="stop:visit",
                 ask=(*FOUND, *UPDATES, *REFERRING), run=visiting.visited)
    absent = Move(_("未遇到本人"), source=(pending,), who=VISITORS, run=visiting.absent, ask=(
        Ask("opinion", models.CharField(_("情况"), max_length=200, help_text=_("例如：家中无人，邻居称外出"))),
        Ask("position", PointField(_("当前定位"), null=True, blank=True))))
    hand_over = Move(_("改派"), source=(pending,), who="unit_clerk:unit", run=visiting.handed_over, ask=(
        Ask("post", Ref(_("执行人"), register="post")),))
    cancel = Move(_("取消任务"), source=(pending,), to=cancelled, who="unit_clerk:unit", tone="danger",
                  clock="stop:visit", run=lambda ctx: ctx.values.update(overtime=False),
                  ask=(Ask("opinion", models.CharField(_("原因"), max_length=200)),))


class VisitTask(RoundTask):
    """One visit to be made. Its own record of the programme stays out of sight of who is only sent."""

    programme = models.CharField(_("项目"), max_length=20, choices=PROGRAMMES)
    subject_id = models.BigIntegerField(_("项目记录"), editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("走访对象"))
    home = models.ForeignKey("premises.Home", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("现住房屋"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("管理单位"))
    post = models.ForeignKey("units.Post", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("执行人"))
    level = models.PositiveSmallIntegerField(_("走访等级"))
    status = models.CharField(_("状态"), max_length=12, choices=VisitFlow.choices(), default="pending")
    way = models.CharField(_("走访方式"), max_length=8, choices=WAYS, default="", blank=True)
    over = models.BooleanField(_("已退出项目"), default=False, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "subject_id"], name="visittask_open_once",
                                               condition=Q(finished_at=None))]
        indexes = [models.Index(fields=["post", "status", "due_at"], name="visittask_post"),
                   models.Index(fields=["unit", "-id"], name="visittask_unit"),
                   models.Index(fields=["due_at"], name="visittask_due", condition=Q(finished_at=None)),
                   models.Index(fields=["programme", "subject_id", "-id"], name="visittask_subject")]

    def subject(self) -> Any:
        """The programme's record, if somebody is still in it; else ``None``."""
        model: Any = registry.register(self.programme).model
        return model.objects.filter(pk=self.subject_id, left_on=None).first()


def own(actor: Actor) -> Q:
    """What is given to the post one works in, unless the person has left the programme."""
    return Q(post_id=actor.post_id, over=False) if actor.post_id is not None else NOTHING


def of_unit(actor: Actor) -> Q:
    """The tasks of one's very unit, unless the person has left the programme."""
    return Q(unit_id=actor.unit_id, over=False) if actor.unit_id is not None else NOTHING


class VisitTasks(Register):
    """Seen by who is sent and by the unit that keeps the programme."""

    model, label, group, icon, key = VisitTask, _("走访任务"), "programmes", "calendar-due", "no"
    columns = "no programme person level home post status light planned_on due_at tries done_at"
    filters = "programme level status post unit area_code person planned_on due_at done_at way overtime online tries no"
    extra_filters = (*TIMED_FILTERS, *ABOUT_FILTERS)
    search = "no"
    order = "-id"
    links = "person post__staff post__unit post__role home"
    virtual = {"light": LightKind()}
    confined = True
    reaches = {"own": Reach(own), "unit": Reach(of_unit)}
    grants = {"view": f"unit_clerk:unit {VISITORS}", "export": "unit_clerk:unit"}
    flow = VisitFlow
    spot = Spot("visit", facts="person programme home planned_on tries", options=visiting.fitting,
                radius=visiting.radius, far="away", at="visited_at")
    panels = (ONLINE, TASK_PICTURES)
    writable = False

    def title(self, record: Any) -> str:
        return f"{record.no} {record.person}"

    def says(self, record: Any, name: str) -> str | None:
        """The level in words."""
        return str(dict(LEVELS).get(record.level, record.level)) if name == "level" else None

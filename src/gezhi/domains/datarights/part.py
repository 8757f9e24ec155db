"""The part of a request that only the unit keeping a programme may know of: it answers for its own records itself."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.engines.workflow.lights import TIMED_FILTERS, LightKind
from gezhi.kernel.access import SameReach
from gezhi.kernel.fields import SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from .words import GROUNDS, KINDS, RESULTS


def given(ctx: Any) -> None:
    """By the request that is being gathered, with its due time."""
    ctx.values.update(person_id=ctx.inputs["person_id"], unit_id=ctx.inputs["unit_id"])
    ctx.limits["answer"] = (30, "natural_day", None, ctx.inputs["due_at"])


def _answered(ctx: Any) -> None:
    ctx.values.update({n: ctx.inputs[n] for n in ("result", "ground", "reply")})


def held(part: Any, _actor: Any) -> dict[str, Any]:
    """What the unit holds of the person, by register."""
    from .gathering import counts

    return {"rows": counts(part.person, unit_id=part.unit_id), "request": part, "register": "data_part", "copy": True}


class PartFlow(Workflow):
    """Waits, and is answered."""

    clocks = ("answer",)
    waiting = State(_("待答复"), tone="wait", clock="answer")
    answered = State(_("已答复"), tone="done", final=True)

    give = Move(_("分送"), to=waiting, who="system:unit", run=given, ask=(
        Ask("code", models.CharField(_("请求编号"), max_length=12)),
        Ask("kind", models.CharField(_("请求"), max_length=10, choices=KINDS)),
        Ask("person_id", models.BigIntegerField(_("信息所属人"))),
        Ask("unit_id", models.BigIntegerField(_("答复单位"))),
        Ask("words", SealedField(_("具体内容"))), Ask("due_at", models.DateTimeField(_("截止时间")))))
    answer = Move(_("已当面答复"), source=(waiting,), to=answered, who="unit_clerk:unit", tone="primary",
                  clock="stop:answer", run=_answered, ask=(
        Ask("result", models.CharField(_("结果"), max_length=10, choices=RESULTS[:3])),
        Ask("ground", models.CharField(_("不予满足的理由"), max_length=10, choices=GROUNDS, blank=True, default="")),
        Ask("reply", SealedField(_("答复内容"), null=False, blank=False))))


class DataPart(Timed, Record):
    """One unit's part of one request."""

    code = models.CharField(_("请求编号"), max_length=12)
    kind = models.CharField(_("请求"), max_length=10, choices=KINDS)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name=_("信息所属人"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("答复单位"))
    words = SealedField(_("具体内容"))
    status = models.CharField(_("状态"), max_length=10, choices=PartFlow.choices(), default="waiting")
    result = models.CharField(_("结果"), max_length=10, choices=RESULTS, default="", blank=True)
    ground = models.CharField(_("不予满足的理由"), max_length=10, choices=GROUNDS, default="", blank=True)
    reply = SealedField(_("答复内容"))
    handed_at = models.DateTimeField(_("最近交付"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "unit"], name="datapart_once")]
        indexes = [models.Index(fields=["due_at"], name="datapart_due", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return self.code


class DataParts(Register):
    """Seen by the one unit."""

    model, label, group, icon = DataPart, _("个人信息请求分答"), "programmes", "user-search"
    columns = "code kind person status light due_at result finished_at"
    filters = "code kind person unit status due_at finished_at"
    extra_filters = TIMED_FILTERS
    links = "person"
    virtual = {"light": LightKind()}
    confined = True
    reaches = {"unit": SameReach("unit_id", "unit_id")}
    grants = {"view": "unit_clerk:unit", "reveal": "unit_clerk:unit"}
    flow = PartFlow
    panels = (Panel("held", _("掌握的信息"), "desk/panels/data_request.html", held),)
    writable = False

"""The way of a hazard: found, ordered to be put right, put right, looked at again; or handed to law enforcement."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import AreaCodeField, CodeField, Files, Ref
from gezhi.kernel.workflow import ANY_OPEN, Ask, Move, State, Workflow

FINDERS = "grid_member:area grid_leader:area unit_clerk:area"
KEEPERS = "grid_leader:area unit_clerk:area"


def _take(*names: str) -> Any:
    """An effect: these inputs become the record's values."""
    return lambda ctx: ctx.values.update({name: ctx.inputs[name] for name in names})


def _checked(ctx: Any) -> None:
    ctx.values.update(rechecked_at=ctx.now, recheck_result=ctx.inputs["recheck_result"])
    if ctx.inputs.get("due_on"):
        ctx.values["due_on"] = ctx.inputs["due_on"]


def _found(ctx: Any) -> None:
    ctx.values.update(found_at=ctx.now, found_by_id=ctx.session.actor.user_id)


class HazardFlow(Workflow):
    found = State(_("已登记"), tone="wait")
    fixing = State(_("整改中"))
    fixed = State(_("待复查"), tone="wait")
    closed = State(_("已销号"), tone="done", final=True)
    handed = State(_("移送执法"), tone="stop", final=True)

    report = Move(_("登记隐患"), to=found, who=FINDERS, run=_found, tone="primary",
                  ask=(Ask("organisation", Ref(_("检查单位"), register="organisation", blank=True)),
                       Ask("home", Ref(_("检查房屋"), register="home", blank=True)),
                       Ask("domain", CodeField(_("隐患领域"), table="hazard_domain")),
                       Ask("level", CodeField(_("隐患等级"), table="hazard_level")),
                       Ask("description", models.TextField(_("隐患描述"), max_length=1000)),
                       Ask("basis", models.CharField(_("依据条款"), max_length=200, blank=True)),
                       Ask("area_code", AreaCodeField(_("所属区域"))),
                       Ask("place", PointField(_("位置"), null=True, blank=True)),
                       Ask("photos", Files(_("整改前照片"), kinds="image video", least=1, role="before"))))
    order = Move(_("下达整改"), source=(found,), to=fixing, who=KEEPERS, run=_take("measure", "responsible", "due_on"),
                 tone="primary",
                 ask=(Ask("measure", models.TextField(_("整改措施"), max_length=1000)),
                      Ask("responsible", models.CharField(_("整改责任人"), max_length=50)),
                      Ask("due_on", models.DateField(_("整改期限")))))
    fix = Move(_("整改完成"), source=(fixing,), to=fixed, who=FINDERS, tone="primary",
               ask=(Ask("opinion", models.TextField(_("整改情况"), max_length=1000)),
                    Ask("photos", Files(_("整改后照片"), kinds="image video", least=1, role="after"))))
    clear = Move(_("复查通过"), source=(fixed,), to=closed, who=KEEPERS, run=_checked, tone="primary",
                 ask=(Ask("recheck_result", models.CharField(_("复查结论"), max_length=500)),))
    reject = Move(_("复查不通过"), source=(fixed,), to=fixing, who=KEEPERS, run=_checked,
                  ask=(Ask("recheck_result", models.CharField(_("复查结论"), max_length=500)),
                       Ask("due_on", models.DateField(_("新的整改期限")))))
    hand_over = Move(_("移送执法"), source=ANY_OPEN, to=handed, who="unit_clerk:area", tone="danger",
                     ask=(Ask("opinion", models.TextField(_("移送理由"), max_length=1000)),))

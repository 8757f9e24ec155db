"""A rule: its name, family and subject; what it says stands in its versions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gezhi.engines.workflow.act import Context
from gezhi.kernel.actors import Actor
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .family import FAMILIES, subject_choices

EDITORS = "admin:all supervisor:all"
READERS = "admin:all supervisor:all leader:all shift_leader:all reviewer:all"
CODES = {"deadline": "SX", "warning": "YJ", "supervision": "DB", "assessment": "JX"}
"""Heads of rule numbers by family."""


def _revise(ctx: Context) -> None:
    """A draft like the newest version, to be amended."""
    from .version import RuleVersion, copied

    newest = RuleVersion.objects.filter(rule=ctx.record).order_by("-no")[0]

    def draft(_rule: Any) -> None:
        copied(ctx, newest)

    ctx.then.append(draft)


def _no_draft(record: Any, _actor: Actor) -> Any:
    from .version import RuleVersion

    waiting = RuleVersion.objects.filter(rule=record, status__in=("draft", "submitted")).first()
    return _("第 %d 版还没有定稿，请先处理") % waiting.no if waiting is not None else ""


def _stop(ctx: Context) -> None:
    """Its versions in force end now."""
    from .version import acting

    for version in acting(ctx.record.pk):
        ctx.act(version, "end", {"until": version.effective_to or ctx.now, "stops_at": ctx.now,
                                 "opinion": ctx.inputs["opinion"]})


class RuleFlow(Workflow):
    """Declared, in use, stopped."""

    declared = State(_("未启用"), tone="wait", rest=True)
    active = State(_("启用"), tone="done", rest=True)
    stopped = State(_("停用"), tone="stop", rest=True)

    declare = Move(_("建立"), to=declared, who=SYSTEM_ONLY, quiet=True, ask=(
        Ask("name", models.CharField(_("规则名称"), max_length=60)),
        Ask("family", models.CharField(_("类别"), max_length=12, choices=FAMILIES)),
        Ask("subject", models.CharField(_("适用对象"), max_length=40)),
        Ask("no", models.CharField(_("规则编号"), max_length=12))))
    revise = Move(_("修订"), source=(declared, active, stopped), who=EDITORS, tone="primary", when=_no_draft,
                  run=_revise, ask=(Ask("opinion", models.TextField(_("修订原因"), max_length=2000)),),
                  help=_("复制最新一版为草稿，修改后提交审批；现行版本不变"))
    activate = Move(pgettext_lazy("move", "启用"), source=(declared, active, stopped), to=active, who=SYSTEM_ONLY,
                    quiet=True)
    stop = Move(_("停用"), source=(active,), to=stopped, who=EDITORS, tone="danger", run=_stop,
                ask=(Ask("opinion", models.TextField(_("停用原因"), max_length=2000)),))


class Rule(Record):
    """A rule under version."""

    no = models.CharField(_("规则编号"), max_length=12, unique=True)
    name = models.CharField(_("规则名称"), max_length=60)
    family = models.CharField(_("类别"), max_length=12, choices=FAMILIES)
    subject = models.CharField(_("适用对象"), max_length=40, choices=subject_choices)
    status = models.CharField(_("状态"), max_length=12, choices=RuleFlow.choices(), default="declared")

    def __str__(self) -> str:
        return f"{self.no} {self.name}"


def _versions(record: Any, actor: Actor) -> dict[str, Any]:
    from .panels import versions

    return versions(record)


class Rules(Register):
    """Rules by family; declared through their first version."""

    model = Rule
    label = _("规则")
    icon = "adjustments"
    group = "rules"
    key = "no"
    columns = "no name family subject status updated_at"
    filters = "family subject status no"
    search = "name^2 no"
    order = "no"
    grants = {"view": READERS, "export": EDITORS}
    flow = RuleFlow
    panels = (Panel("versions", _("各版本及其变化"), "rules/versions.html", _versions),)
    writable = False


def next_no(family: str) -> str:
    """The next number of a family, ``YJ-0001``."""
    from gezhi.kernel.door import next_number

    return f"{CODES[family]}-{next_number(f'rule {family}'):04d}"

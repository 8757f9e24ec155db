"""A merge as a record: which two became one, by whom and why; its one move takes it back."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import SameReach, permits
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.fields import SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from .joining import Joining, undo

WHO = "unit_clerk:own admin:all"
PERMIT = "merge"
"""The verb a register must grant for its records to be merged."""


def mergeable() -> list[Register]:
    """Registers whose records can be merged: those that say what makes two of them alike and have no workflow."""
    return [r for r in registry.registers.values() if r.alike is not None and r.flow is None]


def _named(ctx: Any, name: str) -> tuple[Register, Any]:
    """The record that an input names by its number, within sight of who merges."""
    text, actor = str(ctx.inputs[name]).strip(), ctx.session.actor
    for register in mergeable():
        record = register.find(text) if actor.may(f"{register.name}.view") else None
        if record is not None and permits(register, actor, "view", record):
            if not permits(register, actor, PERMIT, record):
                raise Refused(_t("您没有合并“%s”的权限") % register.label)
            return register, record
    raise Invalid({name: [_t("没有找到这条记录，或不在您的管辖范围")]})


def _join(ctx: Any) -> None:
    (register, keep), (other, gone) = _named(ctx, "keep"), _named(ctx, "gone")
    if register is not other or keep.pk == gone.pk:
        raise Invalid({"gone": [_t("请填写同一登记簿里的另一条记录")]})
    joining = Joining(ctx.session, ctx.inputs["opinion"])
    ctx.values.update(register=register.name, kept_id=keep.pk, gone_id=gone.pk, kept_title=register.title(keep)[:120],
                      gone_title=register.title(gone)[:120], by_id=ctx.session.actor.user_id or 0)
    joining.join(keep, gone)
    # of registers that only named people may know of not even the number: it would say that there is something
    shown = [name for name, *_rest in joining.moved if not registry.register(name).confined]
    ctx.values.update(facts=joining.told(), links=len(shown))


def _undo(ctx: Any) -> None:
    if not ctx.record.facts:
        raise Conflict(_t("撤销所需的信息保存期限已过，不能再撤销"))
    undo(ctx.session, ctx.record.facts, ctx.inputs["opinion"])


class MergeFlow(Workflow):
    merged = State(_("已合并"), tone="done", rest=True)
    undone = State(_("已撤销"), tone="stop", final=True)

    join = Move(_("合并重复记录"), to=merged, who=WHO, run=_join, tone="primary",
                help=_("两条记录都有内容的，以保留的为准；关联的记录全部改指到保留的记录。合并可以撤销。"),
                ask=(Ask("keep", models.CharField(_("保留哪一条（编号）"), max_length=40)),
                     Ask("gone", models.CharField(_("并入哪一条（编号）"), max_length=40)),
                     Ask("opinion", models.TextField(_("认定重复的理由"), max_length=500))))
    undo = Move(_("撤销合并"), source=(merged,), to=undone, who=WHO, run=_undo, tone="danger",
                ask=(Ask("opinion", models.TextField(_("撤销的理由"), max_length=500)),))


class Merge(Record):
    """Two records that became one. What undoing needs is sealed: it holds whole personal values."""

    register = models.CharField(_("登记簿"), max_length=40)
    kept_id = models.BigIntegerField(_("保留的记录"))
    gone_id = models.BigIntegerField(_("并入的记录"))
    kept_title = models.CharField(_("保留"), max_length=120)
    gone_title = models.CharField(_("并入"), max_length=120)
    links = models.PositiveIntegerField(_("改指的关联数"), default=0)
    by_id = models.BigIntegerField(_("经办人编号"))
    facts = SealedField(_("撤销所需"), high=True, editable=False)
    status = models.CharField(_("状态"), max_length=8, choices=MergeFlow.choices(), default="merged")

    class Meta:
        indexes = [models.Index(fields=["register", "kept_id"], name="merge_kept"),
                   models.Index(fields=["by_id", "-id"], name="merge_by")]

    def __str__(self) -> str:
        return f"{self.kept_title} ← {self.gone_title}"


class Merges(Register):
    """The merges one made; an administrator sees all, through masks."""

    model, label, group, icon = Merge, _("重复合并"), "records", "arrows-join"
    columns = "register kept_title gone_title links status created_at"
    filters = "register status created_at"
    writable = False
    reaches = {"own": SameReach("by_id")}
    grants = {"view": WHO}
    flow = MergeFlow

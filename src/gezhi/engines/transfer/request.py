"""Exports of whole personal values: asked for with a purpose, approved by somebody else, there for a day, all logged.

Masked exports need no approval. Registers that are seen within their own reaches only are never exported whole.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import enqueue
from gezhi.engines.tables.query import Query
from gezhi.kernel.access import SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.fields import AreaCodeField, SealedField, indexed
from gezhi.kernel.kinds import INTERNAL, PUBLIC, Kind, SecretKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

ASKERS = "unit_clerk:own grid_leader:own leader:own shift_leader:own supervisor:own admin:own"
DECIDERS = "leader:area admin:all"
FORMS = [("xlsx", "Excel"), ("csv", "CSV")]
KEPT = dt.timedelta(hours=24)
"""How long an approved file can be fetched."""
LEAST_PURPOSE = 4
JOB = "transfer.export"


def personal(kind: Kind) -> bool:
    """Whether a column holds personal values, which an export masks unless somebody else approves."""
    return kind.sensitivity not in (PUBLIC, INTERNAL) and not isinstance(kind, SecretKind)


def offered(register: Register) -> list[Kind]:
    """Columns of a whole export: those of the list and of the form."""
    return [register.kinds[n] for n in dict.fromkeys((*register.column_names, *register.form_names))
            if not isinstance(register.kinds[n], SecretKind)]


def may_ask(actor: Actor, register: Register) -> bool:
    """Whether an actor may ask for whole values of a register: who may export it and look at them one by one."""
    return (not register.confined and any(map(personal, offered(register)))
            and all(actor.may(p) for p in (f"{register.name}.export", f"{register.name}.reveal", "export_request.ask")))


def query_of(actor: Actor, request: ExportRequest) -> Query:
    """The rows a request is about, as its actor sees them now: who may be viewed, exported and revealed."""
    register = registry.register(request.register)
    params = dict(parse_qsl(request.query or ""))
    return Query(register, actor, params).also("export").also("reveal")


def _ask(ctx: Any) -> None:
    register, actor = registry.registers.get(ctx.inputs["register"]), ctx.session.actor
    if register is None or actor.user_id is None or not may_ask(actor, register):
        raise Refused(_t("您不能申请导出该登记簿的完整信息"))
    names = [n for n in ctx.inputs["columns"].split() if n in {k.name for k in offered(register)}]
    if not any(personal(register.kinds[n]) for n in names):
        raise Invalid({"columns": [_t("所选的列不含个人敏感信息，请直接导出")]})
    if len(ctx.inputs["purpose"].strip()) < LEAST_PURPOSE:
        raise Invalid({"purpose": [_t("请写明用途，至少 %d 个字") % LEAST_PURPOSE]})
    ctx.values.update(register=register.name, columns=" ".join(names), query=ctx.inputs["query"] or None,
                      form=ctx.inputs["form"], purpose=ctx.inputs["purpose"].strip(), by_id=actor.user_id,
                      by_name=actor.name[:80], post_id=actor.post_id, area_code=actor.area or "")
    wanted = ExportRequest(register=register.name, query=ctx.inputs["query"])
    ctx.values["rows"] = query_of(actor, wanted).rows().count()
    if not ctx.values["rows"]:
        raise Invalid({"query": [_t("没有可以导出的记录")]})


def _another(record: Any, actor: Actor) -> Any:
    return _t("不能审批自己的申请，须由另一人审批") if actor.user_id == record.by_id else ""


def _mine(record: Any, actor: Actor) -> Any:
    return "" if actor.user_id == record.by_id else _t("只有申请人可以撤回")


def _approve(ctx: Any) -> None:
    ctx.values.update(decided_by=ctx.session.actor.name[:80], expires_at=ctx.now + KEPT)
    ctx.then.append(lambda record: enqueue(JOB, once=f"{JOB}:{record.pk}", request_id=record.pk))


def _decide(ctx: Any) -> None:
    ctx.values["decided_by"] = ctx.session.actor.name[:80]


def _drop(ctx: Any) -> None:
    ExportPiece.objects.filter(request_id=ctx.record.pk).delete()


def _problem(ctx: Any) -> None:
    ctx.values["problem"] = ctx.inputs["problem"]


class ExportFlow(Workflow):
    asked = State(_("待审批"), tone="wait")
    building = State(_("生成中"))
    ready = State(_("可下载"), tone="done", rest=True)
    refused = State(_("未批准"), tone="stop", final=True)
    ended = State(_("已收回"), tone="stop", final=True)
    expired = State(_("已过期"), tone="stop", final=True)
    failed = State(_("生成失败"), tone="stop", final=True)

    ask = Move(_("申请导出完整信息"), to=asked, who=ASKERS, run=_ask, tone="primary",
               help=_("须由另一人审批；文件只有申请人能下载，二十四小时后删除，每次下载都有记录。"),
               ask=(Ask("register", models.CharField(_("登记簿"), max_length=40)),
                    Ask("query", models.CharField(_("筛选条件"), max_length=2000, blank=True, default="")),
                    Ask("columns", models.CharField(_("导出的列"), max_length=2000)),
                    Ask("form", models.CharField(_("格式"), max_length=8, choices=FORMS, default="xlsx")),
                    Ask("purpose", models.TextField(_("用途"), max_length=500))))
    approve = Move(_("批准导出"), source=(asked,), to=building, who=DECIDERS, when=_another, run=_approve,
                   tone="primary", ask=(Ask("opinion", models.TextField(_("审批意见"), max_length=500)),))
    refuse = Move(_("不批准"), source=(asked,), to=refused, who=DECIDERS, run=_decide, tone="danger",
                  ask=(Ask("opinion", models.TextField(_("理由"), max_length=500)),))
    withdraw = Move(_("撤回申请"), source=(asked,), to=ended, who=ASKERS, when=_mine)
    revoke = Move(_("收回文件"), source=(building, ready), to=ended, who=DECIDERS, run=_drop, tone="danger",
                  ask=(Ask("opinion", models.TextField(_("理由"), max_length=500)),))
    built = Move(_("生成完毕"), source=(building,), to=ready, who=SYSTEM_ONLY)
    fail = Move(_("生成失败"), source=(building,), to=failed, who=SYSTEM_ONLY, run=_problem,
                ask=(Ask("problem", models.CharField(_("问题"), max_length=300)),))
    expire = Move(_("到期删除"), source=(building, ready), to=expired, who=SYSTEM_ONLY, run=_drop)


class ExportRequest(Record):
    """A wish for whole personal values in a file. Its filters may name people and are sealed."""

    register = models.CharField(_("登记簿"), max_length=40)
    columns = models.CharField(_("导出的列"), max_length=2000)
    query = SealedField(_("筛选条件"), high=True)
    form = models.CharField(_("格式"), max_length=8, choices=FORMS, default="xlsx")
    purpose = models.TextField(_("用途"), max_length=500)
    rows = models.IntegerField(_("行数"), default=0)
    by_id = models.BigIntegerField(_("申请人编号"))
    by_name = models.CharField(_("申请人"), max_length=80)
    post_id = models.BigIntegerField(_("岗位编号"), null=True, blank=True)
    area_code = AreaCodeField(_("区域"))
    decided_by = models.CharField(_("审批人"), max_length=80, default="", blank=True)
    expires_at = models.DateTimeField(_("可下载至"), null=True, blank=True)
    fetched = models.IntegerField(_("下载次数"), default=0)
    problem = models.CharField(_("问题"), max_length=300, default="", blank=True)
    status = models.CharField(_("状态"), max_length=8, choices=ExportFlow.choices(), default="asked")

    class Meta:
        indexes = indexed("export_request", "by_id", "status", "area_code")

    def __str__(self) -> str:
        return _t("%(who)s申请导出%(rows)d行") % {"who": self.by_name, "rows": self.rows}


class ExportPiece(models.Model):
    """A piece of an approved file, encrypted; deleted when its time is over."""

    request = models.ForeignKey(ExportRequest, models.CASCADE, related_name="pieces")
    number = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="export_piece_once")]


def open_until(record: ExportRequest) -> bool:
    """Whether the file of a request can be fetched now."""
    return record.status == "ready" and record.expires_at is not None and record.expires_at > timezone.now()


def _file(record: ExportRequest, actor: Actor) -> dict[str, Any]:
    said = record.problem or {"asked": _t("等待另一人审批"), "building": _t("正在生成，请稍后刷新")}.get(
        record.status, _t("没有可以下载的文件"))
    return {"open": open_until(record), "pk": record.pk, "until": record.expires_at, "said": said}


def _asked_by(record: ExportRequest, actor: Actor) -> bool:
    return actor.user_id == record.by_id


class ExportRequests(Register):
    """Requests one made, and those one may decide."""

    model, label, group, icon = ExportRequest, _("敏感信息导出申请"), "records", "file-export"
    columns = "register columns by_name purpose rows form status decided_by expires_at fetched created_at"
    filters = "register status created_at"
    writable = False
    reaches = {"own": SameReach("by_id")}
    grants = {"view": "unit_clerk:own grid_leader:own shift_leader:own supervisor:own leader:own leader:area admin:all"}
    flow = ExportFlow
    panels = (Panel("file", _("文件"), "desk/panels/export_file.html", _file, when=_asked_by),)

    def says(self, record: ExportRequest, name: str) -> str | None:
        """Registers and columns by their labels."""
        register = registry.registers.get(record.register)
        if name == "register":
            return str(register.label) if register is not None else record.register
        if name == "columns" and register is not None:
            return "、".join(register.kinds[n].label for n in record.columns.split() if n in register.kinds)
        return None

"""Declarations (申报): a department asks for a new item, a change or a removal; approved ones enter the next draft."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.versions import not_own
from gezhi.engines.workflow.act import Context
from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.fields import Amount, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .dept import codes_by_name
from .item import KINDS, URGENCIES, Category, Condition, Item

ACTIONS = [("add", _("新增事项")), ("change", _("变更事项")), ("retire", _("取消事项"))]
REVIEW = "admin:all supervisor:all"
_COPIED = ("lead_dept", "co_depts", "limit_value", "limit_unit", "urgency", "verify", "inspect", "self_handle",
           "closing")


def _propose(ctx: Context) -> None:
    """Check the declaration against the version in force and note who declares."""
    from .edition import in_force

    values, actor = ctx.values, ctx.actor
    limit = ctx.inputs.get("limit")
    if limit:
        if float(limit["value"]) != int(limit["value"]):
            raise Invalid({"limit": [_t("时限应为整数")]})
        values.update(limit_value=int(limit["value"]), limit_unit=limit["unit"])
    values.update(unit_id=actor.unit_id, proposer_id=actor.user_id)
    errors = _department_errors(values)
    edition = in_force()
    if edition is None:
        raise Conflict(_t("还没有发布的事项清单"))
    code, action = values["code"], values["action"]
    standing = Item.objects.filter(edition=edition, code=code).first()
    if action == "add":
        errors.update(_addition_errors(edition, values, standing))
    elif standing is None:
        errors["code"] = [_t("现行清单中没有事项 %s") % code]
    elif not values.get("name"):
        values["name"] = standing.name
    if errors:
        raise Invalid(errors)


def _department_errors(values: dict[str, Any]) -> dict[str, list[Any]]:
    """Turn the names of departments into codes; what is not known is an error."""
    errors: dict[str, list[Any]] = {}
    known = codes_by_name()
    if values.get("lead_dept"):
        code = known.get(values["lead_dept"])
        if code is None:
            errors["lead_dept"] = [_t("没有“%s”这个部门类型") % values["lead_dept"]]
        else:
            values["lead_dept"] = code
    words = [w for w in (values.pop("co_depts", "") or "").replace(",", "、").replace("，", "、").split("、") if w]
    wrong = [word for word in words if word not in known]
    if wrong:
        errors["co_depts"] = [_t("没有“%s”这个部门类型") % wrong[0]]
    values["co_depts"] = [known[word] for word in words if word in known]
    return errors


def _addition_errors(edition: Any, values: dict[str, Any], standing: Item | None) -> dict[str, list[Any]]:
    errors: dict[str, list[Any]] = {}
    code = values["code"]
    if standing is not None:
        errors["code"] = [_t("现行清单中已有事项 %s") % code]
    elif not (code.isdecimal() and len(code) == 7):
        errors["code"] = [_t("事项代码应为 7 位数字")]
    elif not Category.objects.filter(edition=edition, code=code[:4]).exists():
        errors["code"] = [_t("没有类别 %s") % code[:4]]
    for name in ("name", "lead_dept"):
        if not values.get(name):
            errors.setdefault(name, [_t("新增事项必须填写")])
    if not values.get("limit_value"):
        errors["limit"] = [_t("新增事项必须填写")]
    return errors


def _not_own(record: Any, actor: Actor) -> Any:
    return not_own(record.proposer_id, actor)


def _may_approve(record: Any, actor: Actor) -> Any:
    twin = ItemProposal.objects.filter(code=record.code, status__in=["approved", "included"]).exclude(pk=record.pk)
    if twin.exists():
        return _("该事项已有一份批准的申报等待发布")
    return _not_own(record, actor)


def _review(ctx: Context) -> None:
    ctx.values["reviewer_id"] = ctx.actor.user_id


def _include(ctx: Context) -> None:
    ctx.values["edition"] = ctx.inputs["edition"]


def _release(ctx: Context) -> None:
    ctx.values["edition"] = None


class ProposalFlow(Workflow):
    """Submitted, approved or refused, included in a draft, in effect."""

    submitted = State(_("待审批"), tone="wait")
    approved = State(_("已批准"), tone="work")
    included = State(_("已并入草稿"), tone="work")
    effective = State(_("已生效"), tone="done", final=True)
    refused = State(_("不予批准"), tone="stop", final=True)
    withdrawn = State(_("已撤回"), tone="stop", final=True)

    propose = Move(_("申报"), to=submitted, who="unit_clerk:unit leader:unit admin:all", tone="primary", run=_propose,
                   ask=(Ask("action", models.CharField(_("申报类型"), max_length=8, choices=ACTIONS)),
                        Ask("code", models.CharField(_("事项代码"), max_length=7)),
                        Ask("name", models.CharField(_("事项名称"), max_length=60, blank=True)),
                        Ask("kind", models.CharField(_("性质"), max_length=20, choices=KINDS, blank=True,
                                                     default="event")),
                        Ask("lead_dept", models.CharField(_("主责部门类型"), max_length=40, blank=True)),
                        Ask("co_depts", models.CharField(_("协办部门类型"), max_length=200, blank=True)),
                        Ask("limit", Amount(_("处置时限"), blank=True)),
                        Ask("urgency", models.CharField(_("紧急程度"), max_length=8, choices=URGENCIES, blank=True)),
                        Ask("verify", models.BooleanField(_("立案前核实"), null=True, blank=True)),
                        Ask("inspect", models.BooleanField(_("结案前核查"), null=True, blank=True)),
                        Ask("self_handle", models.BooleanField(_("网格员可自行处置"), null=True, blank=True)),
                        Ask("closing", models.TextField(_("结案条件"), blank=True)),
                        Ask("legal_basis", models.TextField(_("法律依据"))),
                        Ask("opinion", models.TextField(_("申报理由")))))
    approve = Move(_("批准"), source=(submitted,), to=approved, who=REVIEW, tone="primary", when=_may_approve,
                   run=_review, ask=(Ask("opinion", models.TextField(_("意见"), blank=True)),))
    refuse = Move(_("不予批准"), source=(submitted,), to=refused, who=REVIEW, tone="danger", when=_not_own, run=_review,
                  ask=(Ask("opinion", models.TextField(_("理由"))),))
    withdraw = Move(_("撤回"), source=(submitted,), to=withdrawn, who="unit_clerk:own leader:own admin:own",
                    ask=(Ask("opinion", models.TextField(_("原因"), blank=True)),))
    include = Move(_("并入草稿"), source=(approved,), to=included, who=SYSTEM_ONLY, quiet=True, run=_include,
                   ask=(Ask("edition", Ref(_("版本"), register="catalogue_version")),))
    release = Move(_("退回待并入"), source=(included,), to=approved, who=SYSTEM_ONLY, quiet=True, run=_release)
    effect = Move(_("生效"), source=(included,), to=effective, who=SYSTEM_ONLY, quiet=True)


class ItemProposal(Record):
    """What a unit asks of the catalogue. Blank fields of a change leave the item as it is."""

    action = models.CharField(_("申报类型"), max_length=8, choices=ACTIONS)
    code = models.CharField(_("事项代码"), max_length=7)
    name = models.CharField(_("事项名称"), max_length=60, default="", blank=True)
    kind = models.CharField(_("性质"), max_length=20, choices=KINDS, default="event", blank=True)
    lead_dept = models.CharField(_("主责部门类型"), max_length=12, default="", blank=True)
    co_depts = models.JSONField(_("协办部门类型"), default=list, blank=True)
    limit_value = models.PositiveIntegerField(_("处置时限"), null=True, blank=True)
    limit_unit = models.CharField(_("时限单位"), max_length=16, default="", blank=True)
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=URGENCIES, default="", blank=True)
    verify = models.BooleanField(_("立案前核实"), null=True, blank=True)
    inspect = models.BooleanField(_("结案前核查"), null=True, blank=True)
    self_handle = models.BooleanField(_("网格员可自行处置"), null=True, blank=True)
    closing = models.TextField(_("结案条件"), default="", blank=True)
    legal_basis = models.TextField(_("法律依据"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("申报单位"))
    proposer = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("申报人"))
    reviewer = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("审批人"))
    edition = models.ForeignKey("catalogue.CatalogueVersion", models.PROTECT, null=True, blank=True,
                                related_name="proposals", verbose_name=_("并入版本"))
    status = models.CharField(_("状态"), max_length=12, choices=ProposalFlow.choices(), default="submitted")

    class Meta:
        indexes = [models.Index(fields=["status", "code"], name="proposal_open")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ItemProposals(Register):
    """Units see their own, reviewers all."""

    model = ItemProposal
    label = _("事项申报")
    icon = "file-plus"
    group = "catalogue"
    columns = "code name action status unit proposer edition"
    filters = "code name action status unit edition"
    search = "name code"
    reaches = {"unit": UnitReach("unit__path"), "own": SameReach("proposer_id")}
    grants = {"view": "unit_clerk:unit leader:unit admin:all supervisor:all", "export": "admin:all supervisor:all"}
    flow = ProposalFlow
    writable = False


def apply_approved(ctx: Context, edition: Any) -> None:
    """Carry the approved proposals into a fresh draft, oldest first.

    Raises:
        Conflict: a proposal no longer fits the catalogue.
    """
    categories = {row.code: row for row in Category.objects.filter(edition=edition)}
    for proposal in ItemProposal.objects.filter(status="approved").order_by("id"):
        item = Item.objects.filter(edition=edition, code=proposal.code).first()
        if (item is None) == (proposal.action != "add"):
            raise Conflict(_t("申报 %s 与现行清单不再相符，请先处理") % proposal)
        _carry_out(ctx, proposal, edition, item, categories)
        ctx.act(proposal, "include", {"edition": edition})


def _carry_out(ctx: Context, proposal: ItemProposal, edition: Any, item: Item | None,
               categories: dict[str, Any]) -> None:
    asked = {name: getattr(proposal, name) for name in _COPIED if getattr(proposal, name) not in (None, "", [])}
    opinion = _t("事项申报 %d") % proposal.pk
    if item is None:
        ctx.session.create(Item, {
            "edition": edition, "category": categories[proposal.code[:4]], "code": proposal.code,
            "name": proposal.name, "kind": proposal.kind or "event", "urgency": "normal", **asked},
            trusted=True, opinion=opinion)
    elif proposal.action == "change":
        ctx.session.change(item, {**asked, "name": proposal.name or item.name}, trusted=True, opinion=opinion)
    else:
        for condition in Condition.objects.filter(item=item):
            ctx.session.remove(condition, trusted=True, opinion=opinion)
        ctx.session.remove(item, trusted=True, opinion=opinion)

"""The register of blind spots and overlaps in duty (职能盲区): found in bounced cases and in the matrix itself."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.catalogue.public import DeptType, ItemProposal, Responsibility, item_of
from gezhi.foundation.units.public import Unit
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .. import models as m
from ..facts import area_name, item_name
from ..tools import opinion
from . import dossier

KINDS = [("gap", _("无人负责")), ("overlap", _("职能交叉")), ("unclear", _("边界不清"))]
CENTRE = "supervisor:area shift_leader:area admin:all"
CASES_SHOWN = 12


def _decide(ctx: Any) -> None:
    """Say who answers: a row of the matrix is proposed, and the item's declaration where its department differs."""
    spot, owner, inputs = ctx.record, ctx.inputs["unit"], ctx.inputs
    helpers = [u for u in inputs["helpers"] if u != owner]
    ctx.values.update(proposed_owner=owner, decision=inputs["opinion"], decided_by=ctx.actor.name[:80],
                      decided_at=ctx.now)
    ctx.then.append(lambda done: ctx.act(m.DutyProposal, "propose", {
        "kind": "change" if _base(done) is not None else "add", "base": _base(done), "scope": spot.item_code[:7],
        "area_code": spot.area_code, "unit": owner, "helpers": helpers, "blind_spot": done, "source": "blind_spot",
        "legal_basis": inputs["legal_basis"], "opinion": inputs["opinion"]}))
    if inputs["declare"]:
        ctx.then.append(lambda done: _declare(ctx, done, owner, helpers))


def _base(spot: Any) -> Any:
    """The row that names exactly this item and area now, which the proposal would replace."""
    return Responsibility.objects.filter(scope=spot.item_code[:7], area_code=spot.area_code, active=True, valid_to=None,
                                         newer=None).order_by("id").first()


def _declare(ctx: Any, spot: Any, owner: Any, helpers: list[Any]) -> None:
    """The change of the catalogue: the item's lead and helping departments; refused there is an answer too."""
    item = item_of(spot.item_code[:7])
    if item is None:
        raise Invalid({"declare": [_t("现行清单中没有事项 %s") % spot.item_code]})
    depts = [u.dept_type for u in helpers if u.dept_type]
    if not owner.dept_type or (owner.dept_type == item.lead_dept and set(depts) <= set(item.co_depts)):
        return
    names = dict(DeptType.objects.values_list("code", "name"))
    proposal = ctx.act(ItemProposal, "propose", {
        "action": "change", "code": item.code, "lead_dept": names.get(owner.dept_type, owner.dept_type),
        "co_depts": "、".join(names.get(code, code) for code in depts), "legal_basis": ctx.inputs["legal_basis"] or _t(
            "职能盲区 %s") % spot.no, "opinion": ctx.inputs["opinion"]})
    ctx.session.change(spot, {"item_proposal": proposal}, verb="declare", trusted=True)


class BlindSpotFlow(Workflow):
    """Found, studied, decided, written into the matrix, closed."""

    found = State(_("新发现"), tone="wait")
    studying = State(_("研究中"))
    decided = State(_("已明确，待修订清单"), tone="wait")
    matrix_updated = State(_("清单已修订"), rest=True)
    closed = State(_("已销号"), tone="done", final=True)

    find = Move(_("发现"), to=found, who=SYSTEM_ONLY, quiet=True, ask=(opinion(blank=True),))
    study = Move(_("开始研究"), source=(found,), to=studying, who=CENTRE, tone="primary", ask=(opinion(blank=True),))
    decide = Move(
        _("明确责任"), source=(found, studying), to=decided, who="leader:area shift_leader:area admin:all",
        tone="primary", run=_decide, ask=(
            Ask("unit", Ref(_("主办单位"), register="unit"), lambda spot, _actor: spot and spot.proposed_owner),
            Ask("helpers", Ref(_("协办单位"), register="unit", many=True, blank=True)),
            Ask("legal_basis", models.CharField(_("法律依据"), max_length=200, blank=True, default="")),
            Ask("declare", models.BooleanField(_("同时申报修改事项清单的主责部门"), default=False)),
            opinion(_("决定"))))
    updated = Move(_("清单修订生效"), source=(decided,), to=matrix_updated, who=SYSTEM_ONLY,
                   ask=(opinion(blank=True),))
    close = Move(_("销号"), source=(found, studying, decided, matrix_updated), to=closed, who=CENTRE,
                 ask=(opinion(),))


class BlindSpot(Record):
    """A matter in an area for which nobody, more than one, or everybody but one answers."""

    no = models.CharField(_("编号"), max_length=20, unique=True)
    title = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=8, choices=KINDS)
    status = models.CharField(_("状态"), max_length=16, choices=BlindSpotFlow.choices(), default="found")
    item_code = models.CharField(_("事项代码"), max_length=16, db_collation="C")
    items = models.JSONField(_("相近事项"), default=list, blank=True)
    area_code = AreaCodeField(_("区域"))
    units = models.JSONField(_("涉及单位"), default=list, blank=True)
    cases = models.JSONField(_("案件"), default=list, blank=True)
    count = models.PositiveIntegerField(_("案件数"), default=0)
    first_seen = models.DateTimeField(_("首次出现"))
    last_seen = models.DateTimeField(_("最近出现"))
    proposed_owner = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                                       verbose_name=_("建议主办单位"))
    basis = models.TextField(_("依据"), max_length=2000, default="", blank=True)
    suggestion = models.CharField(_("建议的清单修改"), max_length=300, default="", blank=True)
    decision = models.TextField(_("决定"), max_length=2000, default="", blank=True)
    decided_by = models.CharField(_("决定人"), max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    item_proposal = models.ForeignKey("catalogue.ItemProposal", models.PROTECT, null=True, blank=True, related_name="+",
                                      verbose_name=_("事项申报"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item_code", "area_code"], name="blind_spot_once",
                                               condition=~Q(status="closed"))]
        indexes = [models.Index(fields=["area_code", "-id"], name="blind_spot_area")]

    def __str__(self) -> str:
        return f"{self.no} {self.title}"


def involved(spot: Any, actor: Actor) -> dict[str, Any]:
    """Who refused what whom took in the end, and the cases; three queries."""
    rows = m.Case.objects.filter(sight(registry.register("case"), actor), pk__in=spot.cases)
    names: dict[Any, str] = {u.pk: str(u) for u in Unit.objects.filter(pk__in=[
        pk for row in spot.units for pk in (row["refused"], row["took"]) if pk])}
    return {"spot": spot, "matrix": [(names.get(row["refused"], "—"), names.get(row["took"], _t("（尚无）")), row["n"])
                                     for row in spot.units],
            "cases": list(rows.select_related("unit").order_by("-id")[:CASES_SHOWN]),
            "items": [f"{code} {item_name(code)}".strip() for code in spot.items], "area": area_name(spot.area_code)}


class BlindSpots(Register):
    """Found by the survey, kept by the centre."""

    model = BlindSpot
    label = _("职能盲区")
    icon = "eye-off"
    group = "catalogue"
    key = "no"
    columns = "no title kind status count area_code proposed_owner first_seen last_seen"
    filters = "no kind status area_code item_code proposed_owner count first_seen last_seen"
    search = "title^2 basis suggestion"
    order = "-id"
    grants = {"view": f"{CENTRE} dispatcher:area leader:area", "export": "supervisor:area leader:area admin:all"}
    flow = BlindSpotFlow
    panels = (Panel("involved", _("谁退了、谁办了"), "desk/panels/blind_spot.html", involved),
              Panel("proposals", _("清单修订"), "desk/panels/proposals.html", dossier.proposals,
                    when=lambda spot, _actor: spot.decided_at is not None))
    writable = False



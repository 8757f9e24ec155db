"""Cases that units pass to each other (推诿): detected, given an arbiter, settled by an order nobody can return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.act import act
from gezhi.foundation.units.public import Unit
from gezhi.kernel.access import UnitReach
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.events import Consumer
from gezhi.kernel.fields import AreaCodeField, Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from .. import models as m
from ..tools import opinion
from . import dossier
from .arbitration import arbiter_of, yes
from .decision import by_arbiter

KINDS = [("ping_pong", _("来回推诿")), ("round", _("多家推诿")), ("often", _("多次退回"))]
OFTEN = 3
"""Returns and reassignments from which on a case counts as bounced (analytics.md 4b)."""
REFUSED = ("returned", "returning")


@dataclass(frozen=True)
class Seen:
    """What the stations of a case show: the kind of bouncing, units that refused, all units in order."""

    kind: str
    refused: tuple[int, ...]
    chain: tuple[int, ...]


def look(stations: Sequence[dict[str, Any]], moves: int) -> Seen | None:
    """Tell whether a case is being passed around.

    Args:
        stations: root orders in order of time, as ``dossier.stations``.
        moves: returns and reassignments so far.

    Returns:
        ``ping_pong``: a unit that had it got it again after another one; ``round``: two or more units refused it;
        ``often``: :data:`OFTEN` returns and reassignments; ``None``: none of these.
    """
    chain: list[int] = []
    for row in stations:
        if not chain or chain[-1] != row["unit_id"]:
            chain.append(row["unit_id"])
    refused = tuple(dict.fromkeys(row["unit_id"] for row in stations if row["status"] in REFUSED))
    if refused and len(set(chain)) < len(chain):
        return Seen("ping_pong", refused, tuple(chain))
    if len(refused) >= 2:
        return Seen("round", refused, tuple(chain))
    return Seen("often", refused, tuple(chain)) if moves >= OFTEN else None


def _find(ctx: Any) -> None:
    case = ctx.inputs["case"]
    ctx.values.update(case=case, area_code=case.area_code, item_code=case.item_code, found_at=ctx.now,
                      invented=case.invented)
    ctx.payload.update(case=case.pk, title=case.title)


def _may_settle(bounce: Any, actor: Actor) -> Any:
    if bounce.case.hard:
        return _("案件正按疑难办理")
    if bounce.case.finished_at is not None:
        return _("案件已办结")
    return "" if actor.kind == "system" or actor.unit_id not in bounce.chain else _("经手单位不能仲裁本案")


def _settle(ctx: Any) -> None:
    """The case goes to the unit the arbiter names, in whatever state it is."""
    bounce, owner = ctx.record, ctx.inputs["unit"]
    helpers = [u for u in ctx.inputs["helpers"] if u != owner]
    case = ctx.session.lock(m.Case(pk=bounce.case_id))
    ctx.values.update(owner=owner, finding=ctx.inputs["opinion"], decided_by=ctx.actor.name[:80], decided_at=ctx.now)
    plan: dict[str, Any] = {"unit": owner, "opinion": ctx.inputs["opinion"]}
    if helpers:
        plan.update(mode="lead_co", others=helpers)
    moves = {"pending_dispatch": "dispatch", "pending_sign": "reassign", "handling": "reassign"}
    move = moves.get(case.status)
    if case.status == "pending_coordination":
        move, plan["decision"] = "coordinate", "dispatch"
    if move is None:
        raise Conflict(_t("案件当前状态不能指定承办单位"))
    ctx.then.append(lambda _done: _order(ctx, case, move, plan))
    if ctx.inputs["propose"]:
        ctx.then.append(lambda done: _propose(ctx, done, owner, helpers))


def _order(ctx: Any, case: Any, move: str, plan: dict[str, Any]) -> None:
    with by_arbiter():
        ctx.act(case, move, plan)


def _propose(ctx: Any, bounce: Any, owner: Any, helpers: list[Any]) -> None:
    if not bounce.item_code:
        raise Invalid({"propose": [_t("案件没有事项，不能提出清单修订")]})
    ctx.act(m.DutyProposal, "propose", {
        "kind": "add", "scope": bounce.item_code[:7], "area_code": bounce.area_code[:6], "unit": owner,
        "helpers": helpers, "source": "bounce", "opinion": ctx.inputs["opinion"]})


class BounceFlow(Workflow):
    """Found, settled by an arbiter, or over because the case was."""

    found = State(_("待仲裁"), tone="wait")
    settled = State(_("已仲裁"), tone="done", final=True)
    over = State(_("已消除"), tone="stop", final=True)

    find = Move(_("发现推诿"), to=found, who=SYSTEM_ONLY, run=_find, ask=(
        Ask("case", Ref(_("案件"), register="case")),
        Ask("kind", models.CharField(_("类型"), max_length=12, choices=KINDS)),
        Ask("chain", models.JSONField(_("经手单位"))), Ask("refused", models.JSONField(_("退单单位"))),
        Ask("arbiter", Ref(_("建议的仲裁机构"), register="unit")),
        Ask("why", models.CharField(_("理由"), max_length=300))))
    settle = Move(_("仲裁"), source=(found,), to=settled, who="shift_leader:arbiter leader:area", tone="primary",
                  run=_settle, when=_may_settle, ask=(
                      Ask("unit", Ref(_("指定主办单位（不得再退）"), register="unit")),
                      Ask("helpers", Ref(_("协办单位"), register="unit", many=True, blank=True)),
                      Ask("propose", models.BooleanField(_("提出清单修订"), default=False), yes),
                      opinion(_("仲裁意见"))))
    vanish = Move(_("消除"), source=(found,), to=over, who="system:all shift_leader:arbiter",
                  ask=(opinion(_("原因")),))


class Bounce(Record):
    """A case that was passed around; one while it lasts."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="bounces", verbose_name=_("案件"))
    kind = models.CharField(_("类型"), max_length=12, choices=KINDS)
    status = models.CharField(_("状态"), max_length=12, choices=BounceFlow.choices(), default="found")
    chain = models.JSONField(_("经手单位"), default=list)
    refused = models.JSONField(_("退单单位"), default=list)
    arbiter = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("建议的仲裁机构"))
    why = models.CharField(_("理由"), max_length=300, default="", blank=True)
    owner = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                              verbose_name=_("指定单位"))
    finding = models.TextField(_("仲裁意见"), max_length=2000, default="", blank=True)
    area_code = AreaCodeField(_("区域"))
    item_code = models.CharField(_("事项代码"), max_length=16, default="", blank=True, db_collation="C")
    found_at = models.DateTimeField(_("发现时间"))
    decided_by = models.CharField(_("仲裁人"), max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(_("仲裁时间"), null=True, blank=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case"], name="bounce_once", condition=Q(status="found"))]
        indexes = [models.Index(fields=["arbiter", "-id"], name="bounce_open", condition=Q(status="found")),
                   models.Index(fields=["area_code", "-id"], name="bounce_area")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.case}"


def _page(bounce: Any, actor: Actor) -> dict[str, Any]:
    from .explain import live

    return live(bounce.case, actor)


class Bounces(Register):
    """Cases passed around, before whoever stands above the units."""

    model = Bounce
    label = _("推诿研判")
    icon = "arrows-exchange"
    group = "cases"
    columns = "case kind status arbiter item_code area_code owner found_at decided_at"
    filters = "kind status arbiter owner area_code item_code found_at decided_at case"
    search = "case__title finding"
    reaches = {"arbiter": UnitReach("arbiter__path"), "centre": UnitReach("case__centre__path")}
    grants = {"view": "shift_leader:arbiter shift_leader:centre dispatcher:centre supervisor:centre leader:area "
                      "admin:all",
              "export": "shift_leader:arbiter supervisor:centre leader:area admin:all"}
    flow = BounceFlow
    panels = (Panel("chain", _("本案经手单位"), "desk/panels/chain.html", dossier.chain),
              Panel("advice", _("派遣建议"), "desk/panels/case_suggestions.html", _page,
                    when=lambda bounce, _actor: bounce.status == "found"))
    writable, under = False, "case"


def watch(event: Any) -> None:
    """A case came back, was claimed against or given to another: see whether it is being passed around."""
    case_id = event.payload.get("case") if event.register == "claim" else event.record_id
    case = m.Case.objects.filter(pk=case_id).select_related("centre").first()
    if case is None or case.finished_at is not None or case.bounces.filter(status="found").exists():
        return
    stations = dossier.stations(case)
    seen = look(stations, case.returns + case.reassigns)
    last = case.bounces.order_by("-id").first()
    if seen is None or (last is not None and list(seen.chain) == last.chain):
        return
    units = {u.pk: u for u in Unit.objects.filter(pk__in=seen.chain)}
    arbiter = arbiter_of(list(units.values()), case.centre)
    if arbiter is None:
        return
    names = _t("、").join(str(units[pk]) for pk in seen.refused if pk in units)
    why = _t("“%(arbiter)s”是同时管到 %(n)d 个经手单位的最低一级指挥中心；退单单位：%(names)s") % {
        "arbiter": arbiter, "n": len(set(seen.chain)), "names": names or _t("无")}
    with door(SYSTEM):
        act(SYSTEM, m.Bounce, "find", {"case": case, "kind": seen.kind, "chain": list(seen.chain),
                                       "refused": list(seen.refused), "arbiter": arbiter, "why": why[:300]})


WATCH = Consumer("cases.bounce", ("claim.raised", "case.reassign", "case.dispatch"), watch)

"""Effects of a claim's moves, and who decides it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from gezhi.foundation.units.public import Unit
from gezhi.kernel.access import permits
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

from .. import models as m
from ..limits import stage_limit
from .decision import arbitrated, by_arbiter


def raised(ctx: Any) -> None:
    """A unit applied to give an order back: against which row, by when; the case's centre decides first."""
    application = ctx.inputs["application"]
    order = application.order
    case = order.case
    kept = m.DispatchDecision.objects.filter(case=case, round=order.round).filter(
        Q(order=order) | Q(order=order.parent_id)).order_by("-id").first()
    arbiter = case.centre or order.unit
    ctx.values.update(
        case=case, order=order, decision=kept, duty_id=kept.duty_id if kept is not None else None,
        duty_version=kept.duty_version if kept is not None else "", unit=order.unit, text=application.text,
        basis=application.basis, arbiter=arbiter, area_code=case.area_code, item_code=case.item_code,
        raised_by=application.applied_by, raised_at=ctx.now, invented=case.invented)
    ctx.limits["arbitrate"] = (*stage_limit("claim", case.urgency), arbiter.pk)
    ctx.payload.update(case=case.pk, title=case.title, unit=order.unit_id, arbiter=arbiter.pk)


def arbiter_of(units: Any, centre: Any) -> Any:
    """Who stands above the units that are at odds: the lowest command centre that contains them all.

    Args:
        units: units, ``None`` among them passed over.
        centre: the case's centre, which decides as long as no higher one is needed.
    """
    paths = [unit.path for unit in units if unit is not None]
    if centre is not None and all(path.startswith(centre.path) for path in paths):
        return centre
    if centre is None:
        return None
    codes = centre.path.strip("/").split("/")
    above = ["/" + "/".join(codes[:n]) + "/" for n in range(len(codes), 0, -1)]
    centres = {u.path: u for u in Unit.objects.filter(path__in=above, kind="centre", active=True)}
    ordered = [centres[path] for path in above if path in centres]
    return next((c for c in ordered if all(path.startswith(c.path) for path in paths)), ordered[-1] if ordered
                else centre)


def may_decide(claim: Any, actor: Any) -> Any:
    """Nobody decides on what they claimed themselves, or for the unit that claims."""
    if actor.user_id is not None and claim.raised_by == actor.user_id:
        return _("不能裁定自己提出的退单")
    if actor.kind != "system" and actor.unit_id == claim.unit_id:
        return _("不能裁定本单位提出的退单")
    return ""


def may_escalate(claim: Any, actor: Any) -> Any:
    """There is somebody above."""
    return may_decide(claim, actor) or ("" if next_arbiter(claim) is not None else _("没有更上一级的指挥中心"))


def past_arbiter(claim: Any, actor: Any) -> Any:
    """Guard of decisions made beside a claim: as long as it is open, only who may decide the claim makes them.

    Args:
        claim: a claim, or ``None`` where there is none to be passed by.
    """
    if claim is None or actor.kind == "system" or claim.finished_at is not None:
        return ""
    if permits(registry.register("claim"), actor, "uphold", claim):
        return may_decide(claim, actor)
    return _("退单由“%s”裁定，裁定前不能在此决定") % claim.arbiter


def of_application(application: Any) -> Any:
    """The open claim of an application to give an order back, or ``None``."""
    if application.kind != "return":
        return None
    return m.Claim.objects.filter(application=application, finished_at=None).select_related("arbiter").first()


def handed_up(case: Any, actor: Any) -> Any:
    """Guard of giving a case to another unit: not while a claim about it lies with a higher arbiter."""
    if arbitrated():
        return ""
    claim = m.Claim.objects.filter(case=case, status="escalated", finished_at=None).select_related("arbiter").first()
    return past_arbiter(claim, actor)


def next_arbiter(claim: Any) -> Any:
    """Who decides what the present arbiter cannot: the lowest centre above it that contains every unit at odds, else
    the next one above; ``None`` at the top."""
    wanted = arbiter_of([claim.unit, claim.proper], claim.arbiter)
    return wanted if wanted is not None and wanted.pk != claim.arbiter_id else above(claim.arbiter)


def yes(_record: Any, _actor: Any) -> bool:
    """What a box of a form begins with."""
    return True


def above(unit: Any) -> Any:
    """The command centre next above a unit, or ``None``."""
    codes = unit.path.strip("/").split("/")
    paths = ["/" + "/".join(codes[:n]) + "/" for n in range(1, len(codes))]
    found = Unit.objects.filter(path__in=paths, kind="centre", active=True)
    return max(found, key=lambda u: len(u.path), default=None)


def first_owner(claim: Any, _actor: Any) -> Any:
    """What the form begins with: the unit the claimant names."""
    return claim.proper if claim is not None else None


def escalate(ctx: Any) -> None:
    """One level up, with a new short clock."""
    higher = next_arbiter(ctx.record)
    if higher is None:
        raise Invalid({"opinion": [_("没有更上一级的指挥中心")]})
    ctx.values["arbiter"] = higher
    ctx.limits["arbitrate"] = (*stage_limit("claim", ctx.record.case.urgency), higher.pk)


def _settled(ctx: Any) -> None:
    claim = ctx.record
    found = precedent(claim)
    ctx.values.update(decided_at=ctx.now, decided_by=ctx.actor.name[:80], finding=ctx.inputs["opinion"],
                      precedent=found)
    ctx.payload.update(case=claim.case_id, unit=claim.unit_id)


def precedent(claim: Any) -> Any:
    """The newest decided claim of the same kind against the same row (else the same item in the same county)."""
    done = m.Claim.objects.filter(kind=claim.kind, status__in=("upheld", "dismissed")).exclude(pk=claim.pk)
    if claim.duty_id is not None:
        return done.filter(duty_id=claim.duty_id).order_by("-id").first()
    return done.filter(item_code=claim.item_code, area_code__startswith=claim.area_code[:6]).order_by("-id").first()


def uphold(ctx: Any) -> None:
    """The unit was right: its order ends without overtime, the right unit gets the case, the matrix is to learn."""
    claim, inputs = ctx.record, ctx.inputs
    owner, helpers = inputs["owner"], [u for u in inputs["helpers"] if inputs["owner"] != u]
    if owner is not None and owner.pk == claim.unit_id:
        raise Invalid({"owner": [_("裁定成立时不能再由退单单位主办")]})
    if helpers and owner is None:
        raise Invalid({"owner": [_("请先选择主办单位")]})
    _settled(ctx)
    ctx.values.update(owner=owner, kind=inputs["kind"] or claim.kind)
    ctx.then.append(lambda done: _give_back(ctx, done, owner, helpers))
    if inputs["propose"] and owner is not None and ctx.values["kind"] in _duty_kinds():
        ctx.then.append(lambda done: _propose(ctx, done, owner, helpers))


def _duty_kinds() -> tuple[str, ...]:
    from .claim import DUTY_KINDS

    return DUTY_KINDS


def _give_back(ctx: Any, claim: Any, owner: Any, helpers: list[Any]) -> None:
    words = {"opinion": ctx.inputs["opinion"]}
    if claim.application.decided_at is None:
        ctx.act(claim.application, "approve", words)
    case = m.Case.objects.get(pk=claim.case_id)
    if not ctx.inputs["give"] or owner is None:
        return
    plan: dict[str, Any] = {"unit": owner, "opinion": ctx.inputs["opinion"]}
    with by_arbiter():
        if case.status == "pending_dispatch":
            if helpers:
                plan.update(mode="lead_co", others=helpers)
            ctx.act(case, "dispatch", plan)
        elif case.mode == "parallel" and case.status in ("pending_sign", "handling"):
            ctx.act(case, "dispatch_more", plan)


def _propose(ctx: Any, claim: Any, owner: Any, helpers: list[Any]) -> None:
    duty = claim.duty
    area = claim.area_code[:9] if ctx.inputs["narrow"] or duty is None else duty.area_code
    narrower = duty is not None and (area != duty.area_code or len(duty.scope) < 7)
    co = list(dict.fromkeys([*[u.pk for u in helpers], *(duty.co_units if duty is not None else [])]))
    ctx.act(m.DutyProposal, "propose", {
        "kind": "add" if duty is None or narrower else "change", "base": duty if not narrower else None,
        "scope": claim.item_code[:7] if duty is None or narrower else duty.scope, "area_code": area, "unit": owner,
        "helpers": list(Unit.objects.filter(pk__in=[pk for pk in co if pk != owner.pk])), "claim": claim,
        "legal_basis": claim.basis, "source": "claim", "opinion": ctx.inputs["opinion"]})


def dismiss(ctx: Any) -> None:
    """The unit was wrong: its order goes on, and the waiting counts."""
    _settled(ctx)
    ctx.then.append(lambda claim: _go_on(ctx, claim))


def _go_on(ctx: Any, claim: Any) -> None:
    if claim.application.decided_at is None:
        ctx.act(claim.application, "refuse", {"opinion": ctx.inputs["opinion"]})


def followed(ctx: Any) -> None:
    """It was decided on the application's page, or the order ended."""
    _settled(ctx)


def follow(ctx: Any, application: Any, move: str) -> None:
    """Let the claim of an application follow its decision (``granted``, ``denied`` or ``drop``)."""
    claim = m.Claim.objects.filter(application=application, finished_at=None).first()
    if claim is not None:
        ctx.act(claim, move, {"opinion": ctx.inputs.get("opinion") or ""})
    if move == "granted":
        kept = m.DispatchDecision.objects.filter(order_id=application.order_id, returned=False).first()
        if kept is not None:
            ctx.session.change(kept, {"returned": True}, verb="come_back", trusted=True, emit=False)


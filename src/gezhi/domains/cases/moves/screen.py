"""Screening: complete, classify, file, reject, answer at once, withdraw, give back (T5 to T9, T41, T42)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

from .. import ports
from ..facts import handle_rule, limit_of
from ..limits import stage_limit
from ..tools import after, brief, case_number
from . import intake, merge


def facts(ctx: Any) -> None:
    """Take over what an acceptor corrected; a point moves the case into its grid."""
    given = {k: v for k, v in ctx.inputs.items() if v not in (None, "", []) and k not in ("opinion", "item_code")}
    case = ctx.record
    if given.get("place") is not None:
        given["area_code"] = ports.grid_at(given["place"].x, given["place"].y) or given.get("area_code", "") \
            or case.area_code
    ctx.values.update(given)
    if ctx.inputs.get("item_code"):
        known = {"urgency": given.get("urgency", case.urgency), "labels": given.get("labels", case.labels)}
        ctx.values.update(intake.item_values(ctx.inputs["item_code"], ctx.now, known, strict=True))


def complete(ctx: Any) -> None:
    """T5: item, labels and place confirmed by a person."""
    facts(ctx)
    area = ctx.values.get("area_code", ctx.record.area_code)
    if not area:
        raise Invalid({"area_code": [_("请确认事发位置或所属区域")]})
    ctx.values["confidence"] = None


def amend(ctx: Any) -> None:
    """Correct what is known of a case before it is disposed of."""
    facts(ctx)
    if not ctx.values:
        raise Invalid(_("没有需要更正的内容"))


def auto_classify(ctx: Any) -> None:
    """T6: the classifier was sure enough."""
    least = stage_limit("classify")[0]
    if ctx.inputs["confidence"] < least:
        raise Invalid({"confidence": [_("把握不足 %s，须由人工登记") % least]})
    case = ctx.record
    known = {"urgency": case.urgency, "labels": case.labels}
    ctx.values.update(intake.item_values(ctx.inputs["item_code"], ctx.now, known, strict=True),
                      confidence=ctx.inputs["confidence"])


def mark_signs(ctx: Any) -> None:
    """Signs of danger or of a repeated or shared complaint were read in the words; danger shortens the accept clock."""
    case, urgency = ctx.record, ctx.inputs.get("urgency")
    ctx.values["labels"] = list(dict.fromkeys([*case.labels, *ctx.inputs["labels"]]))
    if not urgency:
        return
    ctx.values["urgency"] = urgency
    ctx.limits["accept"] = (*stage_limit("accept", urgency), case.centre_id)
    ctx.then.append(lambda marked: intake.cry(ctx, marked))


def can_file(case: Any, _actor: Any) -> Any:
    """What filing needs of a case."""
    if not case.item_code:
        return _("立案前须先选定事项")
    if not case.area_code:
        return _("立案前须先确认所属区域")
    if case.trueness == "false":
        return _("核实结论为不属实，不能立案")
    return ""


def file(ctx: Any) -> None:
    """T7: number, limit, and the clocks of dispatch and of the whole."""
    case = ctx.record
    if not ctx.inputs["no_duplicate"] and (ctx.actor.user_id is not None or ctx.actor.kind != "system"):
        raise Invalid({"no_duplicate": [_("请先查重并确认不是重复案件")]})
    urgency = ctx.inputs.get("urgency") or case.urgency
    given = ctx.inputs.get("limit")
    limit = (given["value"], given["unit"]) if given else None
    if limit is None:
        rule = handle_rule(case, ctx.now, urgency=urgency)
        limit = (rule.value, rule.unit) if rule else intake.handle_limit(case, ctx.now, ctx.inputs["condition"])
        ctx.values["limit_rule"] = rule.name if rule else ""
    ctx.values.update(
        case_no=case.case_no or case_number(case.area_code, ctx.now), filed_at=ctx.now, urgency=urgency,
        limit_value=limit[0], limit_unit=limit[1], public_visible=ctx.inputs["public_visible"])
    ctx.limits["dispatch"] = (*limit_of("dispatch", ctx.now, case, urgency=urgency), case.centre_id)
    ctx.limits["total"] = total(case, limit, ctx.now)
    ctx.payload.update(brief(case), case_no=ctx.values["case_no"])
    if urgency == "urgent1":
        ctx.then.append(lambda filed: ctx.session.emit("case.urgent", filed, brief(filed)))


def entrust(ctx: Any) -> None:
    """Filed by the system for a duty that a law sets and not the catalogue of items, with the limit of that law."""
    case, limit = ctx.record, (ctx.inputs["limit"]["value"], ctx.inputs["limit"]["unit"])
    ctx.values.update(case_no=case.case_no or case_number(case.area_code, ctx.now), filed_at=ctx.now,
                      limit_value=limit[0], limit_unit=limit[1])
    ctx.limits["dispatch"] = (*limit_of("dispatch", ctx.now, case), case.centre_id)
    ctx.limits["total"] = total(case, limit, ctx.now)
    ctx.payload.update(brief(case), case_no=ctx.values["case_no"])


def total(case: Any, limit: tuple[float, str], now: Any) -> tuple[Any, ...]:
    """Limit of the whole course: that of the disposal and the margin of the other stages after it."""
    end = after(after(now, limit, case.centre_id), stage_limit("margin", case.urgency), case.centre_id)
    return (*limit, case.centre_id, end)


def ended(ctx: Any, **values: Any) -> None:
    """Fields of a case that ends without disposal."""
    ctx.values.update(closed_at=ctx.now, overtime=ctx.record.overtime, **values)
    ctx.then.append(lambda case: merge.answer_followers(ctx, case))


def reject(ctx: Any) -> None:
    """T8."""
    ended(ctx, end_reason=ctx.inputs["reason"], public_reply=ctx.inputs["reply"])


def direct_reply(ctx: Any) -> None:
    """T9: answered at once; counts as dealt with on the spot."""
    ended(ctx, public_reply=ctx.inputs["reply"], handled_at=ctx.now, outcome="03", solved="yes",
          case_no=ctx.record.case_no or case_number(ctx.record.area_code, ctx.now))


def withdraw(ctx: Any) -> None:
    """T41."""
    ended(ctx, excluded=True)


def has_source(case: Any, _actor: Any) -> Any:
    """Only what came from another system can go back there."""
    return "" if case.source and case.source_key else _("该案件不是外部系统转来的，不能退回来源系统")


def return_external(ctx: Any) -> None:
    """T42: the adapter of the source reads the event and sends the code back."""
    ended(ctx, end_reason=ctx.inputs["reason"], excluded=True)
    ctx.payload.update(source=ctx.record.source, source_key=ctx.record.source_key, code=ctx.inputs["reason"],
                       opinion=ctx.inputs["opinion"])

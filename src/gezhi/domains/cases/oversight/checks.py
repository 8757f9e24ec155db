"""What the moves of samples and checks do."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

from .. import models as m
from ..tools import worked_on
from . import evaluation, orders


def population(sample: Any, area: str) -> Any:
    """Cases a sample is drawn from: closed in its days, handled by a unit, not left out of assessment."""
    zone = timezone.get_current_timezone()
    begin = dt.datetime.combine(sample["since"], dt.time(), zone)
    end = dt.datetime.combine(sample["until"] + dt.timedelta(days=1), dt.time(), zone)
    rows = m.Case.objects.filter(closed_at__gte=begin, closed_at__lt=end, unit__isnull=False, excluded=False,
                                 area_code__startswith=area)
    if sample["unit"] is not None:
        rows = rows.filter(unit__path__startswith=sample["unit"].path)
    return rows.filter(item_code__startswith=sample["item"]) if sample["item"] else rows


def draw(rows: Any, seed: str, size: int) -> tuple[list[int], int, str]:
    """Ids drawn, the population's size and its digest.

    Each case gets the MD5 of the seed and its number; the smallest are drawn. Whoever knows the seed can do it again,
    and nobody can choose a seed that draws wanted cases without leaving its trace in the log.
    """
    ids = list(rows.order_by("id").values_list("id", flat=True))
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    key = MD5(Concat(Value(f"{seed}-"), Cast("id", CharField()), output_field=CharField()))
    return list(rows.order_by(key, "id").values_list("id", flat=True)[:size]), len(ids), digest


def drawn(ctx: Any) -> None:
    """A sample, and a check to make of each case in it."""
    given = ctx.inputs
    if given["until"] < given["since"]:
        raise Invalid({"until": [_("不能早于开始日期")]})
    if (given["until"] - given["since"]).days > 400:
        raise Invalid({"until": [_("一次抽查最多一年")]})
    seed = given["seed"] or secrets.token_hex(8)
    area = ctx.actor.area
    rows = population(given, area).filter(sight(registry.register("case"), ctx.actor))
    ids, size, digest = draw(rows, seed, given["size"])
    if not ids:
        raise Invalid({"since": [_("这个范围内没有已结案的案件")]})
    ctx.values.update(no=orders.number("CC", area, ctx.now), area_code=area, seed=seed, population=size, digest=digest,
                      size=len(ids), drawn_by=ctx.actor.name[:80], drawn_at=ctx.now, purpose=given["opinion"])
    ctx.then.append(lambda sample: _hand_out(ctx, sample, ids))


def _hand_out(ctx: Any, sample: Any, ids: list[int]) -> None:
    for case in m.Case.objects.filter(pk__in=ids).select_related("unit").order_by("id"):
        ctx.session.create(m.QualityCheck, {
            "case": case, "unit": case.unit, "sample": sample, "source": "sample", "area_code": case.area_code,
            "focus": sample.purpose[:400]}, verb="ask_for", trusted=True, emit=False)


def proof(sample: Any, actor: Actor) -> dict[str, Any]:
    """The same seed on the same population, now; the cases drawn then, with their checks."""
    kept = list(m.QualityCheck.objects.filter(sample=sample).select_related("case", "unit").order_by("case_id"))
    then = {"since": sample.since, "until": sample.until, "unit": sample.unit, "item": sample.item}
    ids, size, digest = draw(population(then, sample.area_code), sample.seed, sample.size)
    return {"sample": sample, "checks": kept, "size": size, "same_population": digest == sample.digest,
            "same": sorted(ids) == [c.case_id for c in kept], "done": sum(c.status != "open" for c in kept)}


def asked(ctx: Any) -> None:
    """A check that somebody asks for by name."""
    case = ctx.inputs["case"]
    orders.seen(ctx, case)
    if case.unit_id is None:
        raise Invalid({"case": [_("该案件没有承办单位")]})
    ctx.values.update(unit=case.unit, area_code=case.area_code, focus=ctx.inputs["opinion"][:400])


def not_own(check: Any, actor: Actor) -> Any:
    """Nobody checks work they had a part in."""
    if actor.user_id is not None and check.case.reviewed_by == actor.user_id:
        return _("不能检查自己审核的案件")
    return _("不能检查自己办理的案件") if worked_on(check.case, actor.user_id) else ""


def checked(ctx: Any) -> None:
    """Four marks, their mean, and the composite of the three parties as it stands with them."""
    check, given = ctx.record, ctx.inputs
    score = round(sum(given[n] for n in ("mark_result", "mark_rules", "mark_speed", "mark_reply")) / 4, 2)
    ctx.values.update({n: given[n] for n in ("mark_result", "mark_rules", "mark_speed", "mark_reply", "verdict")},
                      score=score, remark=given["opinion"], checked_by=ctx.actor.name[:80], checked_at=ctx.now)
    _weigh(ctx, check.case, "centre", score)
    done_with(ctx)


def _weigh(ctx: Any, case: Any, side: str, score: float) -> None:
    found = evaluation.of_case(case, {side: score})
    ctx.values.update(composite=found.total, weights=found.weights)
    ctx.payload.update(case=case.pk, title=case.title, verdict=ctx.values.get("verdict", ""))


def done_with(ctx: Any) -> None:
    """The sample is done when nothing of it waits any more."""
    sample = ctx.record.sample
    if sample is not None and not m.QualityCheck.objects.filter(sample=sample, status="open").exclude(
            pk=ctx.record.pk).exists():
        ctx.then.append(lambda _check: ctx.act(sample, "finish"))


def evaluated(ctx: Any) -> None:
    """What those on the spot say; once a person and case."""
    case = ctx.inputs["case"]
    orders.seen(ctx, case)
    if case.closed_at is None and case.handled_at is None:
        raise Invalid({"case": [_("处置完成后才能评价")]})
    mine = m.QualityCheck.objects.filter(case=case, side="grassroots", checked_by=ctx.actor.name[:80])
    if mine.exists():
        raise Invalid({"case": [_("您已评价过该案件")]})
    score = float(ctx.inputs["score"])
    ctx.values.update(unit=case.unit, area_code=case.area_code, side="grassroots", source="manual", score=score,
                      remark=ctx.inputs["opinion"], checked_by=ctx.actor.name[:80], checked_at=ctx.now)
    _weigh(ctx, case, "grassroots", score)


def ranking(actor: Actor, area: str, begin: dt.datetime, end: dt.datetime, most: int = 20) -> list[dict[str, Any]]:
    """Units by the mean of their composite evaluations in a span of time; one query."""
    from django.db.models import Avg, Count

    rows = m.QualityCheck.objects.filter(sight(registry.register("quality_check"), actor), Q(
        checked_at__gte=begin, checked_at__lte=end, area_code__startswith=area), composite__isnull=False)
    found = rows.values("unit_id", name=F("unit__name")).annotate(mean=Avg("composite"), count=Count("id"))
    return [dict(row) for row in found.order_by("-mean", "name")[:most]]

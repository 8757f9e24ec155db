"""Looking for blind spots: bounced cases gathered by item, county and words; rows of the matrix that leave or cross.

A case is a candidate when it was returned or reassigned three times, when two units refused it for reasons of duty, or
when it lies at coordination for more than two days (analytics.md 4b).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from django.db.models import Count, F, Max, Min, Q
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue.public import Matrix
from gezhi.foundation.units.public import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session, door, moment, next_number

from .. import models as m
from ..facts import area_name, item_name
from .bounce import OFTEN

DAYS, MOST, ALIKE, LEAST = 180, 2_000, 0.6, 2
"""Days looked at; candidates at most, the newest; likeness of words that makes one matter; cases of a spot at least."""
UNCLEAR = ("01", "02", "04", "07", "08")
WAITS = dt.timedelta(days=2)
OPEN_PAIRS, PAIR_LEAST = 500, 3
"""Pairs of item and county without a row that are registered at most, those with the most cases; and cases of each."""


@dataclass
class Spot:
    """Candidates that are one matter."""

    item: str
    area: str
    grams: Counter[str]
    cases: list[Any] = field(default_factory=list)
    items: set[str] = field(default_factory=set)


def candidates(now: dt.datetime) -> list[Any]:
    """Cases that were passed around in the last half year, the newest first; three indexed queries."""
    since = now - dt.timedelta(days=DAYS)
    base = m.Case.objects.filter(filed_at__gte=since).exclude(item_code="").only(
        "id", "title", "content", "item_code", "area_code", "unit_id", "filed_at", "returns", "reassigns")
    often = base.annotate(moved=F("returns") + F("reassigns")).filter(moved__gte=OFTEN).order_by("-id")[:MOST]
    refused = m.Application.objects.filter(kind="return", status="approved", reason__in=UNCLEAR, applied_at__gte=since)
    twice = refused.values("case_id").annotate(n=Count("unit_id", distinct=True)).filter(n__gte=2).order_by(
        "-case_id")[:MOST]
    stuck = base.filter(status="pending_coordination", updated_at__lt=now - WAITS).order_by("-id")[:MOST]
    found = {case.pk: case for case in (*often, *stuck)}
    missing = [row["case_id"] for row in twice if row["case_id"] not in found]
    found.update({case.pk: case for case in base.filter(pk__in=missing)})
    return sorted(found.values(), key=lambda case: -case.pk)[:MOST]


def grams(text: str) -> Counter[str]:
    """Pairs of neighbouring characters."""
    plain = "".join(ch for ch in text if ch.isalnum())
    return Counter(plain[i:i + 2] for i in range(len(plain) - 1))


def cosine(one: Counter[str], other: Counter[str]) -> float:
    """Likeness of two bags of pairs, 0 to 1."""
    if not one or not other:
        return 0.0
    small, large = (one, other) if len(one) < len(other) else (other, one)
    dot = sum(n * large[g] for g, n in small.items())
    return dot / sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))


def gather(cases: list[Any]) -> list[Spot]:
    """Cases of one county and one item, or with words alike, are one spot."""
    spots: dict[str, list[Spot]] = defaultdict(list)
    for case in cases:
        area, words = case.area_code[:6], grams(f"{case.title}{case.content}"[:400])
        known = spots[area]
        spot = next((s for s in known if case.item_code in s.items), None) or next(
            (s for s in known if cosine(s.grams, words) >= ALIKE), None)
        if spot is None:
            spot = Spot(case.item_code, area, words)
            known.append(spot)
        spot.cases.append(case)
        spot.items.add(case.item_code)
    return [spot for group in spots.values() for spot in group if len(spot.cases) >= LEAST]


def survey(now: dt.datetime | None = None) -> int:
    """Find and register blind spots; what is known is brought up to date. Returns how many stand open afterwards."""
    at = now or moment()
    matrix = Matrix(at)
    for spot in gather(candidates(at)):
        _register(spot, matrix, at)
    _unowned(matrix, at)
    for bounce in m.Bounce.objects.filter(status="found", case__finished_at__isnull=False)[:MOST]:
        act(SYSTEM, bounce, "vanish", {"opinion": _("案件已办结")})
    return m.BlindSpot.objects.exclude(status="closed").count()


def _kind(found: list[Any], took: int) -> str:
    """No row of the matrix: a gap; several at the top, or several units that did it: an overlap; else unclear."""
    if not any(c.row for c in found):
        return "gap"
    tie = len(found) > 1 and found[0].score == found[1].score
    return "overlap" if tie or took > 1 else "unclear"


def _register(spot: Spot, matrix: Matrix, at: dt.datetime) -> None:
    ids = [case.pk for case in spot.cases]
    refused = m.WorkOrder.objects.filter(case_id__in=ids, parent=None, status="returned").values_list(
        "case_id", "unit_id")
    took = dict(m.WorkOrder.objects.filter(case_id__in=ids, parent=None, status__in=("submitted", "accepted")).order_by(
        "id").values_list("case_id", "unit_id"))
    pairs = Counter((unit, took.get(case)) for case, unit in refused)
    owners = Counter(took.values())
    found = matrix.responsible(spot.item, spot.area)
    kind = _kind(found, len(owners))
    owner = owners.most_common(1)[0][0] if owners else None
    basis = _("%(n)d 件被反复退回或改派；%(refused)d 个单位退过，%(took)d 个单位最终办理") % {
        "n": len(ids), "refused": len({unit for unit, _took in pairs}), "took": len(owners)}
    _keep(spot.item, spot.area, at, kind=kind, owner=owner, basis=basis, cases=ids, items=sorted(spot.items),
          units=[{"refused": a, "took": b, "n": n} for (a, b), n in pairs.most_common(50)],
          first=min(c.filed_at for c in spot.cases), last=max(c.filed_at for c in spot.cases), count=len(ids))


def _unowned(matrix: Matrix, at: dt.datetime) -> None:
    """Items of counties with cases for which the matrix has no row, or two that cross; one grouped query."""
    from django.db.models.functions import Left

    since = at - dt.timedelta(days=DAYS)
    pairs = m.Case.objects.filter(filed_at__gte=since).exclude(Q(item_code="") | Q(area_code="")).annotate(
        county=Left("area_code", 6)).values("item_code", "county").annotate(
        n=Count("pk"), first=Min("filed_at"), last=Max("filed_at")).filter(n__gte=PAIR_LEAST).order_by(
        "-n")
    kept = 0
    for row in pairs:
        if len(row["county"]) < 6:
            continue
        found = matrix.responsible(row["item_code"], row["county"])
        gap = not any(c.row for c in found)
        tie = not gap and len(found) > 1 and found[0].score == found[1].score
        if not (gap or tie):
            continue
        basis = _("权责清单没有对应的行，%d 件靠部门类型或兜底派出") if gap else _(
            "权责清单有两行同分，%d 件须由人选择")
        _keep(row["item_code"], row["county"], at, kind="gap" if gap else "overlap", basis=basis % row["n"],
              owner=found[0].unit_id if found and not tie else None, cases=[], items=[row["item_code"]], units=[],
              first=row["first"], last=row["last"], count=row["n"])
        kept += 1
        if kept >= OPEN_PAIRS:
            return


def _suggest(kind: str, item: str, area: str, owner: int | None) -> str:
    """The change of the matrix or the catalogue that would end it, in words."""
    names = {"item": f"{item} {item_name(item)}".strip(), "area": area_name(area),
             "unit": str(Unit.objects.filter(pk=owner or 0).first() or _("（待研究）"))}
    if kind == "gap":
        return _("新增清单行：%(item)s × %(area)s → %(unit)s") % names
    if kind == "overlap":
        return _("明确 %(item)s × %(area)s 由“%(unit)s”主办，其他单位协办") % names
    return _("为 %(item)s × %(area)s 单列一行 → %(unit)s，并核对事项的主责部门") % names


def _keep(item: str, area: str, at: dt.datetime, **seen: Any) -> None:
    known = m.BlindSpot.objects.filter(item_code=item, area_code=area).order_by("-id").first()
    values = {"kind": seen["kind"], "items": seen["items"], "units": seen["units"], "cases": seen["cases"][:200],
              "count": seen["count"], "last_seen": seen["last"], "basis": seen["basis"],
              "suggestion": _suggest(seen["kind"], item, area, seen["owner"])[:300]}
    with door(SYSTEM, at=at) as session:
        if known is None or (known.status == "closed" and seen["last"] > (known.decided_at or known.updated_at)):
            _new(session, item, area, seen, values)
        elif known.status in ("found", "studying") and _differs(known, values):
            session.change(known, values, verb="survey", trusted=True, emit=False)


def _differs(known: Any, values: dict[str, Any]) -> bool:
    return any(getattr(known, name) != value for name, value in values.items())


def _new(session: Session, item: str, area: str, seen: dict[str, Any], values: dict[str, Any]) -> None:
    owner = Unit.objects.filter(pk=seen["owner"]).first() if seen["owner"] else None
    title = f"{item_name(item) or item} · {area_name(area)}"[:120]
    session.create(m.BlindSpot, {
        **values, "no": f"MQ{next_number('blind_spot'):05d}", "title": title, "item_code": item, "area_code": area,
        "first_seen": seen["first"], "proposed_owner": owner}, verb="find", trusted=True)

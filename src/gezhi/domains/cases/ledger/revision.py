"""A proposed row held against past cases: which dispatches would have been others, and would they have been right."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue.public import Line, Matrix, Row, line_of
from gezhi.foundation.units.public import Unit
from gezhi.kernel.access import sight
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.copying import copy_in
from gezhi.kernel.door import moment
from gezhi.kernel.kinds import area_q
from gezhi.kernel.registry import registry

from .. import models as m
from ..facts import area_name, item_name

CHUNK, MOST_HITS, SHOWN = 5_000, 200_000, 20
KEEP = dt.timedelta(days=31)
Answers = tuple[int | None, bool, int | None, bool]
"""Whom the present matrix names first and whether for certain, and the same of the proposed one."""


def run(proposal_id: int, days: int) -> None:
    """The worker's job; run twice it gives the same."""
    proposal = m.DutyProposal.objects.select_related("base").filter(pk=proposal_id, status="proposed").first()
    if proposal is not None:
        act(SYSTEM, proposal, "replayed", {"result": replay(proposal, days)})


def matrices(proposal: Any) -> tuple[Matrix, Matrix]:
    """The matrix as it stands, and as it would stand."""
    row = Row(proposal.scope, proposal.area_code, None if proposal.kind == "end" else proposal.unit_id,
              tuple(proposal.co_units), proposal.legal_basis)
    line: Line | None = line_of(row, timezone.localdate(moment()))
    without = [proposal.base_id] if proposal.base_id is not None else []
    return Matrix(), Matrix(without=without, beside=[line] if line is not None else [])


def affected(proposal: Any, since: dt.datetime) -> Any:
    """Dispatched cases of the time that the old or the new row could speak about; bounded by index and by scope."""
    found = m.Case.objects.filter(filed_at__gte=since, unit__isnull=False)
    old = proposal.base
    scope = _common(proposal.scope, old.scope) if old is not None else proposal.scope
    area = _common(proposal.area_code, old.area_code) if old is not None else proposal.area_code
    if scope:
        found = found.filter(area_q("item_code", scope))
    return found.filter(area_q("area_code", area)) if area else found


def _common(one: str, other: str) -> str:
    """The longest beginning of two codes: what lies below it holds both."""
    n = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:n]


def first(matrix: Matrix, item: str, area: str) -> tuple[int | None, bool]:
    """Whom a matrix names first, and whether it is certain (one alone with the whole score)."""
    found = matrix.responsible(item, area)
    if not found:
        return None, False
    sure = found[0].score >= 1 and (len(found) == 1 or found[1].score < found[0].score)
    return found[0].unit_id, sure


def replay(proposal: Any, days: int) -> dict[str, Any]:
    """Ask both matrices about every past case within reach of the row.

    ``right`` is a unit that did the work in the end; the share of the right ones before and after is what the row is
    worth. Returned orders tell how many refusals the row would have spared.

    Returns:
        ``days cases changed right_before right_after spared auto_before auto_after flows listed``; ``flows`` is
        ``[[unit before, unit after, cases]]``.
    """
    since = moment() - dt.timedelta(days=days)
    now, then = matrices(proposal)
    back = m.WorkOrder.objects.filter(case_id=OuterRef("pk"), parent=None, status="returned")
    rows = affected(proposal, since).annotate(back=Exists(back)).order_by("-id").values_list(
        "pk", "item_code", "area_code", "unit_id", "back")
    groups: Counter[tuple[Answers, int, bool]] = Counter()
    known: dict[tuple[str, str], Answers] = {}
    hits: list[Any] = []
    depth = max(now.depth, then.depth)
    m.ReplayHit.objects.filter(proposal_id=proposal.pk).delete()
    for pk, item, area, did, returned in rows.iterator(chunk_size=CHUNK):
        key = (item, area[:depth])
        said = known.get(key)
        if said is None:
            said = known[key] = (*first(now, *key), *first(then, *key))
        groups[said, did, returned] += 1
        if said[0] != said[2] and len(hits) < MOST_HITS:
            hits.append(m.ReplayHit(proposal_id=proposal.pk, case_id=pk, before_id=said[0], after_id=said[2]))
    copy_in(m.ReplayHit, hits)
    sums: Counter[str] = Counter()
    flows: Counter[tuple[int | None, int | None]] = Counter()
    for ((before, sure_before, after, sure_after), did, returned), n in groups.items():
        for name, holds in (("cases", True), ("right_before", before == did), ("right_after", after == did),
                            ("auto_before", sure_before), ("auto_after", sure_after), ("changed", before != after),
                            ("spared", before != after and returned and after == did)):
            sums[name] += n * holds
        if before != after:
            flows[(before, after)] += n
    keys = ("cases", "changed", "right_before", "right_after", "spared", "auto_before", "auto_after")
    return {"days": days, **{key: int(sums[key]) for key in keys}, "listed": len(hits),
            "flows": [[b, a, n] for (b, a), n in flows.most_common(SHOWN)]}


def hits(raw: str) -> Any:
    """Ids of the cases that a replay found, for the list's filter ``replay=<proposal>``."""
    number = int(raw) if raw.isdecimal() and len(raw) < 18 else 0
    return m.ReplayHit.objects.filter(proposal_id=number).values("case_id")


def forget() -> int:
    """Drop the finds of replays older than a month; their figures stay. Returns how many rows went."""
    old = m.DutyProposal.objects.filter(replayed_at__lt=moment() - KEEP)
    return m.ReplayHit.objects.filter(proposal_id__in=old.values("pk")).delete()[0]


def difference(proposal: Any, _actor: Actor) -> dict[str, Any]:
    """The row as it stands beside the row as it is wanted; changed parts marked."""
    base, end = proposal.base, proposal.kind == "end"
    ids = {*proposal.co_units, *(base.co_units if base is not None else [])}
    names = dict(Unit.objects.filter(pk__in=ids).values_list("pk", "name"))

    def side(scope: str, area: str, unit: Any, helpers: list[int], basis: str) -> list[str]:
        return [f"{scope} {item_name(scope)}".strip() or _("全部事项"), area_name(area) if area else _("全市"),
                str(unit), "、".join(names.get(pk, str(pk)) for pk in helpers), basis]

    labels = [_("事项"), _("区域"), _("主办单位"), _("协办单位"), _("法律依据")]
    before = side(base.scope, base.area_code, base.unit, base.co_units, base.legal_basis) if base is not None else [
        ""] * 5
    after = [""] * 5 if end else side(proposal.scope, proposal.area_code, proposal.unit, proposal.co_units,
                                      proposal.legal_basis)
    return {"proposal": proposal, "rows": [(label, old, new, old != new) for label, old, new in zip(
        labels, before, after, strict=True)]}


def shown(proposal: Any, actor: Actor) -> dict[str, Any]:
    """Figures of the replay, flows between units, the newest cases that would have gone elsewhere."""
    result = proposal.result
    if not result:
        return {"proposal": proposal, "result": None}
    ids = {pk for b, a, _n in result["flows"] for pk in (b, a)}
    found = list(m.ReplayHit.objects.filter(proposal_id=proposal.pk).order_by("-case_id")[:SHOWN])
    ids |= {pk for hit in found for pk in (hit.before_id, hit.after_id)}
    names: dict[Any, str] = {u.pk: str(u) for u in Unit.objects.filter(pk__in=[pk for pk in ids if pk])}
    names[None] = _("（无单位）")
    seen = m.Case.objects.filter(sight(registry.register("case"), actor))
    cases = seen.select_related("unit").in_bulk([hit.case_id for hit in found])
    total = result["cases"] or 1
    return {"proposal": proposal, "result": result,
            "share_before": round(100 * result["right_before"] / total, 1),
            "share_after": round(100 * result["right_after"] / total, 1),
            "flows": [(names.get(b, b), names.get(a, a), n) for b, a, n in result["flows"]],
            "cases": [(cases[h.case_id], names.get(h.before_id), names.get(h.after_id)) for h in found
                      if h.case_id in cases]}

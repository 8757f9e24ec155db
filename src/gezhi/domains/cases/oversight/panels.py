"""What the parts of a case page show of supervision. Each costs a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.records import History
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

from .. import models as m
from .evaluation import LABELS, of_case


def course(case: Any, at: dt.datetime | None = None) -> list[dict[str, Any]]:
    """The stages of a case with the time spent in each, from its history; one query.

    ``{stage, seconds (working), natural, visits, now, done, states: [{label, seconds}]}`` in the order of the road.
    """
    flow = registry.register("case").flow
    assert flow is not None
    states = flow.states()
    rows = History.objects.filter(register="case", record_id=case.pk, batch=None).exclude(target="").order_by(
        "seq").values_list("at", "source", "target")
    calendar = registry.port("calendar")(case.centre_id, case.reported_at)
    here, since = "", case.reported_at
    visits: dict[str, int] = {}
    spent: dict[str, dict[str, tuple[int, float]]] = {}
    last = ""

    def book(end: dt.datetime) -> None:
        if not here or here not in states:
            return
        worked, plain = spent.setdefault(str(states[here].stage), {}).get(here, (0, 0.0))
        spent[str(states[here].stage)][here] = (worked + calendar.elapsed(since, max(since, end), "work_hour"),
                                                plain + max(0.0, (end - since).total_seconds()))

    for moved_at, _source, target in rows:
        if target == here:
            continue
        book(moved_at)
        here, since = target, moved_at
        stage = str(states[target].stage) if target in states else ""
        if stage != last:
            visits[stage] = visits.get(stage, 0) + 1
            last = stage
    final = here in states and states[here].final
    book(since if final else (at or moment()))
    current = str(states[case.status].stage)
    order = list(dict.fromkeys(str(s.stage) for s in states.values() if s.stage))
    return [_step(stage, spent.get(stage, {}), visits.get(stage, 0), stage == current, final, states)
            for stage in order]


def _step(stage: str, spent: dict[str, tuple[int, float]], visits: int, now: bool, final: bool,
          states: Any) -> dict[str, Any]:
    worked = sum(w for w, _p in spent.values())
    return {"label": stage, "seconds": worked, "natural": sum(p for _w, p in spent.values()), "visits": visits,
            "now": now, "done": bool(visits) and (not now or final), "note": words(worked) if visits else "",
            "states": [{"label": str(states[s].label), "worked": words(w), "natural": words(p)}
                       for s, (w, p) in spent.items()]}


def words(seconds: float) -> str:
    """A length of time, short."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return str(_("%d 分钟")) % minutes
    return str(_("%s 小时")) % f"{minutes / 60:.1f}".rstrip("0").rstrip(".")


def stages(case: Any, _actor: Actor) -> dict[str, Any]:
    """The stage diagram with the present one lit and the time in each."""
    steps = course(case)
    return {"stage_steps": steps, "rounds": [s for s in steps if s["visits"] > 1]}


def _seen(name: str, model: Any, case: Any, actor: Actor) -> list[Any]:
    rows = model.objects.filter(sight(registry.register(name), actor), case=case)
    return list(rows.select_related("unit").order_by("-id")[:50])


def supervision(case: Any, actor: Actor) -> dict[str, Any]:
    """Orders, cards and remarks on a case that the actor may see."""
    return {"case": case, "orders": _seen("supervision_order", m.SupervisionOrder, case, actor),
            "cards": _seen("card", m.Card, case, actor), "remarks": _seen("supervision_remark", m.Remark, case, actor)}


def has_supervision(case: Any, _actor: Actor) -> bool:
    """Something was ordered, carded or said."""
    return case.supervisions.exists() or case.cards.exists() or case.remarks.exists()


def composite(case: Any, _actor: Actor) -> dict[str, Any]:
    """The three parties' scores and their composite."""
    found = of_case(case)
    return {"total": found.total, "parts": [
        {"label": str(LABELS[n]), "score": s, "weight": round(100 * found.weights.get(n, 0))}
        for n, s in found.scores.items()]}


def has_scores(case: Any, _actor: Actor) -> bool:
    """Somebody judged it."""
    return bool(case.final_satisfaction) or m.QualityCheck.objects.filter(
        Q(case=case), score__isnull=False).exists()


def may_see_course(_case: Any, actor: Actor) -> bool:
    """Staff see it; citizens have their progress."""
    return actor.kind == "staff"


CASE_OVERSIGHT = (
    Panel("stages", _("流程监管：各阶段用时"), "oversight/stages.html", stages, when=may_see_course),
    Panel("supervision", _("督办、红黄牌与监督意见"), "oversight/supervision.html", supervision, when=has_supervision),
    Panel("composite", _("综合评价"), "oversight/composite.html", composite, place="side", when=has_scores),
)

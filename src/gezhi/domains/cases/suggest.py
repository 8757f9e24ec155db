"""Which unit should get a case: responsibility matrix, past dispatches, words, load (case_lifecycle.md 4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from gezhi.engines.text import suggestion
from gezhi.foundation.units.public import Unit
from gezhi.kernel.door import moment
from gezhi.kernel.kinds import area_q

from . import models as m
from . import ports
from .limits import stage_limit

WEIGHTS = {"rule": 0.45, "history": 0.25, "text": 0.20, "load": 0.10}
HISTORY_DAYS = 180
MOST = 6
READ_LEAST = 0.2
"""From this confidence on a unit is listed because of the words alone."""
CHOSEN = 0.5
"""What a person's choice teaches while the work is not done; finished work counts 1, a granted return against it."""


@dataclass(frozen=True)
class Suggestion:
    """A unit with its score (0 to 1) and the parts of it, each 0 to 1, and the matrix row in words.

    Attributes:
        rule_id, version: the row of the matrix; model: version of the model that read the words.
        busy: orders the unit has at work.
    """

    unit: Unit
    score: float
    rule: float
    history: float
    text: float
    load: float
    reason: str = ""
    rule_id: str = ""
    version: str = ""
    model: str = ""
    busy: int = 0


def suggestions(case: Any, grounds: ports.Grounds | None = None) -> list[Suggestion]:
    """Units ranked for a case; four queries and the matrix (unless its answer is given)."""
    if not case.item_code:
        return []
    said_by_rule = grounds or ports.grounds(case.item_code, case.area_code, moment())
    duties = {d.unit_id: d for d in reversed(said_by_rule.duties)}
    past = _history(case)
    model, read = _read(case)
    ids = set(duties) | {pk for pk, sure in read.items() if sure >= READ_LEAST}
    ids |= {pk for pk, _share in sorted(past.items(), key=lambda x: -x[1])[:MOST]}
    units = {u.pk: u for u in Unit.objects.filter(pk__in=ids, active=True)}
    quota = stage_limit("quota")[0] or 1
    busy = dict(m.WorkOrder.objects.filter(unit_id__in=units, finished_at=None).values_list("unit_id").annotate(
        n=Count("pk")))
    out = []
    for pk, unit in units.items():
        duty = duties.get(pk)
        said = read.get(pk, 0.0) if read else (case.confidence or 0.0) if duty else 0.0
        parts = {"rule": duty.score if duty else 0.0, "history": past.get(pk, 0.0), "text": said,
                 "load": max(0.0, 1 - busy.get(pk, 0) / quota)}
        score = round(sum(WEIGHTS[k] * v for k, v in parts.items()), 3)
        out.append(Suggestion(unit, score, **parts, reason=duty.reason if duty else "",
                              rule_id=duty.rule_id if duty else "", version=duty.version if duty else "",
                              model=model if pk in read else "", busy=busy.get(pk, 0)))
    return sorted(out, key=lambda s: (-s.score, s.unit.pk))[:MOST]


def _read(case: Any) -> tuple[str, dict[int, float]]:
    """What the unit model read in the report: its version, and unit to confidence; empty when no model was asked."""
    row = suggestion.of(case, "unit")
    pairs = [(row.label, row.confidence), *row.others] if row is not None else []
    read = {int(label): float(sure) for label, sure in pairs if str(label).isdecimal()}
    return (row.model_code if row is not None else ""), read


def _history(case: Any) -> dict[int, float]:
    """Share of each unit among the dispatches of the same item in the same county, in half a year.

    Work that was done counts whole, what people have chosen and is still at work half; a return that was granted
    counts against the unit, so that a choice teaches at once and a wrong one teaches the other way.
    """
    since = (case.reported_at or moment()) - dt.timedelta(days=HISTORY_DAYS)
    rows = m.WorkOrder.objects.filter(area_q("area_code", case.area_code[:6]), item_code=case.item_code, parent=None,
                                      opened_at__gte=since).exclude(case_id=case.pk)
    done, chosen, back = (Count("pk", filter=q) for q in (
        Q(status__in=("submitted", "accepted")), Q(finished_at=None, case__auto_dispatched=False),
        Q(status="returned")))
    found = {pk: (d + CHOSEN * c, b) for pk, d, c, b in rows.values_list("unit_id").annotate(d=done, c=chosen, b=back)}
    total = sum(good for good, _bad in found.values())
    return {pk: good / (total + bad) for pk, (good, bad) in found.items() if good} if total else {}

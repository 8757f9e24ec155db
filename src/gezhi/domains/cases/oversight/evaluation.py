"""The composite evaluation of a case by three parties: the grassroots, the centre, the citizen (综合评价)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg
from django.utils.translation import gettext_lazy as _

from .. import models as m
from .scale import weights

LABELS = {"grassroots": _("基层"), "centre": _("中心"), "public": _("市民")}


@dataclass(frozen=True)
class Composite:
    """A composite score and how it came about.

    Args:
        scores: 0 to 100 by party; a party that said nothing is left out.
        weights: their weights, as they count: those of the silent are shared out.
        total: ``None`` when nobody said anything.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None


def compose(scores: Mapping[str, float], shares: Mapping[str, float]) -> Composite:
    """Weigh scores by their shares among the parties that said something."""
    whole = sum(shares[name] for name in scores)
    if not scores or whole <= 0:
        return Composite(dict(scores), {}, None)
    counted = {name: round(shares[name] / whole, 4) for name in scores}
    return Composite(dict(scores), counted, round(sum(scores[n] * shares[n] for n in scores) / whole, 2))


def of_case(case: Any, fresh: Mapping[str, float] | None = None) -> Composite:
    """The composite of a case; ``fresh`` is a score by party that is being given now. Two queries."""
    found = dict(m.QualityCheck.objects.filter(case=case, status="checked", score__isnull=False).values_list(
        "side").annotate(mean=Avg("score")))
    scores = {side: round(float(mean), 2) for side, mean in found.items()} | dict(fresh or {})
    if case.final_satisfaction:
        scores["public"] = case.final_satisfaction * 20.0
    return compose(scores, weights())

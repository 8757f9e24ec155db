"""Reports that may be about the same thing: candidates and how alike they are (case_lifecycle.md 7)."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Q

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.registry import registry

from . import models as m
from .moves.tasks import metres

NEAR_METRES = 200
CLOSED_DAYS = 15
SCALE_METRES, SCALE_DAYS = 100.0, 7.0
WEIGHTS = (0.5, 0.3, 0.2)
PROPOSE, SHOW = 0.8, 0.6
"""From ``PROPOSE`` on a duplicate is proposed, from ``SHOW`` on it is shown; nothing is ever voided by itself."""
MOST = 200
SHOWN = 8


@dataclass(frozen=True)
class Similar:
    """A case like another one: how alike, and by what (text, distance, time; each 0 to 1)."""

    case: Any
    score: float
    text: float
    geo: float
    time: float

    @property
    def proposed(self) -> bool:
        """Whether it is alike enough to propose a duplicate to a person."""
        return self.score >= PROPOSE


def similar(case: Any, actor: Actor) -> list[Similar]:
    """Cases the actor may see that may be the same matter, the most alike first; one query.

    Candidates are open, or closed within fifteen days; of the same class of items when both have one; within
    200 metres or at the same address.
    """
    here = Q(address=case.address) & ~Q(address="")
    if case.place is not None:
        d = NEAR_METRES / 111_320
        box = Polygon.from_bbox((case.place.x - d * 1.3, case.place.y - d, case.place.x + d * 1.3, case.place.y + d))
        box.srid = 4326
        here |= Q(place__bboverlaps=box)
    lately = Q(finished_at=None) | Q(finished_at__gte=moment() - dt.timedelta(days=CLOSED_DAYS))
    found = m.Case.objects.filter(sight(registry.register("case"), actor), here, lately).exclude(pk=case.pk).exclude(
        status__in=("merged", "voided", "draft"))
    if case.item_code:
        found = found.filter(Q(item_code="") | Q(item_code__startswith=case.item_code[:4]))
    words = _words(case)
    scored = [_score(case, words, other) for other in found.order_by("-id")[:MOST]]
    return sorted((s for s in scored if s.score >= SHOW), key=lambda s: -s.score)[:SHOWN]


def _words(case: Any) -> Counter[str]:
    return Counter(registry.port("tokenise")(f"{case.title}\n{case.content}"))


def _score(case: Any, words: Counter[str], other: Any) -> Similar:
    text = _cosine(words, _words(other))
    geo = 1.0 if case.address and case.address == other.address else 0.0
    if case.place is not None and other.place is not None:
        geo = max(geo, math.exp(-metres(case.place, other.place) / SCALE_METRES))
    days = abs((case.reported_at - other.reported_at).total_seconds()) / 86400
    time = math.exp(-days / SCALE_DAYS)
    score = WEIGHTS[0] * text + WEIGHTS[1] * geo + WEIGHTS[2] * time
    return Similar(other, round(score, 3), round(text, 3), round(geo, 3), round(time, 3))


def _cosine(a: Counter[str], b: Counter[str]) -> float:
    """Cosine of two bags of words, 0 for an empty one."""
    dot = sum(n * b[w] for w, n in a.items())
    size = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return dot / size if size else 0.0

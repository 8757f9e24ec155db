"""Reports that may be about the same thing: candidates and how alike they are (case_lifecycle.md 7).

Candidates come by index: the spatial one, or that of addresses; the words compared are those the search index keeps,
so that no text is cut into words while a person waits. Nothing is ever merged by itself.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import Point, Polygon
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, Q, TextField

from gezhi.engines.rounds.near import metres
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.registry import registry

from . import models as m
from .locate import proposed_point

NEAR_METRES = 200
CLOSED_DAYS = 15
SCALE_METRES, SCALE_DAYS = 100.0, 7.0
WEIGHTS = (0.5, 0.3, 0.2)
PROPOSE, SHOW = 0.8, 0.55
"""From ``PROPOSE`` on a duplicate is proposed, from ``SHOW`` on it is shown; nothing is ever voided by itself."""
POOL, MOST = 4000, 200
"""Ids looked at of what lies here, and the newest of them that are compared."""
SHOWN = 8
WORDS_SHOWN = 8
SHOWN_COLUMNS = ("id", "case_no", "title", "status", "address", "place", "reported_at", "item_code")


@dataclass(frozen=True)
class Similar:
    """A case like another one: how alike, and by what (text, distance, time; each 0 to 1).

    Attributes:
        metres: distance of the points, ``None`` where one has none. hours: between the reports.
        shared: words both have, those first that few of the candidates have.
    """

    case: Any
    score: float
    text: float
    geo: float
    time: float
    metres: float | None = None
    hours: float = 0.0
    shared: tuple[str, ...] = field(default=())

    @property
    def proposed(self) -> bool:
        """Whether it is alike enough to propose a duplicate to a person."""
        return self.score >= PROPOSE


def similar(case: Any, actor: Actor) -> list[Similar]:
    """Cases the actor may see that may be the same matter, the most alike first; at most four queries.

    Candidates are open, or closed within fifteen days; of the same class of items when both have one; within
    200 metres of the point (of the case, or read in its words) or at the same address.
    """
    spot = case.place or proposed_point(case, actor)
    found = _candidates(case, spot, actor)
    words = _words(m.Case.objects.filter(pk=case.pk)).get(case.pk, [])
    others = _words(found)
    weigh = rarity([words, *others.values()])
    rows = {c.pk: c for c in m.Case.objects.filter(pk__in=others).only(*SHOWN_COLUMNS)}
    scored = [_score(case, spot, words, rows[pk], said, weigh) for pk, said in others.items() if pk in rows]
    return sorted((s for s in scored if s.score >= SHOW), key=lambda s: (-s.score, -s.case.pk))[:SHOWN]


def _candidates(case: Any, spot: Point | None, actor: Actor) -> Any:
    """The newest cases here. Place and address are asked for apart, each by its own index, and not by order:
    a plan that walks the table from its end would read all of it where little lies here."""
    lately = Q(finished_at=None) | Q(finished_at__gte=moment() - dt.timedelta(days=CLOSED_DAYS))
    seen = m.Case.objects.filter(sight(registry.register("case"), actor), lately).exclude(pk=case.pk).exclude(
        status__in=("merged", "voided", "draft"))
    if case.item_code:
        seen = seen.filter(Q(item_code="") | Q(item_code__startswith=case.item_code[:4]))
    ids: set[int] = set()
    if spot is not None:
        d = NEAR_METRES / 111_320
        box = Polygon.from_bbox((spot.x - d * 1.3, spot.y - d, spot.x + d * 1.3, spot.y + d))
        box.srid = 4326
        ids |= set(seen.filter(place__bboverlaps=box).order_by().values_list("pk", flat=True)[:POOL])
    if case.address:
        ids |= set(seen.filter(address=case.address).order_by().values_list("pk", flat=True)[:POOL])
    return m.Case.objects.filter(pk__in=sorted(ids)[-MOST:])


def _words(cases: Any) -> dict[int, list[str]]:
    """The words of cases as the search index keeps them."""
    array = Func(F("tokens"), function="tsvector_to_array", output_field=ArrayField(TextField()))
    return {pk: words or [] for pk, words in cases.annotate(words=array).values_list("pk", "words")}


def rarity(texts: list[list[str]]) -> dict[str, float]:
    """What a shared word says: more when it is longer and when few of the texts have it."""
    seen = Counter(word for words in texts for word in set(words))
    return {word: min(len(word), 4) / 2 * math.log(1 + (len(texts) + 2) / n) if len(word) > 1 else 0.0
            for word, n in seen.items()}


def likeness(a: list[str], b: list[str], weigh: dict[str, float]) -> float:
    """Share of the weight of two sets of words that they have in common (cosine), 0 for an empty one."""
    mine, theirs = set(a), set(b)

    def size(words: set[str]) -> float:
        return math.sqrt(sum(weigh[w] ** 2 for w in words))

    whole = size(mine) * size(theirs)
    return sum(weigh[w] ** 2 for w in mine & theirs) / whole if whole else 0.0


def _score(case: Any, spot: Point | None, words: list[str], other: Any, said: list[str],
           weigh: dict[str, float]) -> Similar:
    text = likeness(words, said, weigh)
    geo = 1.0 if case.address and case.address == other.address else 0.0
    away = metres(spot, other.place) if spot is not None and other.place is not None else None
    if away is not None:
        geo = max(geo, math.exp(-away / SCALE_METRES))
    hours = abs((case.reported_at - other.reported_at).total_seconds()) / 3600
    time = math.exp(-hours / 24 / SCALE_DAYS)
    score = WEIGHTS[0] * text + WEIGHTS[1] * geo + WEIGHTS[2] * time
    both = sorted((w for w in set(words) & set(said) if len(w) > 1 and not w.isdecimal()), key=lambda w: (-weigh[w], w))
    kept: list[str] = []
    for word in both:
        if not any(word in longer for longer in kept):
            kept.append(word)
    return Similar(other, round(score, 3), round(text, 3), round(geo, 3), round(time, 3),
                   None if away is None else round(away), round(hours, 1), tuple(kept[:WORDS_SHOWN]))

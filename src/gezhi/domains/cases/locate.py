"""Place and time in the words of a report: proposed with their confidence, taken by a person only."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from gezhi.engines.text import suggestion, times
from gezhi.engines.text.use import Guess, Said
from gezhi.foundation.premises.public import Found, places_in
from gezhi.foundation.territory.public import area_name, atlas
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door

from .limits import stage_limit
from .models import Case

COMMUNITY_DIGITS = 12


def said_places(case: Case) -> list[Found]:
    """Places in address, title and words; within the area of the case where it is known to a district or below."""
    within = case.area_code if 6 <= len(case.area_code) < COMMUNITY_DIGITS else ""
    return places_in(f"{case.address}\n{case.title}\n{case.content}", within)


def read(case: Case) -> None:
    """Keep what the words say of the place of a case that has no point; the surest first."""
    if case.place is not None:
        return
    found = said_places(case)
    if not found:
        return
    said = Said(f"addresses-{atlas().version[0]}", tuple(Guess(f.area_code, f.confidence) for f in found))
    mode = "suggest" if found[0].confidence >= stage_limit("suggest")[0] else "ask"
    details = [[f.area_code, f.confidence, f.level, f.words, f.lon, f.lat] for f in found]
    with door(SYSTEM) as session:
        suggestion.remember(session, case, "place", said, mode, details)


def proposed_point(case: Any, _actor: Any) -> Point | None:
    """The point with which the form begins: read in the words of a case without one, and sure enough."""
    if case is None or case.place is not None:
        return None
    row = suggestion.of(case, "place")
    if row is None or row.confidence < stage_limit("suggest")[0] or row.others[0][4] is None:
        return None
    return Point(row.others[0][4], row.others[0][5], srid=4326)


def panel(case: Any) -> dict[str, Any]:
    """Places as they were read at intake, times against the moment of the report."""
    row = suggestion.of(case, "place")
    rows = [{"words": words, "area": area_name(area), "share": round(sure * 100), "lon": lon, "lat": lat}
            for area, sure, _level, words, lon, lat in (row.others if row is not None else ())]
    said = times.read(f"{case.title}\n{case.content}", timezone.localtime(case.reported_at))
    return {"case": case, "rows": rows, "times": said, "version": row.model_code if row is not None else ""}

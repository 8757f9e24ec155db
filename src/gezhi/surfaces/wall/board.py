"""The situation board of one area: everything the wall draws, as plain data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.foundation.territory import outlines
from gezhi.foundation.territory.lookup import atlas
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from . import figures
from .models import Taken
from .subject import URGENT, arrived, has_urgency, open_q, rows

POINTS = 1500
BUBBLES = 20
LAST = 14


def root(actor: Actor) -> str:
    """The area a board begins with: the actor's own, down to a community at most."""
    return actor.area[:12]


def allowed(actor: Actor, area: str) -> str:
    """The area asked for if it lies within the actor's, else the actor's own."""
    if not area.isdecimal() or len(area) not in (4, 6, 9, 12, 15):
        return root(actor)
    return area if area.startswith(actor.area) else root(actor)


def board(register: Register, actor: Actor, area: str) -> dict[str, Any]:
    """Everything the wall draws for an area; about nine queries."""
    now = timezone.now()
    counts = figures.by_area(register, actor, area)
    names = {code: atlas().names.get(code, code) for code in counts}
    tiles = figures.numbers(register, actor, area, now)
    tiles.append({"key": "trend", "label": _("24 小时走势"), "chart": figures.trend(register, actor, area, now)})
    if counts:
        tiles.append({"key": "rank", "label": _("各辖区正在办理"), "chart": figures.ranking(register, counts, names)})
    parts = figures.parts(register, actor, area, now)
    if parts is not None:
        tiles.append({"key": "parts", "label": _("24 小时新增 · %s") % parts[0], "chart": parts[1]})
    path = [{**step, "url": f"?area={step['code']}"} for step in outlines.path(area)]
    return {"area": area, "title": path[-1]["name"] if path else "", "register": register.name,
            "label": str(register.label), "path": path, "bounds": outlines.bounds(area), "tiles": tiles[:9],
            "shade": counts, "points": points(register, actor, area, now),
            "urgent": urgent(register, actor, area, now), "last": last(register, actor, area),
            "at": timezone.localtime(now).isoformat()}


def points(register: Register, actor: Actor, area: str, now: dt.datetime) -> dict[str, Any]:
    """Where the records of the last 24 hours lie, the newest first."""
    assert register.layer is not None
    field = register.layer.field
    recent = {f"{arrived(register)}__gte": now - figures.DAY, f"{field}__isnull": False}
    found = rows(register, actor, area, Q(**recent))
    features = []
    for record in found.order_by("-id")[:POINTS]:
        point = getattr(record, field)
        if isinstance(point, Point):
            light = record.light(now) or "green"
            facts = {"id": record.pk, "name": register.title(record)[:40], "light": light}
            features.append({"type": "Feature", "properties": facts, "geometry": {
                "type": "Point", "coordinates": [round(point.x, 6), round(point.y, 6)]}})
    return {"type": "FeatureCollection", "features": features}


def urgent(register: Register, actor: Actor, area: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Urgent open records of the last 24 hours that nobody has taken yet."""
    if not has_urgency(register):
        return []
    more = open_q(register) & Q(urgency=URGENT, **{f"{arrived(register)}__gte": now - figures.DAY})
    taken = Taken.objects.filter(register=register.name).values("record_id")
    found = rows(register, actor, area, more).exclude(pk__in=taken).order_by("-id")[:BUBBLES]
    return [bubble(register, record) for record in found]


def bubble(register: Register, record: Any) -> dict[str, Any]:
    """A record as ``gz-bubbles`` shows it."""
    place = getattr(record, register.layer.field, None) if register.layer else None
    area = register.area_field
    where = register.kinds[area].show(getattr(record, area)) if area else ""
    return {"id": f"{register.name}-{record.pk}", "title": register.title(record)[:60], "place": where,
            "at": timezone.localtime(record.created_at).isoformat(),
            "url": figures.page(register, record), "lngLat": [place.x, place.y] if isinstance(place, Point) else None,
            "ack_url": reverse("wall:take", args=[register.name, record.pk])}


def last(register: Register, actor: Actor, area: str) -> list[dict[str, Any]]:
    """The newest records, for the strip at the foot."""
    flow = register.flow
    assert flow is not None
    return [{"id": r.pk, "title": register.title(r)[:50], "url": figures.page(register, r),
             "at": timezone.localtime(r.created_at).isoformat(),
             "state": str(flow.states()[getattr(r, flow.field)].label)}
            for r in rows(register, actor, area).order_by("-id")[:LAST]]

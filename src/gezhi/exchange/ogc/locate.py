"""Geocoding (a text to places) and its reverse (a point to addresses), over standard addresses and the territory."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.gis.db.models.functions import GeometryDistance
from django.contrib.gis.geos import Point, Polygon
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gezhi.foundation.premises.public import StandardAddress
from gezhi.foundation.territory import crs
from gezhi.foundation.territory.public import GridCell, Region, area_name, atlas, grid_at
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import area_q
from gezhi.kernel.registry import registry
from gezhi.surfaces.api.http import BadRequest

from .door import Json, lacking, link, only, sees
from .items import numbers
from .wording import cut_areas, fit, pieces

MOST, FEW = 50, 10
LOOKED_AT = 400
"""Addresses weighed against what was typed, at most."""
LONGEST = 200
RADIUS, FARTHEST = 200.0, 2000.0
"""Metres around a point in which addresses are looked for: unless asked otherwise, and at most."""
WITHIN = (("building", 5), ("estate", 4), ("house", 3))
"""What an address may stand in, and how many parts of its key (area, road, number, estate, building …) name it."""
METRES = 111_320.0
"""Metres of a degree of latitude."""


def geocode(request: HttpRequest, actor: Actor) -> Json:
    """``GET /geocode?q=``: places of that name or address, the best first."""
    params = only(request, "q", "limit", "datum")
    text = params.get("q", "").strip()
    if not text or len(text) > LONGEST:
        raise BadRequest(_("请用参数 q 给出地址，最多 %d 个字") % LONGEST)
    datum, most = _datum(params), _limit(params)
    _sees(actor)
    area, rest = cut_areas(text, atlas().names)
    asked = pieces(rest)
    found = _addresses(actor, asked, area) if asked else []
    if area and not asked:
        found = _area(actor, area)
    found.sort(key=lambda f: (-f["score"], len(f["name"]), f["number"]))
    return {"query": text, "datum": datum, "links": [link(request, "self", "/geocode", params=params)],
            "results": [_moved(f, datum) for f in found[:most]]}


def reverse(request: HttpRequest, actor: Actor) -> Json:
    """``GET /reverse?lon=&lat=``: the grid a point lies in, and the addresses around it, the nearest first."""
    params = only(request, "lon", "lat", "radius", "limit", "datum")
    words = _("请用参数 lon 和 lat 给出经度和纬度")
    given = numbers(f"{params.get('lon', '')},{params.get('lat', '')}", (2,), words)
    if abs(given[0]) > 180 or abs(given[1]) > 90:
        raise BadRequest(words)
    radius = numbers(params.get("radius") or str(RADIUS), (1,), _("radius 应为米数"))[0]
    if not 0 < radius <= FARTHEST:
        raise BadRequest(_("radius 应大于 0，最大 %d 米") % FARTHEST)
    datum, most = _datum(params), _limit(params)
    _sees(actor)
    lon, lat = crs.convert_point(given[0], given[1], datum, crs.WGS84)
    code = grid_at(lon, lat) if sees(actor, "grid_cell") else ""
    return {"lon": given[0], "lat": given[1], "datum": datum, "area_code": code,
            "area": area_name(code) if code else "", "links": [link(request, "self", "/reverse", params=params)],
            "results": [_moved(f, datum) for f in _around(actor, lon, lat, radius)[:most]]}


def _sees(actor: Actor) -> None:
    if not (sees(actor, "standard_address") or sees(actor, "grid_cell")):
        raise lacking(actor)


def _datum(params: dict[str, str]) -> str:
    datum = params.get("datum", "").lower() or crs.WGS84
    if datum not in crs.DATUMS:
        raise BadRequest(_("datum 应为 %s 之一") % "、".join(crs.DATUMS))
    return datum


def _limit(params: dict[str, str]) -> int:
    raw = params.get("limit", "") or str(FEW)
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:6]) <= MOST):
        raise BadRequest(_("limit 应为 1 至 %d") % MOST)
    return int(raw)


def _moved(found: Json, datum: str) -> Json:
    """A result with its coordinates in the datum asked for."""
    if found["lon"] is None:
        return found
    lon, lat = crs.convert_point(found["lon"], found["lat"], crs.WGS84, datum)
    return {**found, "lon": round(lon, 7), "lat": round(lat, 7)}


def _result(kind: str, level: str, number: str, name: str, code: str, score: float, place: Any, precision: str) -> Json:
    return {"kind": kind, "level": level, "number": number, "name": name, "area_code": code, "area": area_name(code),
            "score": score, "lon": place.x if place else None, "lat": place.y if place else None,
            "precision": precision if place else ""}


def _addresses(actor: Actor, asked: list[str], area: str) -> list[Json]:
    """Addresses that hold the pieces asked for: all of them, else all but the last, else all words, else one word."""
    if not sees(actor, "standard_address"):
        return []
    seen = sight(registry.register("standard_address"), actor) & area_q("area_code", area)
    words = [p for p in asked if not p[0].isascii()]
    ways = [asked, asked[:-1], words, sorted(words, key=len)[-1:]]
    rows: list[StandardAddress] = []
    for number, way in enumerate(ways):
        if way and way not in ways[:number]:
            rows = list(StandardAddress.objects.filter(seen, *map(_holds, way))
                        .order_by("level", "text", "pk")[:LOOKED_AT])
        if rows:
            break
    weighed = [(fit(asked, pieces(r.text)), r) for r in rows]
    best = sorted((w for w in weighed if w[0] > 0), key=lambda w: (-w[0], len(w[1].text)))[:MOST]
    return _placed(actor, best)


def _holds(piece: str) -> Q:
    """Addresses with this word somewhere, or with this number as a whole number (5 is neither 15 nor 5A)."""
    if not piece[0].isascii():
        return Q(text__contains=piece)
    return Q(text__contains=piece) & Q(text__regex=rf"(^|[^0-9A-Z])0*{piece}([^0-9A-Z]|$)")


def _placed(actor: Actor, best: list[tuple[float, StandardAddress]]) -> list[Json]:
    """Results with a point each: the address's own, else that of what it stands in, else the middle of its grid."""
    bare = [r for _score, r in best if r.place is None]
    near: dict[str, Any] = {}
    grids: dict[str, Any] = {}
    if bare:
        near = _points(actor, bare)
        if sees(actor, "grid_cell"):
            grids = _centres(GridCell, {r.area_code for r in bare})
    out = []
    for score, row in best:
        ways = (("address", row.place), *((name, near.get(key)) for name, key in _above(row)),
                ("grid", grids.get(row.area_code)))
        precision, place = next(((n, p) for n, p in ways if p is not None), ("", None))
        out.append(_result("address", row.level, row.number, row.text, row.area_code, score, place, precision))
    return out


def _above(row: StandardAddress) -> list[tuple[str, str]]:
    """Keys of what an address stands in, the nearest first: its building, its estate, its house number."""
    parts = row.key.split("|")
    inside = [("building", row.building_key)] if row.building_key else []
    return inside + [(name, "|".join([*parts[:upto], *[""] * (len(parts) - upto)]))
                     for name, upto in WITHIN if any(parts[upto - 1:upto])]


def _points(actor: Actor, bare: list[StandardAddress]) -> dict[str, Any]:
    """Points of what addresses without one stand in, by key: any address of a building stands for it."""
    keys = {key for row in bare for _name, key in _above(row)}
    rows = StandardAddress.objects.filter(sight(registry.register("standard_address"), actor), place__isnull=False)
    of_buildings = rows.filter(building_key__in=keys).order_by("building_key", "pk").distinct("building_key")
    return {**dict(of_buildings.values_list("building_key", "place")),
            **dict(rows.filter(key__in=keys).values_list("key", "place"))}


def _centres(model: type[Model], codes: set[str]) -> dict[str, Any]:
    found = model._default_manager.filter(area_code__in=codes, centre__isnull=False)
    return dict(found.values_list("area_code", "centre"))


def _area(actor: Actor, code: str) -> list[Json]:
    """The area itself, when nothing but areas was named."""
    name = "grid_cell" if len(code) == 15 else "region"
    if not sees(actor, name):
        return []
    place = _centres(GridCell if name == "grid_cell" else Region, {code}).get(code)
    level = {4: "city", 6: "county", 9: "town", 12: "community"}.get(len(code), "grid")
    return [_result("area", level, code, area_name(code), code, 1.0, place, "area")]


def _around(actor: Actor, lon: float, lat: float, radius: float) -> list[Json]:
    """Addresses with a point within the radius. The index gives them by degrees, the metres put them in order."""
    if not sees(actor, "standard_address"):
        return []
    high = radius / METRES
    wide = high / max(0.01, math.cos(math.radians(lat)))
    box = Polygon.from_bbox((lon - wide, lat - high, lon + wide, lat + high))
    box.srid = 4326
    rows = (StandardAddress.objects.filter(sight(registry.register("standard_address"), actor), place__bboverlaps=box)
            .order_by(GeometryDistance("place", Point(lon, lat, srid=4326)), "pk")[:4 * MOST])
    out = []
    for row in rows:
        assert row.place is not None  # it lies in the box
        metres = _metres(lon, lat, row.place.x, row.place.y)
        if metres <= radius:
            found = _result("address", row.level, row.number, row.text, row.area_code, round(1 - metres / radius, 4),
                            row.place, "address")
            out.append({**found, "distance": round(metres, 1)})
    return sorted(out, key=lambda f: (f["distance"], -len(f["name"]), f["number"]))


def _metres(lon: float, lat: float, east: float, north: float) -> float:
    """Distance of two points that lie near each other, in metres."""
    return math.hypot((east - lon) * math.cos(math.radians(lat)), north - lat) * METRES

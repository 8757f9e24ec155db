"""Features of a collection: rows of the register's own list, page by page, and one by its id."""

from __future__ import annotations

import datetime as dt
import json
from functools import cached_property
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from gezhi.engines.metrics.evaluate import filters
from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.kinds import Kind, MomentKind
from gezhi.kernel.registers import Register
from gezhi.surfaces.api import shapes
from gezhi.surfaces.api.http import BadRequest

from .collections import CORE, CRS, collection_of, properties, queryables, time_of
from .door import GEOJSON, Json, link, only, told

FEW, MOST = 100, 1000
"""Features on a page: unless asked otherwise, and at most."""
PRECISION = 7
"""Decimals of a degree: about a centimetre."""


class Features(Query):
    """A register's list with the shape of each row as GeoJSON text, made by the database in the same query."""

    @cached_property
    def heavy(self) -> list[str]:
        """The shape itself stays in the table too."""
        assert self.register.layer is not None
        return list(dict.fromkeys([*super().heavy, self.register.layer.field]))

    def _loaded(self, rows: models.QuerySet[Any], kinds: Any = None) -> models.QuerySet[Any]:
        assert self.register.layer is not None
        return super()._loaded(rows, kinds).annotate(shape=AsGeoJSON(self.register.layer.field, precision=PRECISION))


def items(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """``GET /collections/<id>/items``: features under filters, by keyset pages."""
    register = collection_of(name, actor)
    params = only(request, *CORE, *queryables(register))
    size = _size(params.get("limit", ""))
    if {params.get(n) or CRS for n in ("crs", "bbox-crs")} != {CRS}:
        raise BadRequest(_("只有坐标系 %s") % CRS)
    wanted = {n: v for n, v in params.items() if n not in CORE and v}
    if params.get("cursor"):
        wanted["cursor"] = params["cursor"]
    within = _always(register, actor) & _boxed(register, params.get("bbox", "")) & _timed(
        register, params.get("datetime", ""))
    query = Features(register, actor, wanted, within=within)
    page = query.page(size)
    path = f"/collections/{name}/items"
    links = [link(request, "self", path, GEOJSON, params=params),
             link(request, "collection", f"/collections/{name}")]
    for rel, cursor in (("next", page.next), ("prev", page.previous)):
        if cursor:
            links.append(link(request, rel, path, GEOJSON, params={**params, "cursor": cursor}))
    names = properties(register)
    out: Json = {"type": "FeatureCollection", "timeStamp": timezone.now().isoformat(timespec="seconds"),
                 "numberReturned": len(page.rows), "links": links,
                 "features": [feature(register, r, names) for r in page.rows]}
    count = query.count(page, size)
    if count.exact:
        out["numberMatched"] = count.number
    return told(out, GEOJSON)


def item(request: HttpRequest, actor: Actor, name: str, pk: str) -> HttpResponse:
    """``GET /collections/<id>/items/<id>``: one feature."""
    only(request)
    register = collection_of(name, actor)
    found = None
    if int(pk) < 2 ** 63:
        found = Features(register, actor, within=_always(register, actor) & Q(pk=int(pk))).rows().first()
    if found is None:
        raise Missing
    path = f"/collections/{name}"
    links = [link(request, "self", f"{path}/items/{pk}", GEOJSON), link(request, "collection", path)]
    return told({**feature(register, found, properties(register)), "links": links}, GEOJSON)


def feature(register: Register, record: Any, names: list[str]) -> Json:
    """A record as a GeoJSON feature with flat properties: what the API would answer, a link as its name."""
    row = shapes.row(register, record, names)
    told_ = {n: _flat(register.kinds[n], row[n]) for n in names}
    if "light" in row:
        told_["light"] = row["light"]
    return {"type": "Feature", "id": record.pk, "geometry": json.loads(record.shape) if record.shape else None,
            "properties": told_}


def _flat(kind: Kind, value: Any) -> Any:
    if isinstance(value, dict):
        return str(value.get("name", "")) if "name" in value else json.dumps(value, ensure_ascii=False, default=str)
    return "、".join(str(v) for v in value) if isinstance(value, list | tuple) else value


def _always(register: Register, actor: Actor) -> Q:
    """The filter that is always on for the layer, as on its tiles."""
    assert register.layer is not None
    return filters(register, actor, register.layer.where or {})


def _size(raw: str) -> int:
    if not raw:
        return FEW
    if not (raw.isascii() and raw.isdigit() and int(raw[:9]) >= 1):
        raise BadRequest(_("limit 应为正整数"))
    return min(int(raw[:9]), MOST)


def numbers(raw: str, count: tuple[int, ...], words: str) -> list[float]:
    """Finite numbers separated by commas. Raises :class:`BadRequest` with the words."""
    try:
        found = [float(p) for p in raw.split(",")]
    except ValueError:
        raise BadRequest(words) from None
    if len(found) not in count or not all(abs(v) < 1e9 for v in found):
        raise BadRequest(words)
    return found


def _boxed(register: Register, raw: str) -> Q:
    """Features that touch ``west,south,east,north`` (with heights: six numbers); east of west, or across 180°."""
    if not raw:
        return Q()
    assert register.layer is not None
    words = _("bbox 应为 西,南,东,北（度）")
    found = numbers(raw, (4, 6), words)
    west, south, east, north = found if len(found) == 4 else (found[0], found[1], found[3], found[4])
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise BadRequest(words)
    q = Q()
    for w, e in ((west, east),) if west <= east else ((west, 180.0), (-180.0, east)):
        box = Polygon.from_bbox((w, south, e, north))
        box.srid = 4326
        q |= Q(**{f"{register.layer.field}__intersects": box})
    return q


def _timed(register: Register, raw: str) -> Q:
    """Features of an instant, a day, or between two: ``a``, ``a/b``, ``a/..``, ``../b``; all where none has a time."""
    name = time_of(register)
    if not raw:
        return Q()
    low, slash, high = raw.replace(" ", "+").partition("/")
    if not slash:
        high = low
    ends = ["" if end in ("", "..") else _moment(end) for end in (low, high)]
    if not any(ends) or (all(ends) and ends[0][:10] > ends[1][:10]):
        raise BadRequest(_("datetime 应为时间或时段，如 2026-11-21T00:00:00Z 或 2026-11-01/2026-11-21"))
    if not name:
        return Q()
    kind = register.kinds[name]
    if not isinstance(kind, MomentKind):
        ends = [end[:10] for end in ends]
    return kind.q("..".join(ends))


def _moment(text: str) -> str:
    """A day as it is, a moment in the city's time."""
    try:
        found = parse_datetime(text) if len(text) > 10 else None
        day = parse_date(text) if len(text) == 10 else None
        if found is not None:
            aware = timezone.make_aware(found) if timezone.is_naive(found) else found
            return aware.astimezone(dt.UTC).astimezone(timezone.get_current_timezone()).isoformat()
    except (ValueError, OverflowError):
        day = None
    if day is None:
        raise BadRequest(_("datetime 应为时间或时段，如 2026-11-21T00:00:00Z 或 2026-11-01/2026-11-21"))
    return day.isoformat()

"""Map and board: two more views of the query of a list."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.urls import reverse

from gezhi.engines.layers.legend import geometry, shade
from gezhi.engines.tables import counts
from gezhi.engines.tables.query import Query
from gezhi.kernel.registers import Register

from . import cells

MOST_ON_MAP = 3000
LANE = 20


def map_props(register: Register, query: Query) -> dict[str, Any]:
    """Props of ``gz-map`` for the rows of a query."""
    layer = register.layer
    assert layer is not None
    plain = {k: v for k, v in query.params.items() if k not in ("view", "cursor", "beside")}
    url = reverse("desk:features", args=[register.name])
    one: dict[str, Any] = {
        "id": register.name, "label": str(register.label), "geometry": geometry(register), "label_field": "title",
        "url": f"{url}?{urlencode(plain)}", "key_field": "id", "cluster": layer.cluster,
        "card": reverse("desk:card", args=[register.name, 0]).replace("/0/", "/{id}/"),
    }
    if found := shade(register):
        one["shade"] = found
    props: dict[str, Any] = {"layers": [one]}
    box = _bounds(query, layer.field)
    if box:
        props["bounds"] = box
    return props


def _bounds(query: Query, name: str) -> list[float] | None:
    """The box around the first rows of the query; a big list opens on the home view."""
    rows = query.rows().filter(**{f"{name}__isnull": False}).order_by().values(name)[:MOST_ON_MAP]
    box = rows.aggregate(box=Extent(name))["box"]
    if not box:
        return None
    w, s, e, n = box
    return [w - 0.002, s - 0.002, e + 0.002, n + 0.002] if w == e or s == n else list(box)


def features(register: Register, query: Query) -> dict[str, Any]:
    """The rows as a GeoJSON collection, at most ``MOST_ON_MAP``; ``cut`` says whether there are more."""
    layer = register.layer
    if layer is None:
        return {"type": "FeatureCollection", "features": [], "cut": False}
    rows = query.rows().filter(**{f"{layer.field}__isnull": False}).order_by(*query.order.by())
    rows = rows.defer(layer.field, *query.heavy).annotate(shape=AsGeoJSON(layer.field, precision=6))
    found = list(rows[: MOST_ON_MAP + 1])
    colour = register.kinds.get(layer.colour)
    out = []
    for row in found[:MOST_ON_MAP]:
        told = {"id": row.pk, "title": register.title(row)}
        if colour is not None:
            told["colour"] = str(colour.value(row) or "")
        out.append({"type": "Feature", "id": row.pk, "geometry": json.loads(row.shape), "properties": told})
    return {"type": "FeatureCollection", "features": out, "cut": len(found) > MOST_ON_MAP}


def board(register: Register, query: Query) -> list[dict[str, Any]]:
    """One lane a state with its first rows and its count: two queries a state, whatever the rows."""
    assert register.flow is not None
    field = register.flow.field
    wanted = [s for s in query.filters.get(field, "").split(",") if s]
    lanes = []
    for code, state in register.flow.states().items():
        if wanted and code not in wanted:
            continue
        rows = query.rows().filter(**{field: code})
        shown = list(rows.order_by(*query.order.by())[: LANE + 1])
        count = counts.count(rows) if len(shown) > LANE else counts.Count(len(shown))
        params = {**query.params, field: code}
        params.pop("view", None)
        lanes.append({
            "label": str(state.label), "final": state.final, "tone": state.tone, "count": count,
            "url": "?" + urlencode(params), "more": len(shown) > LANE,
            "items": [cells.item(register, r, reverse("desk:record", args=[register.name, r.pk]))
                      for r in shown[:LANE]]})
    return lanes

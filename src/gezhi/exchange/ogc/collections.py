"""Collections: registers with a map layer, described from their declarations."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import Extent
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gezhi.engines.tables.query import language
from gezhi.foundation.territory.public import Region
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.fields import BlindField, HashField, SealedField, TokensField
from gezhi.kernel.kinds import INTERNAL, PUBLIC, DateKind, Kind
from gezhi.kernel.registers import Filter, Register
from gezhi.kernel.registry import registry

from .door import GEOJSON, SCHEMA, Json, lacking, link, only, sees, told, url

CRS = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
CORE = ("limit", "bbox", "datetime", "cursor", "crs", "bbox-crs")
"""Arguments of a list of features that are no filters of the register."""


def open_(kind: Kind | None) -> bool:
    """Whether a field may leave the house on a map: neither sealed nor personal, nor an index of such."""
    return (kind is not None and kind.sensitivity in (PUBLIC, INTERNAL)
            and not isinstance(kind.field, SealedField | BlindField | HashField | TokensField))


def properties(register: Register) -> list[str]:
    """Names of the properties of a feature: columns and what the layer shows, as far as they are open."""
    layer = register.layer
    assert layer is not None
    names = dict.fromkeys([*register.column_names, *layer.show.split(), layer.title])
    return [n for n in names if n != layer.field and open_(register.kinds.get(n))]


def queryables(register: Register) -> dict[str, Filter]:
    """Filters of the register that may be asked by: all but those by a field that is not open."""
    return {n: f for n, f in language(register).items()
            if n not in CORE and (n not in register.kinds or open_(register.kinds[n]))}


def time_of(register: Register) -> str:
    """The field ``datetime`` is about: the first day or moment among the register's filters; ``""``: it has none."""
    return next((n for n in register.filters.split()
                 if isinstance(register.kinds[n], DateKind) and open_(register.kinds[n])), "")


def layered() -> list[Register]:
    """Registers with a layer of their own: where a linked record lies (a person's home) is not for other systems."""
    return [r for r in registry.registers.values() if r.layer is not None and not r.layer.linked]


def collection_of(name: str, actor: Actor) -> Register:
    """The register of a collection. Raises :class:`Missing`, or what :func:`~.door.lacking` says."""
    register = registry.registers.get(name)
    if register is None or register.layer is None or register.layer.linked:
        raise Missing(_("没有“%s”这个图层") % name[:40])
    if not sees(actor, name):
        raise lacking(actor)
    return register


def extent() -> list[float] | None:
    """The box around the city, ``None`` before there is a territory."""
    box = Region.objects.filter(level="city", status="active").aggregate(box=Extent("boundary"))["box"]
    return [round(v, 6) for v in box] if box else None


def described(request: HttpRequest, register: Register, box: list[float] | None) -> Json:
    """A collection as OGC API has it."""
    name, label = f"/collections/{register.name}", str(register.label)
    out: Json = {
        "id": register.name, "title": label, "itemType": "feature", "crs": [CRS], "storageCrs": CRS,
        "links": [link(request, "self", name, title=label),
                  link(request, "items", f"{name}/items", GEOJSON, label),
                  link(request, "describedby", f"{name}/schema", SCHEMA),
                  link(request, "http://www.opengis.net/def/rel/ogc/1.0/schema", f"{name}/schema", SCHEMA),
                  link(request, "http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{name}/queryables", SCHEMA),
                  link(request, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", f"{name}/tiles")]}
    at = time_of(register)
    if at:
        out["description"] = _("参数 datetime 按“%s”筛选") % register.kinds[at].label
    if box:
        out["extent"] = {"spatial": {"bbox": [box], "crs": CRS}}
    return out


def collections(request: HttpRequest, actor: Actor) -> Json:
    """``GET /collections``: those the caller may see."""
    only(request)
    box = extent()
    return {"links": [link(request, "self", "/collections")],
            "collections": [described(request, r, box) for r in layered() if sees(actor, r.name)]}


def collection(request: HttpRequest, actor: Actor, name: str) -> Json:
    """``GET /collections/<id>``."""
    only(request)
    return described(request, collection_of(name, actor), extent())


def plain_schema(kind: Kind) -> Json:
    """Type and title of a property, values being flat: a link is its name."""
    found = kind.schema()
    keep = {k: v for k, v in found.items() if k in ("type", "format", "enum", "description") and v != "object"}
    if "object" in found.get("type", ()) or "array" in found.get("type", ()) or "type" not in keep:
        keep["type"] = "string"
    if isinstance(keep["type"], list):
        keep["type"] = next((t for t in keep["type"] if t != "null"), "string")
    if kind.field is not None and kind.field.choices:
        keep["x-labels"] = {str(c): str(w) for c, w in kind.field.flatchoices if c}
    return {"title": kind.label, **keep}


def _shape(register: Register) -> Json:
    assert register.layer is not None
    field: Any = register.kinds[register.layer.field].field
    name = {"POINT": "point", "POLYGON": "polygon", "MULTIPOLYGON": "multipolygon", "LINESTRING": "linestring",
            "MULTILINESTRING": "multilinestring"}.get(field.geom_type, "any")
    return {"title": str(field.verbose_name), "format": f"geometry-{name}", "x-ogc-role": "primary-geometry"}


def _document(request: HttpRequest, register: Register, path: str, fields: Json) -> HttpResponse:
    return told({"$schema": DRAFT, "$id": url(request, f"/collections/{register.name}/{path}"), "type": "object",
                 "title": str(register.label), "properties": fields}, SCHEMA)


def schema(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """``GET /collections/<id>/schema``: properties of its features as JSON Schema."""
    only(request)
    register = collection_of(name, actor)
    fields = {n: plain_schema(register.kinds[n]) for n in properties(register)}
    return _document(request, register, "schema", {"geometry": _shape(register), **fields})


def queryable(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """``GET /collections/<id>/queryables``: by what its features may be filtered."""
    only(request)
    register = collection_of(name, actor)
    fields: Json = {}
    for at, found in queryables(register).items():
        known = register.kinds.get(at)
        fields[at] = {**(plain_schema(known) if known else {"type": "string"}), "title": str(found.label)}
    return _document(request, register, "queryables", {"geometry": _shape(register), **fields})

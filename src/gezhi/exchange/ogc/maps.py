"""Vector tiles of a collection (OGC API - Tiles, tilesets of WebMercatorQuad), made by the house's own tiles."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from gezhi.engines.layers.tiles import MAX_ZOOM, STREET_ZOOM, clustered
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing
from gezhi.kernel.registers import Register
from gezhi.surfaces.api.others import tile as tile_of

from .collections import CRS, collection_of, extent, plain_schema, queryables
from .door import MVT, Json, link, only

MATRIX = "WebMercatorQuad"
MATRIX_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX}"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"


def _set(request: HttpRequest, register: Register) -> Json:
    path = f"/collections/{register.name}/tiles/{MATRIX}"
    tiles = link(request, "item", f"{path}/0/0/0", MVT)
    tiles |= {"href": tiles["href"].removesuffix("0/0/0") + "{tileMatrix}/{tileRow}/{tileCol}", "templated": True}
    return {"title": str(register.label), "dataType": "vector", "crs": MERCATOR, "tileMatrixSetURI": MATRIX_URI,
            "links": [link(request, "self", path), tiles,
                      {"rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", "href": MATRIX_URI,
                       "type": "application/json"}]}


def tilesets(request: HttpRequest, actor: Actor, name: str) -> Json:
    """``GET /collections/<id>/tiles``: the one tileset there is."""
    only(request)
    register = collection_of(name, actor)
    return {"links": [link(request, "self", f"/collections/{name}/tiles")], "tilesets": [_set(request, register)]}


def tileset(request: HttpRequest, actor: Actor, name: str, matrix: str) -> Json:
    """``GET /collections/<id>/tiles/WebMercatorQuad``: zoom levels, bounds, and what features of tiles carry."""
    only(request)
    register = collection_of(name, actor)
    layer = register.layer
    if matrix != MATRIX or layer is None:
        raise Missing
    fields = {n: plain_schema(register.kinds[n]) for n in layer.show.split() if n in register.kinds}
    fields |= {n: {"type": "string"} for n, on in (("name", layer.title), ("colour", layer.colour)) if on}
    if clustered(register, 0):
        fields["count"] = {"type": "integer"}
    box = extent()
    out = {**_set(request, register), "layers": [{
        "id": name, "title": str(register.label), "dataType": "vector", "minTileMatrix": "0",
        "maxTileMatrix": str(MAX_ZOOM), "propertiesSchema": {"type": "object", "properties": fields}}],
        "tileMatrixSetLimits": [{"tileMatrix": str(z), "minTileRow": 0, "maxTileRow": 2 ** z - 1, "minTileCol": 0,
                                 "maxTileCol": 2 ** z - 1} for z in range(MAX_ZOOM + 1)]}
    if box:
        out["boundingBox"] = {"lowerLeft": box[:2], "upperRight": box[2:], "crs": CRS}
        out["centerPoint"] = {"coordinates": [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], "crs": CRS,
                              "tileMatrix": str(STREET_ZOOM)}
    return out


def tile(request: HttpRequest, actor: Actor, name: str, matrix: str, z: str, y: str, x: str) -> HttpResponse:
    """``GET …/tiles/WebMercatorQuad/<z>/<row>/<column>``: a tile, under filters if any; empty where nothing lies."""
    register = collection_of(name, actor)
    only(request, *queryables(register))
    if matrix != MATRIX:
        raise Missing
    return tile_of(request, actor, name, int(z), int(x), int(y))

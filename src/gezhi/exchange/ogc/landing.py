"""The landing page, what is conformed to, the OpenAPI document, and the developers' page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gezhi.foundation.units.public import actor_of_request
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Register

from .collections import CRS, layered, queryables
from .door import GEOJSON, MVT, OPENAPI, PUBLIC_PER_MINUTE, ROOT, Json, link, only, sees, told, url

DEVELOPERS = "/developers/"
CONFORMS = tuple(f"http://www.opengis.net/spec/{part}" for part in (
    "ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/geojson", "ogcapi-features-1/1.0/conf/oas30",
    "ogcapi-common-1/1.0/conf/core", "ogcapi-common-1/1.0/conf/json", "ogcapi-common-2/1.0/conf/collections",
    "ogcapi-tiles-1/1.0/conf/core", "ogcapi-tiles-1/1.0/conf/tileset",
    "ogcapi-tiles-1/1.0/conf/tilesets-list", "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "ogcapi-tiles-1/1.0/conf/mvt"))


def landing(request: HttpRequest, actor: Actor) -> Any:
    """``GET /``: where everything is; a browser is led to the page for people."""
    if request.GET.get("f") == "html" or ("f" not in request.GET and _browser(request)):
        return redirect(DEVELOPERS)
    only(request)
    return {"title": str(_("格治地图服务")), "description": str(_("要素、矢量瓦片、地理编码")), "links": [
        link(request, "self", "/"), link(request, "service-desc", "/api", OPENAPI),
        {"rel": "service-doc", "type": "text/html", "href": request.build_absolute_uri(DEVELOPERS)},
        link(request, "conformance", "/conformance"), link(request, "data", "/collections"),
        link(request, "http://www.opengis.net/def/rel/ogc/1.0/conformance", "/conformance")]}


def _browser(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "").split(",", 1)[0]


def conformance(request: HttpRequest, actor: Actor) -> Json:
    """``GET /conformance``."""
    only(request)
    return {"conformsTo": list(CONFORMS), "links": [link(request, "self", "/conformance")]}


def api(request: HttpRequest, actor: Actor) -> HttpResponse:
    """``GET /api``: the OpenAPI 3.0 document."""
    only(request)
    return told({**_document(get_language() or ""), "servers": [{"url": url(request, "")}]}, OPENAPI)


def _query(name: str, words: Any = "", kind: str = "string") -> Json:
    return {"name": name, "in": "query", "required": False, "description": str(words), "schema": {"type": kind}}


def _get(operation: str, mime: str, summary: Any, *parameters: Json) -> Json:
    return {"get": {"operationId": operation, "summary": str(summary), "parameters": list(parameters), "responses": {
        "200": {"description": "OK", "content": {mime: {"schema": {"type": "object"} if mime != MVT else {
            "type": "string", "format": "binary"}}}}, "default": {"$ref": "#/components/responses/Error"}}}}


def _part(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def _core() -> list[Json]:
    return [_query("limit", _("每页要素数，1 至 1000"), "integer"), _query("bbox", _("西,南,东,北（度）")),
            _query("datetime", _("时间或时段")),
            *({**_query(n), "schema": {"type": "string", "enum": [CRS]}} for n in ("crs", "bbox-crs")),
            _query("cursor", _("翻页位置，取自链接 next"))]


def _paths(register: Register) -> Json:
    name, label = register.name, register.label
    base = f"/collections/{name}"
    asked = [_query(n, f.label) for n, f in queryables(register).items()]
    tiles = f"{base}/tiles/WebMercatorQuad"
    return {
        base: _get(f"{name}.describe", "application/json", label),
        f"{base}/schema": _get(f"{name}.schema", "application/schema+json", label),
        f"{base}/queryables": _get(f"{name}.queryables", "application/schema+json", label),
        f"{base}/items": _get(f"{name}.items", GEOJSON, label, *_core(), *asked),
        f"{base}/items/{{featureId}}": _get(f"{name}.item", GEOJSON, label, _part("featureId")),
        f"{base}/tiles": _get(f"{name}.tilesets", "application/json", label),
        tiles: _get(f"{name}.tileset", "application/json", label),
        f"{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            f"{name}.tile", MVT, label, _part("tileMatrix"), _part("tileRow"), _part("tileCol"), *asked)}


@lru_cache(maxsize=4)
def _document(_language: str) -> Json:
    datum = _query("datum", _("坐标系：wgs84、cgcs2000、gcj02、bd09"))
    paths: Json = {
        "/": _get("landing", "application/json", _("格治地图服务")),
        "/conformance": _get("conformance", "application/json", _("符合的标准")),
        "/collections": _get("collections", "application/json", _("图层")),
        "/geocode": _get("geocode", "application/json", _("地理编码"), {**_query("q", _("地址")), "required": True},
                         _query("limit", "", "integer"), datum),
        "/reverse": _get("reverse", "application/json", _("逆地理编码"),
                         {**_query("lon", _("经度"), "number"), "required": True},
                         {**_query("lat", _("纬度"), "number"), "required": True},
                         _query("radius", _("半径（米）"), "number"), _query("limit", "", "integer"), datum)}
    for register in layered():
        paths.update(_paths(register))
    error = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"},
                                                                  "description": {"type": "string"}}}
    return {"openapi": "3.0.3", "info": {"title": str(_("格治地图服务")), "version": "1"}, "paths": paths,
            "security": [{}, {"key": []}], "components": {
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                "responses": {"Error": {"description": "Error", "content": {"application/json": {"schema": error}}}}}}


@require_GET
def developers(request: HttpRequest) -> HttpResponse:
    """The page for people: addresses, examples, how to get a key, and the layers this reader sees."""
    actor = actor_of_request(request, "web")
    rows = [{"name": r.name, "label": r.label, "sees": sees(actor, r.name)} for r in layered()]
    return render(request, "public/developers.html", {
        "shell": {"home": "/"}, "root": request.build_absolute_uri(ROOT), "base": request.build_absolute_uri("/")[:-1],
        "layers": rows, "per_minute": PUBLIC_PER_MINUTE, "may_issue": actor.may("app_key.issue")})

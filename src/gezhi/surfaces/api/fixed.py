"""The part of the OpenAPI document that no register decides."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_OBJECT: Json = {"type": "object"}
_ITEMS: Json = {"$ref": "#/components/schemas/Items"}
_CODES = ("400", "401", "403", "404", "405", "409", "422", "429", "503")


def _answers(schema: Json | None, status: str = "200", mime: str = "application/json", *more: str) -> Json:
    good: Json = {"description": "OK", **({"content": {mime: {"schema": schema}}} if schema else {})}
    return {**dict.fromkeys((status, *more), good), **{c: {"$ref": f"#/components/responses/{c}"} for c in _CODES}}


def _query(*names: str) -> list[Json]:
    return [{"name": n, "in": "query", "schema": {"type": "string"}} for n in names]


def _part(name: str, kind: str = "string") -> Json:
    limits: Json = {"minimum": 0, "maximum": 99_999_999} if kind == "integer" else {"minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind, **limits}}


def _op(operation: str, responses: Json, parameters: list[Json] | None = None, body: Json | None = None) -> Json:
    out: Json = {"operationId": operation, "tags": [operation.partition(".")[0]], "responses": responses}
    if parameters:
        out["parameters"] = parameters
    if body:
        out["requestBody"] = {"required": True, "content": body}
    return out


SCHEMAS: Json = {
    "Error": {"type": "object", "required": ["code", "message"], "properties": {
        "code": {"type": "string"}, "message": {"type": "string"}, "hint": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "current": {"type": "object"}}},
    "Count": {"type": "object", "properties": {"number": {"type": "integer"}, "exact": {"type": "boolean"}}},
    "Items": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": _OBJECT}}},
    "Report": {"type": "object", "required": ["channel", "content"], "properties": {
        "channel": {"type": "string", "examples": ["web"]}, "title": {"type": "string", "maxLength": 120},
        "content": {"type": "string", "maxLength": 8000}, "address": {"type": "string", "maxLength": 200},
        "place": {"type": ["object", "null"], "required": ["lon", "lat"], "properties": {
            "lon": {"type": "number"}, "lat": {"type": "number"}}},
        "reporter_name": {"type": "string"}, "reporter_phone": {"type": "string"}, "anonymous": {"type": "boolean"},
        "photos": {"type": "array", "items": {"type": "integer"}}}},
    "Receipt": {"type": "object", "required": ["query_code", "made"], "properties": {
        "id": {"type": ["integer", "null"]}, "query_code": {"type": "string"}, "made": {"type": "boolean"}}},
}

_JSON_REPORT = {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}}
_TILE = [_part("name"), _part("z", "integer"), _part("x", "integer"), _part("y", "integer")]
_FILE = {"multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {
    "file": {"type": "string", "format": "binary"}, "sha256": {"type": "string"}, "caption": {"type": "string"}}}}}
_ANNOUNCE = {"application/json": {"schema": {"type": "object", "required": ["name", "size", "sha256"], "properties": {
    "name": {"type": "string"}, "size": {"type": "integer"}, "sha256": {"type": "string"}}}}}
_RAW = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_UPLOAD: Json = {"name": "upload_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_KEY: Json = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 80}}

PATHS: Json = {
    "/public/reports": {"post": _op("public.report", _answers({"$ref": "#/components/schemas/Receipt"}, "201",
                                                              "application/json", "200"), [_KEY], _JSON_REPORT)},
    "/public/reports/{code}": {"get": _op("public.progress", _answers(_OBJECT), [_part("code")])},
    "/me": {"get": _op("me.read", _answers(_OBJECT))},
    "/me/post": {"post": _op("me.post", _answers(_OBJECT), None, {"application/json": {"schema": {
        "type": "object", "properties": {"post": {"type": "integer"}}, "required": ["post"]}}})},
    "/me/messages/read": {"post": _op("me.read_messages", _answers(_OBJECT), None, {"application/json": {"schema": {
        "type": "object", "properties": {"ids": {"type": "array", "items": {"type": "integer"}}}}}})},
    "/registers": {"get": _op("registers.list", _answers(_ITEMS))},
    "/registers/{name}": {"get": _op("registers.read", _answers(_OBJECT), [_part("name")])},
    "/options/{name}": {"get": _op("options.list", _answers(_ITEMS), [_part("name"), *_query("q")])},
    "/connections": {"get": _op("connections.read", _answers(_OBJECT), _query("from", "to"))},
    "/metrics": {"get": _op("metrics.list", _answers(_ITEMS), _query("names", "board", "area", "period"))},
    "/metrics/{name}": {"get": _op("metrics.read", _answers(_OBJECT),
                                   [_part("name"), *_query("area", "period", "by")])},
    "/tiles/{name}/{z}/{x}/{y}.mvt": {"get": _op("tiles.read", _answers(
        {"type": "string", "format": "binary"}, "200", "application/vnd.mapbox-vector-tile"), _TILE)},
    "/cells/{name}": {"get": _op("cells.list", _answers(_ITEMS), [_part("name"), *_query("zoom")])},
    "/map/select": {"get": _op("map.select", _answers(_OBJECT), _query("within", "area", "layers"))},
    "/map/shade": {"get": _op("map.shade", _answers(_OBJECT), _query("of", "level", "area", "period"))},
    "/documents": {"post": _op("documents.upload", _answers(_OBJECT, "201"), None, _FILE)},
    "/documents/{pk}": {"get": _op("documents.read", _answers({"type": "string", "format": "binary"}, "200", "*/*"),
                                   [_part("pk", "integer")])},
    "/uploads/{upload_id}": {
        "parameters": [_UPLOAD],
        "put": _op("uploads.begin", _answers(_OBJECT), None, _ANNOUNCE),
        "patch": _op("uploads.piece", _answers(_OBJECT), [{"name": "Upload-Offset", "in": "header", "required": True,
                                                          "schema": {"type": "integer"}}], _RAW),
        "post": _op("uploads.finish", _answers(_OBJECT, "201"))},
    "/keys": {"post": _op("keys.issue", _answers(_OBJECT, "201"), None, {"application/json": {"schema": {
        "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "grants": _OBJECT,
                                                               "per_minute": {"type": "integer"}}}}})},
}

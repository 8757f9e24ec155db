"""The OpenAPI 3.1 document: every register and verb as a typed operation, made from kinds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from gezhi.engines.tables.query import language
from gezhi.kernel.actors import Actor
from gezhi.kernel.custom import book
from gezhi.kernel.kinds import Kind, LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Move

from .fixed import PATHS, SCHEMAS
from .http import answer
from .shapes import names_of

Json = dict[str, Any]
ID: Json = {"name": "pk", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
VERSION: Json = {"name": "version", "in": "query", "schema": {"type": "integer", "minimum": 1},
                 "description": "the version last seen; another one is a conflict"}
SURE: Json = {"name": "sure", "in": "query", "schema": {"type": "string", "enum": ["1"]},
              "description": "1: create it although it looks like a record that is there (409 looks_alike says which)"}
KEY: Json = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 100}}


def document(_request: HttpRequest, _actor: Actor) -> HttpResponse:
    """``GET /openapi.json``."""
    return answer(_document(get_language() or "", book().edition), headers={"Cache-Control": "max-age=60"})


@lru_cache(maxsize=4)
def _document(_language: str, _edition: int) -> Json:
    paths: Json = dict(PATHS)
    schemas: Json = dict(SCHEMAS)
    for register in registry.registers.values():
        schemas[register.name] = _record(register, names_of(register))
        schemas[f"{register.name}_row"] = _record(register, list(register.column_names))
        paths.update(_register(register, schemas))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gezhi", "version": "1", "description": "Registers, moves, metrics and layers of Gezhi."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"session": []}, {"key": []}],
        "paths": paths,
        "components": {"schemas": schemas, "responses": RESPONSES, "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"}}},
    }


def _error(words: str) -> Json:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


RESPONSES: Json = {"400": _error("cannot be read"), "401": _error("not signed in"), "403": _error("refused"),
                   "404": _error("missing or not visible"), "405": _error("no such method here"),
                   "409": _error("conflict"), "422": _error("invalid, by field"), "429": _error("too many requests"),
                   "503": _error("a part that is needed does not answer")}


def answers(ok: Json | None, status: str = "200") -> Json:
    """Responses of an operation: the good one, and all errors."""
    good: Json = {"description": "OK"}
    if ok is not None:
        good["content"] = {"application/json": {"schema": ok}}
    return {status: good, **{code: {"$ref": f"#/components/responses/{code}"} for code in RESPONSES}}


def _record(register: Register, names: list[str]) -> Json:
    """A record as it is answered: any value may be null or masked."""
    fields = {n: _shown(register.kinds[n]) for n in names}
    return {"type": "object", "title": str(register.label), "required": ["id", "version"],
            "properties": {"id": {"type": "integer"}, "version": {"type": "integer"}, "light": {"type": "string"},
                           **fields}}


def _shown(kind: Kind) -> Json:
    schema = kind.schema()
    if kind.sensitivity not in ("public", "internal"):
        return {"type": ["string", "null"], "title": kind.label, "description": "masked"}
    inner = {k: v for k, v in schema.items() if k not in ("title", "maxLength", "enum", "format")}
    return {"title": kind.label, "anyOf": [inner, {"type": "null"}]}


def _asked(kind: Kind) -> Json:
    """A field as it is sent."""
    if isinstance(kind, LinkKind):
        return {"title": kind.label, "type": ["integer", "null"] if not kind.required else "integer"}
    schema = dict(kind.schema())
    if not kind.required and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _body(kinds: list[Kind], whole: bool = True) -> Json:
    schema: Json = {"type": "object", "additionalProperties": False, "properties": {k.name: _asked(k) for k in kinds}}
    required = [k.name for k in kinds if k.required]
    if whole and required:
        schema["required"] = required
    return {"required": bool(whole and required), "content": {"application/json": {"schema": schema}}}


def _register(register: Register, schemas: Json) -> Json:
    name, tag = register.name, [register.name]
    ref = {"$ref": f"#/components/schemas/{name}"}
    filters = [{"name": n, "in": "query", "schema": {"type": "string"}, "description": str(f.label)}
               for n, f in language(register).items()]
    page: list[Json] = [{"name": n, "in": "query", "schema": {"type": "string"}} for n in ("q", "sort", "cursor")]
    page.append({"name": "page_size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}})
    rows = {"type": "object", "required": ["items", "next", "count"], "properties": {
        "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}_row"}},
        "next": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]},
        "count": {"$ref": "#/components/schemas/Count"}, "loosened": {"type": "boolean"}}}
    many: Json = {"get": {"tags": tag, "operationId": f"{name}.list", "summary": str(register.label),
                          "parameters": [*page, *filters], "responses": answers(rows)}}
    one: Json = {"parameters": [ID], "get": {"tags": tag, "operationId": f"{name}.read", "responses": answers(ref)},
                 "delete": {"tags": tag, "operationId": f"{name}.remove", "responses": answers(None, "204")}}
    kinds = [register.kinds[n] for n in register.form_names]
    if register.writable and kinds:
        many["post"] = {"tags": tag, "operationId": f"{name}.create",
                        "parameters": [KEY, *([SURE] if register.alike else [])],
                        "requestBody": _body(kinds), "responses": answers(ref, "201")}
    if kinds:
        one["patch"] = {"tags": tag, "operationId": f"{name}.change", "parameters": [VERSION],
                        "requestBody": _body(kinds, whole=False), "responses": answers(ref)}
    out = {f"/{name}": many, f"/{name}/{{pk}}": one,
           f"/{name}/{{pk}}/history": _get(tag, f"{name}.history"), f"/{name}/{{pk}}/moves": _get(tag, f"{name}.moves")}
    for move in register.flow.moves().values() if register.flow else ():
        if not move.inner:
            out.update(_move(register, move, ref))
    return out


def _get(tag: list[str], operation: str) -> Json:
    return {"parameters": [ID], "get": {"tags": tag, "operationId": operation,
                                        "responses": answers({"$ref": "#/components/schemas/Items"})}}


def _move(register: Register, move: Move, ref: Json) -> Json:
    operation = {"tags": [register.name], "operationId": f"{register.name}.{move.name}", "summary": str(move.label),
                 "parameters": [KEY] if move.creates else [KEY, VERSION],
                 "requestBody": _body([a.kind for a in move.ask]),
                 "responses": answers(ref, "201" if move.creates else "200")}
    if move.creates:
        return {f"/{register.name}/{move.name}": {"post": operation}}
    return {f"/{register.name}/{{pk}}/{move.name}": {"parameters": [ID], "post": operation}}

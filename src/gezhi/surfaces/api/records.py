"""Registers as resources: list, record, create, change, remove, moves, history, options."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gezhi.engines.duplicates.entering import enter
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act, allowed
from gezhi.engines.workflow.extend import extend, extra_names
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import shapes
from .http import answer, body_of, raw_of
from .once import once

SIZE, MOST = 50, 200


def register_of(name: str) -> Register:
    """The register of that name. Raises :class:`Missing`."""
    found = registry.registers.get(name)
    if found is None:
        raise Missing(_("没有“%s”这个登记簿") % name[:40])
    return found


def record_of(register: Register, actor: Actor, pk: int) -> Any:
    """A record the actor sees, with its links. Raises :class:`Missing`, :class:`Refused`."""
    if not actor.may(f"{register.name}.view"):
        raise Refused
    found = None
    if pk < 2 ** 63:
        rows = register.model.objects.filter(sight(register, actor), pk=pk)
        found = rows.select_related(*shapes.linked(register)).first()
    if found is None:
        raise Missing
    return found


def listing(request: HttpRequest, actor: Actor, name: str) -> dict[str, Any]:
    """``GET /<register>``: rows under filters, by keyset pages."""
    register = register_of(name)
    if not actor.may(f"{name}.view"):
        raise Refused
    params = request.GET.copy()
    size = _size(str((params.pop("page_size", None) or [""])[-1]))
    query = Query(register, actor, params)
    page = query.page(size)
    count = query.count(page, size)
    names = list(register.column_names)
    return {"items": [shapes.row(register, r, names) for r in page.rows], "next": page.next or None,
            "previous": page.previous or None, "count": {"number": count.number, "exact": count.exact},
            "loosened": page.loosened}


def _size(raw: str) -> int:
    if not raw:
        return SIZE
    if not (raw.isascii() and raw.isdecimal() and 1 <= int(raw[:6]) <= MOST):
        raise Invalid({"page_size": [_("每页 1 至 %d 行") % MOST]})
    return int(raw)


def create(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """``POST /<register>``: a new record of the form's fields; 409 when it looks like one there, unless ``?sure=1``."""
    register = register_of(name)
    if not register.writable or not register.form:
        raise Refused(_("“%s”不能直接新增") % register.label)
    if not actor.may(f"{name}.create"):
        raise Refused
    body = body_of(request)

    def work() -> tuple[int, Any]:
        made = enter(actor, register, values_of(register, body, whole=True), sure=request.GET.get("sure") == "1")
        return 201, shapes.row(register, made, shapes.names_of(register))

    status, data = once(actor, _key(request), _what(request), work)
    return answer(data, status)


def _key(request: HttpRequest) -> str:
    return request.headers.get("Idempotency-Key", "").strip()


def _what(request: HttpRequest) -> bytes:
    return f"{request.method} {request.get_full_path()}\n".encode() + raw_of(request)


def values_of(register: Register, body: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """Python values of the form's fields from a body.

    Args:
        whole: missing required fields are an error (a new record).

    Raises:
        Invalid: all wrong fields at once.
    """
    errors: dict[str, list[Any]] = {}
    out: dict[str, Any] = {}
    for name in body:
        if name not in register.form_names:
            errors[name[:80]] = [_("没有“%s”这个字段，或它不能填写") % name[:40]]
    for name in register.form_names:
        kind = register.kinds[name]
        if name not in body and not (whole and kind.required):
            continue
        try:
            out[name] = kind.parse(body.get(name))
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    return out


def read(request: HttpRequest, actor: Actor, name: str, pk: int) -> dict[str, Any]:
    """``GET /<register>/<id>``."""
    register = register_of(name)
    return shapes.row(register, record_of(register, actor, pk), shapes.names_of(register))


def change(request: HttpRequest, actor: Actor, name: str, pk: int) -> dict[str, Any]:
    """``PATCH /<register>/<id>``: the fields given; ``?version=`` guards against another's change."""
    register = register_of(name)
    record = record_of(register, actor, pk)
    extra = [] if register.form else extra_names(actor, register, record)
    if not register.form and not extra:
        raise Refused(_("“%s”不能直接修改") % register.label)
    if register.form and not permits(register, actor, "change", record):
        raise Refused
    values = values_of(register, body_of(request), whole=False)
    if extra:
        extend(actor, record, values, _version(request))
    else:
        write(actor, "change", record, values, version=_version(request))
    return shapes.row(register, record_of(register, actor, pk), shapes.names_of(register))


def _version(request: HttpRequest) -> int | None:
    raw = request.GET.get("version", "")
    if not raw:
        return None
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise Invalid({"version": [_("版本应为整数")]})
    return int(raw)


def remove(request: HttpRequest, actor: Actor, name: str, pk: int) -> HttpResponse:
    """``DELETE /<register>/<id>``."""
    register = register_of(name)
    write(actor, "remove", record_of(register, actor, pk), opinion=request.GET.get("opinion", "")[:500])
    return HttpResponse(status=204)


def moves(request: HttpRequest, actor: Actor, name: str, pk: int) -> dict[str, Any]:
    """``GET /<register>/<id>/moves``: what the actor may do with the record now."""
    record = record_of(register_of(name), actor, pk)
    return {"items": [shapes.move(m) for m in allowed(actor, record)]}


def do(request: HttpRequest, actor: Actor, name: str, pk: int, move: str) -> HttpResponse:
    """``POST /<register>/<id>/<move>``: carry out a move; the body holds what it asks for."""
    register = register_of(name)
    record = record_of(register, actor, pk)
    version = _version(request)
    body = body_of(request)

    def work() -> tuple[int, Any]:
        if _creates(register, move):
            raise Missing(_("没有“%s”这个操作") % move[:40])
        done = act(actor, record, move, body, version=version)
        return 200, _after(register, actor, done)

    status, data = once(actor, _key(request), _what(request), work)
    return answer(data, status)


def start(request: HttpRequest, actor: Actor, name: str, move: str) -> HttpResponse:
    """``POST /<register>/<move>``: a move that brings a record into being."""
    register = register_of(name)
    body = body_of(request)

    def work() -> tuple[int, Any]:
        if not _creates(register, move):
            raise Missing(_("没有“%s”这个操作") % move[:40])
        return 201, _after(register, actor, act(actor, register.model, move, body))

    status, data = once(actor, _key(request), _what(request), work)
    return answer(data, status)


def _creates(register: Register, move: str) -> bool:
    found = register.flow.moves().get(move) if register.flow else None
    if found is None:
        raise Missing(_("没有“%s”这个操作") % move[:40])
    return found.creates


def _after(register: Register, actor: Actor, record: Record) -> dict[str, Any]:
    """The record as the actor sees it after the move, and only its id when it has left the actor's sight."""
    seen = register.model.objects.filter(sight(register, actor), pk=record.pk).select_related(
        *shapes.linked(register)).first()
    if seen is None:
        return {"id": record.pk, "version": record.version}
    return shapes.row(register, seen, shapes.names_of(register))


def past(request: HttpRequest, actor: Actor, name: str, pk: int) -> dict[str, Any]:
    """``GET /<register>/<id>/history``."""
    register = register_of(name)
    return {"items": shapes.history(register, record_of(register, actor, pk), actor)}


def options(request: HttpRequest, actor: Actor, name: str) -> dict[str, Any]:
    """``GET /options/<register>?q=``: records to choose from, as ids and labels."""
    register = register_of(name)
    if not actor.may(f"{name}.view"):
        raise Refused
    query = Query(register, actor, request.GET)
    return {"items": [{"id": r.pk, "label": register.title(r)} for r in query.page(30).rows]}


def about(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``GET /registers``: the registers the actor may see."""
    return {"items": [{"name": r.name, "label": str(r.label), "group": r.group, "icon": r.icon,
                       "writable": bool(r.writable and r.form), "layer": r.layer is not None}
                      for r in registry.registers.values() if actor.may(f"{r.name}.view")]}


def describe(request: HttpRequest, actor: Actor, name: str) -> dict[str, Any]:
    """``GET /registers/<register>``: columns, filters, form and moves that begin a record."""
    from gezhi.engines.tables.query import language

    register = register_of(name)
    if not actor.may(f"{name}.view"):
        raise Refused
    kinds = register.kinds
    filters = [{"name": f.name, "label": str(f.label), "options": f.options() if f.options else None,
                "widget": kinds[n].filter_widget() if n in kinds and not f.options else None}
               for n, f in language(register).items()]
    begin = [shapes.move(m) for m in register.flow.moves().values()
             if m.creates and actor.may(f"{name}.{m.name}")] if register.flow else []
    return {"name": name, "label": str(register.label), "key": register.key,
            "columns": [{"name": n, "label": kinds[n].label, "align": kinds[n].align} for n in register.column_names],
            "filters": filters, "form": [[kinds[n].widget() for n in s] for s in register.sections],
            "moves": begin}

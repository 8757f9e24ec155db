"""``act``: carry out a declared move on a record. The only way a state changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.fields import Files
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.workflow import Move, State

from . import clocks


@dataclass
class Context:
    """What the effect (``run``) of a move works with.

    Attributes:
        session: the open door; ``create``/``change`` with ``trusted=True`` write further records.
        move, record, inputs: the move, the locked record, the checked inputs by name.
        values: fields of the record to change with the move; ``run`` adds to it.
        payload: facts for the event.
        limits: clock name to ``(value, unit)``, ``(value, unit, unit_id)`` or ``(value, unit, unit_id, due_at)``
            for clocks the move starts.
        stopped: clocks the move has stopped, by name (known to ``then``).
        then: called with the record after it was written (what needs its id or its new state).
    """

    session: Session
    move: Move
    record: Any
    inputs: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    stopped: dict[str, clocks.Clock] = field(default_factory=dict)
    then: list[Callable[[Any], None]] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return self.session.actor

    @property
    def now(self) -> dt.datetime:
        return self.session.now

    def act(self, record: Any, move: str, inputs: Mapping[str, Any] | None = None) -> Any:
        """A further move on another record, as part of this one; permission was given by this move."""
        return _run(self.session, record, move, inputs or {}, trusted=True)


def act(actor: Actor, record: Any, move: str, inputs: Mapping[str, Any] | None = None, *,
        at: dt.datetime | None = None, version: int | None = None) -> Any:
    """Carry out a move.

    Args:
        record: the record, or its class for a move that creates.
        move: name of the move.
        inputs: what the move asks for, raw (form, JSON) or as Python values.
        at: past time of the act; the system only.
        version: version of the record the actor saw.

    Returns:
        The record after the move.

    Raises:
        Refused, Missing: not permitted. Conflict: not possible from the present state. Invalid: inputs.
    """
    with door(actor, at=at) as session:
        return _run(session, record, move, inputs or {}, version=version)


def _run(session: Session, record: Any, name: str, raw: Mapping[str, Any], *, trusted: bool = False,
         version: int | None = None) -> Any:
    model = record if isinstance(record, type) else type(record)
    register = registry.register_of(model)
    move = register.flow.moves().get(name) if register is not None and register.flow is not None else None
    if register is None or move is None:
        raise Missing(_("没有“%s”这个操作") % name)
    if move.creates:
        return _create(session, register, move, raw, trusted)
    if register.under and getattr(record, f"{register.under}_id") is not None:
        session.lock(getattr(record, register.under))
    record = session.lock(record)
    if not trusted:
        session.permit(register, move.name, record)
        _second_factor(session.actor, move)
    if version is not None and version != record.version:
        raise Conflict(_("“%s”刚刚有了新的进展") % register.title(record), current={"version": record.version})
    source = getattr(record, move.flow.field)
    possible(register, move, record, session.actor)
    ctx = Context(session, move, record, read_inputs(move, raw))
    if move.flow.clocks:
        clocks.load(record)
        _whole(session, move, record, source)
    target = _effect(ctx)
    if target is not None:
        ctx.values[move.flow.field] = target.code
    _turn_clocks(ctx, record)
    _show_clock(ctx, record, target or move.flow.states()[source])
    opinion = str(ctx.inputs.get("opinion") or "")
    record = session.change(record, ctx.values, verb=move.name, opinion=opinion, trusted=True, source=source,
                            note=facts_of(move, ctx.inputs), payload={**ctx.payload, "from": source,
                                                                     "to": target.code if target else source})
    _attach(ctx, record)
    for call in ctx.then:
        call(record)
    return record


def _create(session: Session, register: Register, move: Move, raw: Mapping[str, Any], trusted: bool) -> Any:
    if not trusted:
        session.permit(register, move.name)
        _second_factor(session.actor, move)
    ctx = Context(session, move, None, read_inputs(move, raw))
    fields = {f.name for f in register.model._meta.concrete_fields}
    ctx.values.update({n: v for n, v in ctx.inputs.items() if n in fields})
    target = _effect(ctx) or move.targets()[0]
    ctx.values[move.flow.field] = target.code
    planned = {n: clocks.plan(session, v[0], v[1], unit_id=v[2] if len(v) > 2 else None,
                              due_at=v[3] if len(v) > 3 else None) for n, v in ctx.limits.items()}
    if target.clock in planned:
        ctx.values.update(due_at=planned[target.clock].due_at, warn_at=planned[target.clock].warn_at)
    record = session.create(register.model, ctx.values, verb=move.name, trusted=trusted,
                            opinion=str(ctx.inputs.get("opinion") or ""), payload={**ctx.payload, "to": target.code})
    _attach(ctx, record)
    for name, clock in planned.items():
        clocks.keep(clock, record, name)
    for call in ctx.then:
        call(record)
    return record


def _attach(ctx: Context, record: Any) -> None:
    """Tie the documents a move asked for to its record, through the port ``attach``."""
    for ask in ctx.move.ask:
        if isinstance(ask.field, Files) and ctx.inputs.get(ask.name):
            registry.port("attach")(ctx.session, record, ctx.inputs[ask.name], ask.field.role, ask.field.kinds)


def _second_factor(actor: Actor, move: Move) -> None:
    if move.strong and actor.kind == "staff" and not actor.strong:
        raise Refused(_("“%s”需要先完成二次验证") % move.label, hint=_("请在“我的账号”中用动态口令验证后重试"))


def possible(register: Register, move: Move, record: Any, actor: Actor) -> None:
    """Raise :class:`Conflict` unless the move can be made from the record's state now."""
    state = getattr(record, move.flow.field)
    if not move.starts_from(state):
        raise Conflict(_("当前状态是“%(state)s”，不能“%(move)s”") % {
            "state": move.flow.states()[state].label, "move": move.label}, current={"status": state})
    why = move.when(record, actor) if move.when else ""
    if why:
        raise Conflict(str(why), current={"status": state})


def read_inputs(move: Move, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check what the move asks for.

    Raises:
        Invalid: all wrong inputs at once, by name.
    """
    errors: dict[str, list[Any]] = {}
    out: dict[str, Any] = {}
    known = {a.name for a in move.ask}
    for name in raw:
        if name not in known:
            errors[name] = [_("“%(move)s”不需要“%(name)s”") % {"move": move.label, "name": name}]
    for ask in move.ask:
        try:
            out[ask.name] = ask.kind.parse(raw.get(ask.name))
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    return out


def _effect(ctx: Context) -> State | None:
    result = ctx.move.run(ctx) if ctx.move.run else None
    if isinstance(ctx.move.to, tuple):
        if not isinstance(result, State) or result not in ctx.move.to:
            raise RuntimeError(f"move {ctx.move.name} must return one of its states, got {result!r}")
        return result
    return ctx.move.to


def facts_of(move: Move, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as history keeps them, without the opinion that has its own column."""
    return {a.name: a.kind.history(inputs[a.name]) for a in move.ask
            if a.name != "opinion" and inputs.get(a.name) not in (None, "", [], {})}


def _whole(session: Session, move: Move, record: Any, source: str) -> None:
    """Give the record the clock its state names if intake left it out; before the effect, which may stop that clock."""
    state = move.flow.states()[source]
    if state.clock and isinstance(record, clocks.Timed):
        clocks.ensure(session, record, state.clock)


def _turn_clocks(ctx: Context, record: Any) -> None:
    """Start, pause, resume and stop the clocks the move names."""
    for part in ctx.move.clock.split():
        verb, _colon, name = part.partition(":")
        if verb not in ("start", "restart"):
            clock = getattr(clocks, verb)(ctx.session, record, name)
            if verb == "stop" and clock is not None:
                ctx.stopped[name] = clock
        elif name in ctx.limits:
            value, unit, *rest = ctx.limits[name]
            clocks.start(ctx.session, record, name, value, unit, unit_id=rest[0] if rest else None,
                         due_at=rest[1] if len(rest) > 1 else None)


def _show_clock(ctx: Context, record: Any, state: State) -> None:
    """Let a timed record show the clock its new state names, and its end when the state is final."""
    if not isinstance(record, clocks.Timed):
        return
    if state.final:
        ctx.values.setdefault("finished_at", record.finished_at or ctx.now)
        ctx.values.setdefault("paused", False)
        ctx.values.setdefault("overtime", record.overtime or any(c.overtime for c in ctx.stopped.values()))
    else:
        ctx.values.update(clocks.shown(record, state.clock), finished_at=None)  # type: ignore[arg-type]


def allowed(actor: Actor, record: Any) -> list[Move]:
    """Moves the actor may make on the record now, in order of declaration."""
    register = registry.register_of(type(record))
    if register is None or register.flow is None:
        return []
    state = getattr(record, register.flow.field)
    cache: dict[tuple[str, ...], bool] = {}
    out = []
    for move in register.flow.moves().values():
        reaches = actor.reaches(f"{register.name}.{move.name}")
        if move.creates or not reaches or not move.starts_from(state) or (move.inner and actor.kind != "system"):
            continue
        if reaches not in cache:
            cache[reaches] = permits(register, actor, move.name, record)
        if cache[reaches] and not (move.when and move.when(record, actor)):
            out.append(move)
    return out

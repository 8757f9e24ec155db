"""Workflow declarations: states, and the moves between them. The engine that runs them is engines/workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.db import models

from .errors import DeclarationError
from .kinds import Kind, kind_for


@dataclass(frozen=True, eq=False)
class State:
    """A state of a record.

    Args:
        label: in the user's language.
        stage: the coarse step citizens see.
        tone: ``wait``, ``work``, ``pause``, ``done``, ``stop``: colour family of its chip (never a light).
        final: nothing is expected of anybody any more.
        rest: moves are possible, but nobody is waited for; the record is in use, not in work.
        clock: name of the clock whose deadline the record shows in this state.
        code: set by the workflow to the attribute's name.
    """

    label: Any
    stage: Any = ""
    tone: str = "work"
    final: bool = False
    rest: bool = False
    clock: str = ""
    code: str = ""

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Ask:
    """One thing a move asks for.

    Args:
        name: name of the input.
        field: an unattached Django field that says what is asked; its ``blank`` says whether it is required.
        default: initial value from the record and the actor.
    """

    name: str
    field: models.Field
    default: Callable[[Any, Any], Any] | None = None

    @cached_property
    def kind(self) -> Kind:
        """The kind that shows, reads and checks this input."""
        if not self.field.name:
            self.field.name = self.name
        return kind_for(self.field, self.name)


SYSTEM_ONLY = "system:all"
"""Who makes a move that follows from others or from time: its inputs are the platform's own, in a shape of its own."""


@dataclass(eq=False)
class Move:
    """A declared act on a record: button, form, permission, endpoint, history verb, event, diagram edge.

    Args:
        label: what the button says.
        source: states it starts from; empty means it creates the record; ``ANY_OPEN`` means any not final.
        to: state it leads to; a tuple when ``run`` decides (returns a state); ``None`` keeps the state.
        who: ``"role:reach …"``, default grants; an administrator's role edits lie over them.
        ask: what it asks for.
        clock: what it does to clocks: ``"stop:accept start:dispatch pause:handle resume:handle"``.
        when: reason why not, in the user's language, or ``""`` when possible: ``when(record, actor)``.
        run: the effect, ``run(ctx)``; may write further records through ``ctx``; returns a state when ``to``
            is a tuple.
        tone: ``primary``, ``normal``, ``danger``.
        help: one sentence beside the form.
        public: citizens see it in their progress.
        quiet: does not count as an act in the main timeline (e.g. follow).
        strong: asks a second factor given in this session.
    """

    label: Any
    source: tuple[State, ...] | str = ()
    to: State | tuple[State, ...] | None = None
    who: str = ""
    ask: tuple[Ask, ...] = ()
    clock: str = ""
    when: Callable[[Any, Any], Any] | None = None
    run: Callable[[Any], Any] | None = None
    tone: str = "normal"
    help: Any = ""
    public: bool = False
    quiet: bool = False
    strong: bool = False
    name: str = ""
    flow: Any = field(default=None, repr=False)

    @property
    def creates(self) -> bool:
        """Whether it brings the record into being."""
        return self.source == ()

    @property
    def inner(self) -> bool:
        """Whether the platform alone makes it: no role, key or administrator's edit can give it to anybody."""
        return self.who == SYSTEM_ONLY

    def starts_from(self, state: str) -> bool:
        """Whether it may start from ``state``."""
        if self.source == ANY_OPEN:
            return not self.flow.states()[state].final
        if self.source == ANY:
            return True
        return any(s.code == state for s in self.source if isinstance(s, State))

    def targets(self) -> tuple[State, ...]:
        """States it may lead to; empty when it keeps the state."""
        if self.to is None:
            return ()
        return self.to if isinstance(self.to, tuple) else (self.to,)


ANY_OPEN = "any_open"
"""Source of a move that is possible in every state that is not final."""
ANY = "any"
"""Source of a move that is possible in every state."""

CLOCK_ACTS = frozenset({"start", "stop", "pause", "resume", "restart"})


class Workflow:
    """States and moves of a record, as class attributes.

    Attributes:
        field: the model's field that holds the state.
        desks: role to the codes of the states that wait for it, where roles may do more than is their daily work;
            a role that is not named is waited for wherever it may move a record on.
    """

    field: ClassVar[str] = "status"
    clocks: ClassVar[tuple[str, ...]] = ()
    desks: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    where: ClassVar[str] = ""
    _states: ClassVar[dict[str, State]] = {}
    _moves: ClassVar[dict[str, Move]] = {}

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        import sys

        frame = sys._getframe(1)
        cls.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        cls._states, cls._moves = {}, {}
        for name, value in list(vars(cls).items()):
            if isinstance(value, State):
                object.__setattr__(value, "code", name)
                cls._states[name] = value
            elif isinstance(value, Move):
                value.name, value.flow = name, cls
                cls._moves[name] = value
        if not cls._states:
            raise DeclarationError(f"{cls.where}: workflow {cls.__name__} has no states")

    @classmethod
    def states(cls) -> dict[str, State]:
        """States by code, in order of declaration."""
        return cls._states

    @classmethod
    def moves(cls) -> dict[str, Move]:
        """Moves by name, in order of declaration."""
        return cls._moves

    @classmethod
    def choices(cls) -> list[tuple[str, Any]]:
        """Choices of the state field."""
        return [(code, s.label) for code, s in cls._states.items()]

    @classmethod
    def open_codes(cls) -> list[str]:
        """Codes of states that are not final."""
        return [code for code, s in cls._states.items() if not s.final]

    @classmethod
    def problems(cls, model: type[models.Model]) -> list[str]:
        """Moves to states that do not exist, dead ends, states nothing reaches, unknown clocks."""
        bad = []
        if cls.field not in {f.name for f in model._meta.fields}:
            bad.append(f"flow: no field {cls.field!r} on {model.__name__}")
        bad += [f"desks: {role} waits for state {code!r}, which there is not"
                for role, codes in cls.desks.items() for code in codes if code not in cls._states]
        reached = set()
        for move in cls._moves.values():
            for state in (*move.targets(), *(move.source if isinstance(move.source, tuple) else ())):
                if cls._states.get(state.code) is not state:
                    bad.append(f"move {move.name}: state {state.code or state!r} is not of this workflow")
            reached |= {s.code for s in move.targets()}
            for act in move.clock.split():
                verb, _colon, clock = act.partition(":")
                if verb not in CLOCK_ACTS or clock not in cls.clocks:
                    bad.append(f"move {move.name}: clock {act!r}")
            if not move.who:
                bad.append(f"move {move.name}: nobody may do it")
        for code, state in cls._states.items():
            if state.clock and state.clock not in cls.clocks:
                bad.append(f"state {code}: clock {state.clock!r}")
            if code not in reached:
                bad.append(f"state {code}: no move leads to it")
            leaves = any(m.starts_from(code) and m.targets() for m in cls._moves.values())
            if not state.final and not leaves:
                bad.append(f"state {code}: dead end")
        return bad

"""What a domain declares so that rules can speak of its records: subjects and their facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.errors import DeclarationError
from gezhi.kernel.registry import registry

OPERATORS = {
    "choice": {"in": _("为"), "not_in": _("不为")},
    "prefix": {"in": _("属于"), "not_in": _("不属于")},
    "number": {"ge": _("不少于"), "le": _("不超过"), "eq": _("等于")},
    "flag": {"in": _("为")},
    "share": {"ge": _("不少于")},
    "overdue": {"ge": _("不少于")},
    "remaining": {"le": _("不超过")},
}
"""Comparisons by type of fact. Those of clocks only go the way time goes, so that each has a moment of beginning."""
TIMED = frozenset({"share", "overdue", "remaining"})


@dataclass(frozen=True)
class Fact:
    """Something a condition may ask of a record; one declaration serves the live rule and the trial on history.

    Args:
        name, label: identity, and what the form and the sentence say.
        type: ``choice`` (a code of ``options``), ``prefix`` (a code of which a prefix is an ancestor: area, item),
            ``number``, ``flag``; clocks bring ``share``, ``overdue``, ``remaining``.
        sql: expression over the alias ``r`` of the record's table and the subject's joins; default ``r.<name>``.
        read: its value on a record in memory; default the attribute ``name``.
        options: ``{code: label}`` of a choice.
        named: the label of a prefix code, ``""`` when there is no such code.
        unit: words behind a number.
        lasting: whether its value today is its value then; a trial says so of those that are not.
    """

    name: str
    label: Any
    type: str = "choice"
    sql: str = ""
    read: Callable[[Any], Any] | None = None
    options: Callable[[], Mapping[str, Any]] | None = None
    named: Callable[[str], str] | None = None
    unit: Any = ""
    lasting: bool = True

    @property
    def column(self) -> str:
        """The SQL of its value."""
        return self.sql or f"r.{self.name}"

    def value(self, record: Any) -> Any:
        """Its value on a record in memory."""
        return self.read(record) if self.read is not None else getattr(record, self.name)


@dataclass(frozen=True)
class Subject:
    """A timed register whose records rules are about.

    Args:
        register: its name; the register has a workflow whose states name clocks.
        facts: what conditions may ask beside the clock (stage and elapsed time are given by the engine).
        clocks: ``{clock: label}`` of its clocks that deadlines may be set for and conditions may name.
        joins: SQL of further tables, each joined by a key so that no row is doubled.
        title, area, unit: SQL of what a reminder shows, the area and the unit that may see it.
        deadlines: clocks whose limit the domain asks of :func:`gezhi.engines.rules.force.decide`.
    """

    register: str
    facts: tuple[Fact, ...]
    clocks: Callable[[], Mapping[str, Any]]
    joins: str = ""
    title: str = "''"
    area: str = "''"
    unit: str = "NULL::bigint"
    deadlines: tuple[str, ...] = ()
    DECLARATION: bool = True

    def fact(self, name: str) -> Fact | None:
        """The fact of that name, its clock's among them."""
        return next((f for f in (*self.facts, *self.timed()) if f.name == name), None)

    def timed(self) -> tuple[Fact, ...]:
        """What every clock tells."""
        return (Fact("stage", _("环节"), sql="t.clock", options=self.clocks), *CLOCK_FACTS)

    @property
    def label(self) -> str:
        """What its records are called."""
        return str(registry.register(self.register).label)


CLOCK_FACTS = (
    Fact("share", _("已用时占时限"), "share", unit="%"),
    Fact("overdue", _("超期"), "overdue", unit=_("小时")),
    Fact("remaining", _("剩余时间"), "remaining", unit=_("小时")),
)
"""What the time of a clock says; hours are counted as its limit is, in working time or continuously."""


def subjects() -> dict[str, Subject]:
    """Declared subjects by register."""
    return {s.register: s for s in registry.of(Subject)}


def subject_of(register: str) -> Subject:
    """The subject of that register.

    Raises:
        DeclarationError: nothing declares it.
    """
    found = subjects().get(register)
    if found is None:
        raise DeclarationError(f"no rules about {register!r}")
    return found


def all_facts() -> dict[str, Fact]:
    """Facts of all subjects by name, for the choices of the form."""
    return {f.name: f for s in registry.of(Subject) for f in (*s.facts, *s.timed())}

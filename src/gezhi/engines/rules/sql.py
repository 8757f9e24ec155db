"""From a condition to SQL: what does not change with time becomes a filter, what does a *goal* in counted seconds.

A condition on a clock begins to hold at one moment and holds from then on. ``all`` of several begins with the last of
them, ``any`` with the first; so a whole tree has one moment at which it begins to hold, and the same expression says
whether a rule holds now (the goal is reached) and when it would have held in the past.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gezhi.kernel.registry import registry

from .declare import TIMED, Fact, Subject
from .tree import Tree
from .worked import TABLES, counted

NEVER, ALWAYS = "'infinity'::float8", "'-infinity'::float8"


@dataclass
class Compiled:
    """A condition in SQL.

    Args:
        where: filter that does not change with time, ``""`` for none.
        goal: counted seconds at which the rest begins to hold, ``""`` when there is no rest.
        params: by name.
    """

    where: str = ""
    goal: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def compile_tree(tree: Tree, subject: Subject, prefix: str = "c") -> Compiled:
    """SQL of a checked tree over the aliases ``r`` (record) and ``t`` (its clock).

    Args:
        prefix: of the parameters' names, so that several conditions can stand in one statement.
    """
    params: dict[str, Any] = {}
    where, goal = _part(tree, subject, params, prefix)
    return Compiled(where, goal, params)


def _part(tree: Tree, subject: Subject, params: dict[str, Any], prefix: str) -> tuple[str, str]:
    for word in ("all", "any"):
        if word in tree:
            parts = [_part(p, subject, params, prefix) for p in tree[word]]
            return _all(parts) if word == "all" else _any(parts)
    fact = subject.fact(tree["fact"])
    assert fact is not None
    name = f"{prefix}{len(params)}"
    if fact.type in TIMED:
        params[name] = float(tree["value"])
        return "", goal_of(fact.type, f"%({name})s::float8")
    params[name] = tree["value"]
    return _plain(fact, tree["op"], name), ""


def goal_of(measure: str, value: str) -> str:
    """Counted seconds at which a clock's share, overtime or rest reaches a value (SQL of percent or hours)."""
    return {"share": f"t.wd - (1 - {value} / 100) * t.span", "overdue": f"t.wd + {value} * 3600",
            "remaining": f"t.wd - {value} * 3600", "begin": ALWAYS}[measure]


def _plain(fact: Fact, op: str, name: str) -> str:
    column = fact.column
    if fact.type == "flag":
        return f"({column}) IS NOT DISTINCT FROM %({name})s"
    if fact.type == "number":
        sign = {"ge": ">=", "le": "<=", "eq": "="}[op]
        return f"({column}) {sign} %({name})s"
    match = "^@ ANY" if fact.type == "prefix" else "= ANY"
    # NULL is no code: it is neither of the list nor outside it, as in memory (tree.holds)
    test = f"({column})::text {match} (%({name})s::text[])"
    return test if op == "in" else f"NOT ({test})"


def _all(parts: list[tuple[str, str]]) -> tuple[str, str]:
    where = [w for w, _goal in parts if w]
    goals = [g for _where, g in parts if g]
    return (" AND ".join(f"({w})" for w in where), goals[0] if len(goals) == 1 else (
        f"GREATEST({', '.join(goals)})" if goals else ""))


def _any(parts: list[tuple[str, str]]) -> tuple[str, str]:
    if not any(g for _w, g in parts):
        return " OR ".join(f"({w or 'true'})" for w, _g in parts), ""
    goals = [g if not w else f"CASE WHEN {w} THEN {g or ALWAYS} ELSE {NEVER} END" for w, g in parts]
    return "", f"LEAST({', '.join(goals)})"


def steps_sql(steps: list[dict[str, Any]], goal: str, params: dict[str, Any]) -> str:
    """``(VALUES …)`` of step number, goal (the condition's or the step's own, whichever comes last), earliest moment.

    What is due in the night is overdue from then on, not from the evening before, when the same seconds are counted.
    """
    rows = []
    for number, step in enumerate(steps):
        params[f"s{number}"] = float(step.get("value") or 0)
        mine = goal_of(step["measure"], f"%(s{number})s::float8")
        least = "t.due" if step["measure"] == "overdue" else "NULL::timestamptz"
        rows.append(f"({number}, {f'GREATEST({goal}, {mine})' if goal else mine}, {least})")
    return f"(VALUES {', '.join(rows)})"


def _table(subject: Subject) -> str:
    return registry.register(subject.register).model._meta.db_table


def clock_of_state(subject: Subject) -> str:
    """SQL of the name of the clock a record's state shows."""
    flow = registry.register(subject.register).flow
    assert flow is not None
    named: dict[str, list[str]] = {}
    for code, state in flow.states().items():
        if state.clock:
            named.setdefault(state.clock, []).append(code)
    cases = " ".join(f"WHEN r.{flow.field} IN ({', '.join(repr(c) for c in codes)}) THEN '{clock}'"
                     for clock, codes in named.items())
    return f"CASE {cases} END"


_TIMES = """CROSS JOIN LATERAL (SELECT {began} AS began, {clock} AS clock,
  COALESCE(k.limit_unit = ANY(%(continuous)s), true) AS cont, COALESCE(k.paused_seconds, 0) AS rested OFFSET 0) b
CROSS JOIN LATERAL (SELECT {wb} AS wb, {wd} AS wd OFFSET 0) g
CROSS JOIN LATERAL (SELECT b.began, {due} AS due, b.clock, b.cont, g.wb, g.wd,
  GREATEST(g.wd - g.wb - b.rested, 0) AS span) t"""
"""OFFSET 0 keeps the planner from writing a sum out again in each place that uses it."""


def _times(began: str, due: str, clock: str) -> str:
    return _TIMES.format(began=began, due=due, clock=clock, wb=counted("extract(epoch FROM b.began)::float8", "b.cont"),
                         wd=counted(f"extract(epoch FROM {due})::float8", "b.cont"))


def live_from(subject: Subject) -> str:
    """``FROM`` of the open records with the clock their state names; one that intake wrote without runs from then."""
    named = clock_of_state(subject)
    return f"""FROM {_table(subject)} r CROSS JOIN {TABLES}
LEFT JOIN workflow_clock k ON k.register = %(register)s AND k.record_id = r.id AND k.stopped_at IS NULL
  AND k.name = {named}
{subject.joins}
{_times("COALESCE(k.started_at, r.created_at)", "r.due_at", named)}"""


LIVE = "r.finished_at IS NULL AND NOT r.paused AND r.due_at IS NOT NULL"
"""Records whose clock runs."""


def past_from(subject: Subject) -> str:
    """``FROM`` of the runs of clocks that the subject names, with their records; ``%(low)s..%(high)s`` are ids."""
    return f"""FROM workflow_clock k JOIN {_table(subject)} r ON r.id = k.record_id CROSS JOIN {TABLES}
{subject.joins}
{_times("k.started_at", "k.due_at", "k.name")}"""


PAST = ("k.register = %(register)s AND k.record_id BETWEEN %(low)s AND %(high)s AND k.name = ANY(%(clocks)s) "
        "AND k.started_at < %(until)s AND (k.stopped_at IS NULL OR k.stopped_at >= %(since)s)")
"""Runs of clocks that touch a span of time."""

"""Giving the tasks of what has become due: one statement a sort of round, however many subjects there are.

Run as often as one likes: a unique index on the open tasks of a subject (of the concrete task) refuses the second one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings

from gezhi.kernel.bulk import insert_select
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry

from .task import RoundTask

WARN_SHARE = 0.7
"""The light turns yellow when this share of the time for a task is gone."""


@dataclass(frozen=True)
class Rounds:
    """One sort of round.

    Args:
        name: kept in history.
        told: title of the message to whoever is given tasks; ``{title}`` stands for how many.
        task: class of the tasks.
        due: ``SELECT`` of the subjects to be gone to, at least with ``subject_id, area_code, place, next_on, least,
            online, by_area`` (whether a worker of the area may be sent); may use ``%(today)s`` and ``params``.
        workers: ``SELECT area_code, n, many, post_id`` of who may go where: the n-th of many for an area.
        prefer: SQL over ``d`` of a post to go rather than the worker of the area; ``""`` for none.
        columns: further columns of the task, as SQL over ``d`` (what is due).
    """

    name: str
    told: str
    task: type[RoundTask]
    due: str
    workers: str
    prefer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


LEVELS = (15, 12, 9)
"""Digits of the areas among which a worker is sought: the grid, its community, its town."""


def goer(rounds: Rounds) -> tuple[str, str]:
    """SQL of the post that goes to what is due (``d``), and the joins it needs."""
    joins = " ".join(f"LEFT JOIN ({rounds.workers}) w{n} ON w{n}.area_code = left(d.area_code, {n}) "
                     f"AND length(d.area_code) >= {n} AND w{n}.n = d.subject_id %% w{n}.many AND d.by_area"
                     for n in LEVELS)
    found = [rounds.prefer] if rounds.prefer else []
    return f"COALESCE({', '.join([*found, *(f'w{n}.post_id' for n in LEVELS)])})", joins


def statement(rounds: Rounds, today: dt.date) -> tuple[dict[str, str], str, dict[str, Any]]:
    """Columns, source and parameters for :func:`gezhi.kernel.bulk.insert_select`."""
    post, joins = goer(rounds)
    end = "GREATEST(d.next_on, %(today)s::date + d.least)"
    due = f"(({end} + 1)::timestamp AT TIME ZONE %(zone)s - interval '1 second')"
    columns = {
        "no": "'Z' || upper(substr(md5(random()::text || d.subject_id || clock_timestamp()), 1, 11))",
        "planned_on": "d.next_on", "area_code": "d.area_code", "place": "d.place", "online": "d.online",
        "given_at": "%(now)s", "tries": "0", "due_at": due, "paused": "false", "overtime": "false",
        "warn_at": f"%(now)s + ({due} - %(now)s) * {WARN_SHARE}", "post_id": post, **rounds.columns}
    return columns, f"FROM ({rounds.due}) d {joins}", {**rounds.params, "today": today, "zone": settings.TIME_ZONE}


def give(session: Session, rounds: Rounds, today: dt.date) -> int:
    """Give the tasks of what is due and has none yet; one event a worker tells how many. Returns the number given."""
    columns, source, params = statement(rounds, today)
    register = registry.register_of(rounds.task)
    assert register is not None
    event = ("SELECT %(now)s, %(event)s, %(register)s, min(m.id), min(m.area_code), NULL::bigint, "
             "jsonb_build_object('post', m.post_id, 'user', p.staff_id, 'title', count(*)::text, "
             "'tell', %(tell)s::jsonb) "
             "FROM made m JOIN units_post p ON p.id = m.post_id GROUP BY m.post_id, p.staff_id")
    tell = {"who": "assignee", "channels": "inbox", "kind": "todo", "title": rounds.told}
    return insert_select(session, rounds.task, columns, source,
                         {**params, "event": f"{register.name}.given", "register": register.name,
                          "tell": orjson.dumps(tell).decode()}, verb="give", event=event, opinion=str(rounds.name))

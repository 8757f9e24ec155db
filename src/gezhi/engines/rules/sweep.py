"""The sweep: every version in force against all open records, in the database, each step of each record once.

One statement a version finds what is due, writes the firings (a unique key refuses a second one) and puts an event a
firing in the outbox, from which the message engine tells people and domains raise what they raise.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import structlog
from django.utils.translation import gettext_noop as _n

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import insert_select
from gezhi.kernel.door import door
from gezhi.kernel.registry import registry

from . import sql
from .declare import subject_of
from .firing import RuleFiring
from .force import sweeping
from .version import RuleVersion
from .worked import counted, moment, tables

log = structlog.get_logger(__name__)

EVENT = "rule_{family}"
"""Kind of the event on the record's register, behind its name."""
TITLES = {"warning": _n("时限提醒：{title}"), "supervision": _n("规则触发督办：{title}")}


def sweep(now: dt.datetime | None = None) -> int:
    """Let every version in force act on what has become due. Returns how many firings were written."""
    made = 0
    with door(SYSTEM, at=now) as session:
        at = session.now
    for version in sweeping(at):
        count = sweep_version(version, now)
        if count:
            log.info("rule_fired", rule=version.rule.no, version=version.no, count=count)
        made += count
    return made


def sweep_version(version: RuleVersion, now: dt.datetime | None = None) -> int:
    """One version, in a transaction of its own. Returns how many firings were written."""
    with door(SYSTEM, at=now) as session:
        columns, source, params, event = statement(version, session.now)
        return insert_select(session, RuleFiring, columns, source, params, verb="fire", event=event)


def due(version: RuleVersion, now: dt.datetime) -> tuple[str, dict[str, Any]]:
    """``FROM …`` of the records and steps of a version whose moment has come and that it has not acted on yet."""
    subject = subject_of(version.rule.subject)
    compiled = sql.compile_tree(version.conditions, subject)
    params: dict[str, Any] = {**tables(now, now), **compiled.params, "register": subject.register,
                              "version": version.pk, "rule": version.rule_id, "family": version.rule.family,
                              "from": version.effective_from,
                              "to": version.effective_to, "open_too": version.open_too, "now": now,
                              "epoch": now.timestamp()}
    steps = sql.steps_sql(version.steps, compiled.goal, params)
    here = counted("%(epoch)s::float8", "false")
    later = f"GREATEST({moment('s.goal', 't.cont')}, t.began, s.least)"
    reached = f"CASE WHEN s.goal = {sql.ALWAYS} THEN %(now)s ELSE {later} END"
    where = [sql.LIVE, compiled.where, "s.goal <= CASE WHEN t.cont THEN %(epoch)s::float8 ELSE n.counted END",
             "a.at <= %(now)s",
             "(t.began >= %(from)s AND (%(to)s::timestamptz IS NULL OR t.began < %(to)s) "
             "OR %(open_too)s AND t.began < %(from)s AND a.at >= %(from)s)",
             "NOT EXISTS (SELECT 1 FROM rules_rulefiring f WHERE f.rule_version_id = %(version)s "
             "AND f.record_id = r.id AND f.step = s.step AND f.began = t.began)"]
    for name, sign, bound in zip(("low", "high"), (">=", "<="), bounds(version, now, bool(compiled.goal)), strict=True):
        if bound is not None:
            params[name] = bound
            where.append(f"r.due_at {sign} %({name})s")
    return (f"{sql.live_from(subject)} CROSS JOIN LATERAL (SELECT {here} AS counted) n "
            f"CROSS JOIN LATERAL {steps} s(step, goal, least) CROSS JOIN LATERAL (SELECT {reached} AS at) a "
            f"WHERE {' AND '.join(f'({w})' for w in where if w)}"), params


def bounds(version: RuleVersion, now: dt.datetime, mixed: bool) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Due times outside of which no step can act now, so that an index leads to the few records that matter.

    Args:
        mixed: whether the conditions ask for time too; a step's own moment then says nothing of the latest one.
    """
    calendar = registry.port("calendar")(None, now)
    low: list[dt.datetime | None] = []
    high: list[dt.datetime | None] = []
    for step in version.steps:
        seconds = int(float(step.get("value") or 0) * 3600)
        begin, measure = version.effective_from, step["measure"]
        span = dt.timedelta(seconds=seconds)
        if begin is None or measure == "begin" or mixed:
            low.append(None)
        else:
            low.append(min(calendar.add_seconds(begin, -seconds), begin - span) if measure == "overdue" else begin)
        ahead = max(calendar.add_seconds(now, seconds), now + span) if measure == "remaining" else now
        high.append(ahead if measure in ("overdue", "remaining") else None)
    lows, highs = [x for x in low if x], [x for x in high if x]
    return (min(lows) if len(lows) == len(low) else None), (max(highs) if len(highs) == len(high) else None)


def statement(version: RuleVersion, now: dt.datetime) -> tuple[dict[str, str], str, dict[str, Any], str]:
    """Columns, source, parameters and events of the firings of a version."""
    subject = subject_of(version.rule.subject)
    source, params = due(version, now)
    points = " ".join(f"WHEN {n} THEN {float(s['points'])}" for n, s in enumerate(version.steps) if "points" in s)
    columns = {
        "rule_id": "%(rule)s", "rule_version_id": "%(version)s", "family": "%(family)s", "step": "s.step",
        "subject": "%(register)s", "record_id": "r.id", "title": f"left({subject.title}, 160)", "clock": "t.clock",
        "began": "t.began", "reached_at": "a.at", "area_code": f"COALESCE({subject.area}, '')",
        "unit_id": subject.unit, "points": f"CASE s.step {points} ELSE 0 END" if points else "0"}
    if version.rule.family not in TITLES:
        return columns, source, params, ""
    payloads = [told(version, step) for step in version.steps]
    params["payloads"] = [orjson.dumps(p).decode() for p in payloads]
    params["kind"] = f"{subject.register}.{EVENT.format(family=version.rule.family)}"
    event = ("SELECT %(now)s, %(kind)s, subject, record_id, area_code, unit_id, "
             "(%(payloads)s::text[])[step + 1]::jsonb || jsonb_build_object('title', title, 'firing', id) FROM made")
    return columns, source, params, event


def told(version: RuleVersion, step: dict[str, Any]) -> dict[str, Any]:
    """What the event of a step carries: the version, the step, and whom the message engine tells by which ways."""
    family = version.rule.family
    who, channels = (step["who"], step["channels"]) if family == "warning" else ("supervisor:area", "inbox")
    kind = "warning" if family == "warning" else "supervise"
    return {"rule": version.rule.no, "rule_version": version.pk, "step": step,
            "tell": {"who": who, "channels": channels or "inbox", "kind": kind, "title": TITLES[family],
                     "urgent": False}}

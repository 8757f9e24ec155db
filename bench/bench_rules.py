"""Rules at a million open cases: the sweep of a warning, and its trial on a year, against bare SQL counting the same.

A warning "when overdue" is switched on; the first sweep writes what fell due since yesterday, the second finds nothing
more, and a warning "at 70 % of the limit" is swept beside it. The ceiling of a sweep is one hand-written statement that
counts the rows it wrote; of a trial, one that counts the same runs of clocks.
Aims: a sweep in seconds, a year of a million cases (four runs of clocks each) within a minute.

Usage: ``bench_rules.py [--rows 1000000] [--url DATABASE]`` (a database with a city and no cases, as a superuser).
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import time
from collections.abc import Callable
from typing import Any

from house import apart

CLOCKS = """
INSERT INTO workflow_clock (register, record_id, name, unit_id, limit_value, limit_unit, calendar_version, started_at,
  due_at, warn_at, paused_at, remaining, paused_seconds, stopped_at, used, overtime, exempt, uncertain)
SELECT 'case', c.id, n.name, NULL, 3, 'work_day', '', c.reported_at + n.after, c.reported_at + n.after + n.given,
  c.reported_at + n.after, NULL, NULL, 0,
  CASE WHEN n.name <> 'handle' THEN c.reported_at + n.after + n.given * (0.2 + (c.id * 7919 % 100) / 100.0) END,
  NULL, false, false, false
FROM cases_case c CROSS JOIN (VALUES ('accept', interval '0', interval '1 day'),
  ('dispatch', interval '2 hours', interval '1 day'), ('handle', interval '3 hours', interval '69 hours'),
  ('review', interval '4 days', interval '1 day')) n(name, after, given)"""
SWEPT = """
SELECT count(*) FROM cases_case r JOIN workflow_clock k ON k.register = 'case' AND k.record_id = r.id
  AND k.name = 'handle' AND k.stopped_at IS NULL
WHERE r.finished_at IS NULL AND NOT r.paused AND r.urgency = 'normal' AND r.due_at <= %s AND r.due_at >= %s"""
TRIED = """
SELECT count(*), count(DISTINCT k.record_id) FROM workflow_clock k JOIN cases_case r ON r.id = k.record_id
WHERE k.register = 'case' AND k.name IN ('accept', 'dispatch', 'handle', 'review') AND r.urgency = 'normal'
  AND k.due_at >= %s AND k.due_at < %s AND (k.stopped_at IS NULL OR k.stopped_at > k.due_at)"""


def fill_all(rows: int) -> None:
    """A year of cases that are all being handled, with the clock that runs and three that ran before it."""
    import fill
    from django.db import connection

    fill.DAYS = 365
    fill.CASES_FROM = fill.CASES_FROM.replace(
        "WHEN {rows} - g < {rows} * 0.03 AND h1 % 10 < 9 OR h1 % 400 = 0 THEN", "WHEN true THEN").replace(
        "[1 + h2 % 13]", "[8]")
    fill.CASE = {**fill.CASE, "overtime": "false"}
    fill.fill(rows, lambda line: print(line, flush=True))
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS)
        cursor.execute("VACUUM ANALYZE workflow_clock")


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of a call, and what it gave."""
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def asked(sql: str, params: list[Any]) -> Callable[[], Any]:
    """A bare statement as a call that gives its row."""
    def run() -> Any:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchone()

    return run


def version_of(name: str, measure: str, value: float, at: dt.datetime) -> Any:
    """A warning that has been in force since a moment, written as the system."""
    from gezhi.engines.rules.models import Rule, RuleVersion
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import door

    step = {"measure": measure, "value": value, "who": "unit_clerk:unit", "channels": "inbox"}
    with door(SYSTEM, at=at) as session:
        rule = session.create(Rule, {"no": name, "name": name, "family": "warning", "subject": "case"})
        return session.create(RuleVersion, {
            "rule": rule, "no": 1, "status": "approved", "effective_from": at, "steps": [step],
            "conditions": {"all": [{"fact": "urgency", "op": "in", "value": ["normal"]}]}})


def measure(rows: int) -> dict[str, Any]:
    """Sweeps and trials on the filled database."""
    from django.utils import timezone

    from gezhi.engines.rules.models import RuleTrial
    from gezhi.engines.rules.sweep import sweep_version
    from gezhi.engines.rules.tried import carry_out, totals
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import door

    now = timezone.now()
    since = now - dt.timedelta(days=1)
    overdue = version_of("BM-1", "overdue", 0, since)
    share = version_of("BM-2", "share", 70, since)
    out: dict[str, Any] = {}
    bare_s, (wanted,) = min((timed(asked(SWEPT, [now, since])) for _n in range(3)), key=lambda r: r[0])
    first_s, made = timed(lambda: sweep_version(overdue, now))
    again_s, none = min((timed(lambda: sweep_version(overdue, now)) for _n in range(3)), key=lambda r: r[0])
    share_s, shared = timed(lambda: sweep_version(share, now))
    assert (made, none) == (wanted, 0), f"sweep wrote {made} and {none}, the bare statement counts {wanted}"
    out["sweep"] = {"first_s": round(first_s, 2), "again_s": round(again_s, 2), "bare_s": round(bare_s, 2),
                    "ratio": round(again_s / bare_s, 2), "fired": made, "share_s": round(share_s, 2),
                    "share_fired": shared}
    print(f"  sweep: {out['sweep']}", flush=True)
    with door(SYSTEM, at=now) as session:
        trial = session.create(RuleTrial, {"rule_version": overdue, "days": 365, "until": now,
                                           "since": now - dt.timedelta(days=365)})
    told: list[tuple[int, int]] = []
    trial_s, _whole = timed(lambda: carry_out(trial, lambda done, total: told.append((done, total))))
    (line,) = totals(trial)
    bare_s, found = min((timed(asked(TRIED, [trial.since, trial.until])) for _n in range(2)), key=lambda r: r[0])
    assert (line["count"], line["records"]) == found, f"the trial found {line}, the bare statement {found}"
    out["trial"] = {"seconds": round(trial_s, 2), "bare_s": round(bare_s, 2), "ratio": round(trial_s / bare_s, 2),
                    "found": line["count"], "records": line["records"], "progress": len(told), "aim_s": 60}
    print(f"  trial: {out['trial']}", flush=True)
    return {"ratio": out["trial"]["ratio"], "rows": rows, **out}


def filled(options: argparse.Namespace) -> dict[str, Any]:
    """Fill the database and measure."""
    fill_all(options.rows)
    return {"bench": "rules", **measure(options.rows)}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    apart(parser, __file__, filled, lambda home, _options: home.address())


if __name__ == "__main__":
    main()

"""Running a trial: batches of records in the database, with progress; to be stopped; done again from the start if cut.

A warning would have been given where the run of a clock reached the version's moment while it was running, between
the two ends of the trial. A deadline rule is held against the clocks that started in that time: what their due time
would have been, and whether they would have been late.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.registry import registry

from . import sql
from .declare import subject_of
from .trial import RuleTrial, TrialHit, TrialProgress
from .worked import limit_seconds, moment, tables

log = structlog.get_logger(__name__)

BATCHES = 40
LEAST = 2_000
KEEP = dt.timedelta(days=31)
"""A trial is cut into so many batches of ids, but none smaller than this."""
NEWLY_LATE, NO_LONGER_LATE, TIGHTER, LOOSER, SAME = range(5)
"""What a deadline rule would have changed for a clock."""


def run(trial_id: int) -> None:
    """The worker's job."""
    trial = RuleTrial.objects.select_related("rule_version__rule").filter(pk=trial_id, status="running").first()
    if trial is None:
        return
    begin = time.perf_counter()
    try:
        if carry_out(trial):
            act(SYSTEM, trial, "finish", {"result": totals(trial), "seconds": round(time.perf_counter() - begin, 2)})
    except DatabaseError as error:
        if connection.connection is None or connection.connection.closed:
            raise  # the database is away: the job is tried again
        log.exception("trial_failed", trial=trial_id)
        act(SYSTEM, trial, "fail", {"opinion": str(error).splitlines()[0]})


def carry_out(trial: RuleTrial, told: Callable[[int, int], None] | None = None) -> bool:
    """All batches; false when somebody stopped it. ``told(done, total)`` is called after each."""
    TrialHit.objects.filter(trial_id=trial.pk).delete()
    source, params = statement(trial)
    model = registry.register(trial.rule_version.rule.subject).model
    first = model.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    last = model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    total = last - first + 1 if last else 0
    size = max(LEAST, -(-total // BATCHES))
    progress, _made = TrialProgress.objects.update_or_create(trial_id=trial.pk, defaults={"done": 0, "total": total})
    for low in range(first, last + 1, size):
        high = min(last, low + size - 1)
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO rules_trialhit (trial_id, step, record_id, at) {source}",
                           {**params, "low": low, "high": high})
        progress.done = high - first + 1
        progress.save(update_fields=["done"])
        if told is not None:
            told(progress.done, total)
        if not RuleTrial.objects.filter(pk=trial.pk, status="running").exists():
            return False
    return True


def statement(trial: RuleTrial) -> tuple[str, dict[str, Any]]:
    """``SELECT trial, step, record, moment …`` of a batch, and its parameters without the batch's ends."""
    version = trial.rule_version
    subject = subject_of(version.rule.subject)
    compiled = sql.compile_tree(version.conditions, subject)
    params: dict[str, Any] = {**tables(trial.since, trial.until), **compiled.params, "register": subject.register,
                              "trial": trial.pk, "since": trial.since, "until": trial.until,
                              "clocks": list(subject.clocks())}
    if version.rule.family == "deadline":
        return _deadline(trial, compiled, params)
    steps = sql.steps_sql(version.steps, compiled.goal, params)
    later = f"GREATEST({moment('s.goal', 't.cont')}, t.began, s.least)"
    reached = f"CASE WHEN s.goal = {sql.ALWAYS} THEN t.began ELSE {later} END"
    where = [w for w in (sql.PAST, compiled.where, f"s.goal < {sql.NEVER}") if w]
    span = "a.at >= %(since)s AND a.at < LEAST(%(until)s, COALESCE(k.stopped_at, k.paused_at, 'infinity'))"
    return (f"SELECT %(trial)s, s.step, r.id, a.at {sql.past_from(subject)} "
            f"CROSS JOIN LATERAL {steps} s(step, goal, least) CROSS JOIN LATERAL (SELECT {reached} AS at OFFSET 0) a "
            f"WHERE {' AND '.join(f'({w})' for w in where)} AND {span}"), params


def _deadline(trial: RuleTrial, compiled: sql.Compiled, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    version = trial.rule_version
    subject = subject_of(version.rule.subject)
    seconds, continuous = limit_seconds(version.limit_value or 0, version.limit_unit, trial.until)
    params.update(clocks=[version.clock], limit=float(seconds), runs=continuous,
                  continuous=_all_units() if continuous else [])
    due = moment("(t.wb + %(limit)s + COALESCE(k.paused_seconds, 0))", "%(runs)s")
    kind = (f"CASE WHEN e.ended > d.due AND e.ended <= k.due_at THEN {NEWLY_LATE} "
            f"WHEN e.ended <= d.due AND e.ended > k.due_at THEN {NO_LONGER_LATE} "
            f"WHEN d.due < k.due_at - interval '1 minute' THEN {TIGHTER} "
            f"WHEN d.due > k.due_at + interval '1 minute' THEN {LOOSER} ELSE {SAME} END")
    where = [sql.PAST, compiled.where, "k.started_at >= %(since)s"]
    return (f"SELECT %(trial)s, {kind}, r.id, d.due {sql.past_from(subject)} "
            f"CROSS JOIN LATERAL (SELECT {due} AS due OFFSET 0) d "
            f"CROSS JOIN LATERAL (SELECT COALESCE(k.stopped_at, k.paused_at, %(until)s) AS ended) e "
            f"WHERE {' AND '.join(f'({w})' for w in where if w)}"), params


def _all_units() -> list[str]:
    """Every unit of limits: the new one runs day and night, whatever the old one did."""
    from gezhi.engines.workflow.worktime import Unit

    return [str(u.value) for u in Unit]


def totals(trial: RuleTrial) -> list[dict[str, int]]:
    """Acts and records by step."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT step, count(*), count(DISTINCT record_id) FROM rules_trialhit WHERE trial_id = %s "
                       "GROUP BY step ORDER BY step", [trial.pk])
        return [{"step": s, "count": n, "records": m} for s, n, m in cursor.fetchall()]


def found(register: str, text: str) -> Any:
    """Ids of the records that a trial found: ``12`` all of trial 12, ``12-0`` those of its first step.

    A trial of another register finds none here.
    """
    trial, _dash, step = text.partition("-")
    known = RuleTrial.objects.filter(pk=int(trial), rule_version__rule__subject=register).values("pk")
    rows = TrialHit.objects.filter(trial_id__in=known)
    return (rows.filter(step=int(step)) if step else rows).values("record_id")


def forget() -> int:
    """Drop the finds of trials older than a month; their figures stay. Returns how many rows went."""
    old = RuleTrial.objects.filter(created_at__lt=timezone.now() - KEEP)
    return TrialHit.objects.filter(trial_id__in=old.values("pk")).delete()[0]

"""Running an import in the worker: batch by batch, with progress, to be stopped, and to go on after a crash.

Each batch writes its records and the results of its rows in one transaction; what was done is never done again,
so an import that was stopped, or whose process died, goes on where it stood. A job that runs holds a lease; one
whose lease ran out is taken up again by :func:`sweep`.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gezhi.engines.jobs import enqueue
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, GezhiError
from gezhi.kernel.registry import registry

from .load import DONE, Plan, attempt, plan_of
from .models import ImportJob, ImportRow

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = dt.timedelta(seconds=30)
KEEP = dt.timedelta(days=30)
"""How long rows of a file are kept for mending and for the report."""
BUSY = ("checking", "running")
JOB = "transfer.import"


class TrialOver(Exception):
    """Ends a trial: everything it wrote is undone."""


def ask(job_id: int) -> None:
    """Ask the worker to take up a job."""
    enqueue(JOB, once=f"{JOB}:{job_id}", job_id=job_id)


def start(job: ImportJob, *, trial: bool) -> bool:
    """Have all rows that wait tried or written; false while that is under way.

    Raises:
        Conflict: there is nothing to try or write any more.
    """
    if not trial and job.state == "new":
        raise Conflict(_("请先试运行，看清每一行的问题再导入"))
    if job.state == "done":
        raise Conflict(_("这次导入已经完成"))
    if job.state in BUSY and not stalled(job):
        return False
    with transaction.atomic():
        if job.state not in BUSY:
            if trial:
                job.rows.exclude(state__in=DONE).update(state="waiting", errors={})
            kept = job.rows.filter(state__in=DONE if trial else (*DONE, "wrong"))
            done, failed = kept.count(), kept.filter(state="wrong").count()
            ImportJob.objects.filter(pk=job.pk).update(
                state="checking" if trial else "running", lease_until=None, problem="", done=done, failed=failed,
                started_done=done, started_at=timezone.now())
        ask(job.pk)
    job.refresh_from_db()
    return True


def stop(job: ImportJob) -> None:
    """Stop after the batch under way; what is written stays, the rest can be gone on with."""
    ImportJob.objects.filter(pk=job.pk, state__in=BUSY).update(state="stopped")
    job.refresh_from_db()


def stalled(job: ImportJob) -> bool:
    """Whether a job should run and nobody runs it."""
    return job.state in BUSY and (job.lease_until is None or job.lease_until < timezone.now())


def claim(job: ImportJob) -> bool:
    """Take a job that should run for this process; false while another works on it."""
    now = timezone.now()
    free = ImportJob.objects.filter(pk=job.pk, state__in=BUSY).exclude(lease_until__gt=now)
    taken = bool(free.update(lease_until=now + LEASE, started_at=now, started_done=F("done")))
    job.refresh_from_db()
    return taken


def carry_on(job_id: int) -> None:
    """The worker's job: run an import to its end, in the post and the language of the person who asked for it."""
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None or not claim(job):
        return
    with translation.override(job.language or None):
        actor: Actor | None = registry.port("actor_of_post")(job.post_id, job.user_id)
        if actor is None or not actor.may(f"{job.register}.import"):
            _finish(job, "failed", _("发起导入的岗位已停用，或不再有导入权限"))
            return
        try:
            run(actor, job)
        except DatabaseError:
            raise  # the database is away: the lease runs out and the import goes on
        except Exception as error:
            log.exception("import_failed", job=job_id)
            _finish(job, "failed", f"{type(error).__name__}: {error}")


def run(actor: Actor, job: ImportJob) -> ImportJob:
    """Try or write, as its state says, all rows that wait; the caller has claimed the job."""
    aim = job.state
    trial = aim == "checking"
    plan = plan_of(job)
    while job.state == aim:
        try:
            batch = _write(actor, plan, trial)
        except GezhiError as error:
            _finish(job, "failed", str(error))
            return job
        if not batch:
            _finish(job, "checked" if trial else "done")
            if not trial:
                _audit(actor, plan)
            return job
        wrong = sum(r.state == "wrong" for r in batch)
        ImportJob.objects.filter(pk=job.pk).update(
            lease_until=timezone.now() + LEASE, done=F("done") + len(batch), failed=F("failed") + wrong)
        job.refresh_from_db()
    ImportJob.objects.filter(pk=job.pk).update(lease_until=None)  # told to stop, or to do something else
    job.refresh_from_db()
    return job


def _write(actor: Actor, plan: Plan, trial: bool) -> list[ImportRow]:
    """One batch: its records and its results in one transaction. Two processes never work on one job at once."""
    batch: list[ImportRow] = []
    waiting = ("waiting",) if trial else ("waiting", "ready")
    kept = ["state", "record_id", "errors", "cells"]
    try:
        with door(actor) as session:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [JOB, plan.job.pk])
            batch = list(plan.job.rows.filter(state__in=waiting).order_by("number")[:BATCH])
            for row in batch:
                attempt(session, plan, row, warn=trial)
            if trial:
                raise TrialOver
            for row in batch:
                row.cells = row.cells if row.state == "wrong" else []
            ImportRow.objects.bulk_update(batch, kept)
    except TrialOver:
        for row in batch:
            row.state, row.record_id = ("wrong" if row.state == "wrong" else "ready"), None
        ImportRow.objects.bulk_update(batch, kept[:-1])
    return batch


def _audit(actor: Actor, plan: Plan) -> None:
    """Write down who imported what, in the history of the register."""
    with door(actor) as session:
        session.log(plan.register, "import", {"file": plan.job.file_name, "job": plan.job.pk,
                                              **{s: plan.job.rows.filter(state=s).count() for s in (*DONE, "wrong")}})


def _finish(job: ImportJob, state: str, problem: str = "") -> None:
    ImportJob.objects.filter(pk=job.pk).update(state=state, lease_until=None, problem=problem[:500])
    job.refresh_from_db()


def sweep() -> None:
    """Take up imports that nobody runs: their worker died, or was told to stop."""
    for pk in ImportJob.objects.filter(state__in=BUSY).filter(
            Q(lease_until=None) | Q(lease_until__lt=timezone.now())).values_list("pk", flat=True):
        ask(pk)


def forget() -> None:
    """Drop the texts of files after :data:`KEEP`; what was done with each row stays."""
    old = ImportRow.objects.filter(job__created_at__lt=timezone.now() - KEEP).exclude(job__state__in=BUSY)
    old.exclude(cells=[]).update(cells=[])


def imported(register: str, job_id: int) -> Any:
    """Ids of the records an import made or changed."""
    rows = ImportRow.objects.filter(job_id=job_id, job__register=register, state__in=DONE)
    return rows.exclude(record_id=None).values("record_id")


def figures(job: ImportJob) -> dict[str, Any]:
    """Progress as data: rows done, rate, seconds left, state."""
    passed = max(0.001, (timezone.now() - job.started_at).total_seconds()) if job.started_at else 0
    rate = (job.done - job.started_done) / passed if passed and job.state in BUSY else 0
    left = (job.total - job.done) / rate if rate else None
    return {"id": job.pk, "state": job.state, "done": job.done, "total": job.total, "failed": job.failed,
            "rate": round(rate), "seconds_left": None if left is None else int(left),
            "stalled": stalled(job) and passed > 10, "problem": job.problem, "at": time.time()}

"""Running an import in the worker: chunk by chunk, with progress, to be stopped, and to go on after a crash.

Each chunk writes its records and the results of its rows in one transaction; what was done is never done again,
so an import that was stopped, or whose process died, goes on where it stood. A job that runs holds a lease; one
whose lease ran out is taken up again by :func:`sweep`. Several processes share the chunks of a large one: a chunk is
locked by who works on it, so that they, and other workers, never meet on one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import structlog
from django.db import Error, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gezhi.engines.jobs import enqueue
from gezhi.engines.jobs.nursery import beside
from gezhi.kernel import seal
from gezhi.kernel.actors import Actor
from gezhi.kernel.copying import copy_in
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, GezhiError
from gezhi.kernel.fresh import fresh
from gezhi.kernel.registry import registry

from . import chunks, load, sheet, undo
from .load import JOB
from .models import ImportChunk, ImportJob, ImportKey, ImportPiece, ImportRow
from .rows import DONE, Plan, Result, plan_of, take
from .twice import mark_repeated

log = structlog.get_logger(__name__)

LANE = "transfer.lane"
LARGE = 5_000
"""Rows from which on processes of their own share the work; a few are done before they could begin."""
LEASE = dt.timedelta(seconds=30)
KEEP = dt.timedelta(days=30)
"""How long rows of a file are kept for mending and for the report, and an import can be undone."""
DEADLOCK = "40P01"
"""The database's word for two transactions that wait for each other."""
LEARNT = (5, 50, 500)
"""Chunks upon which the database may look at the table anew: until its housekeeping comes, it plans as for a small
one."""
BUSY = ("reading", "checking", "running", "undoing")


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
    if not trial and (job.state == "new" or (job.state not in BUSY and job.chunks.filter(tried=False).exists())):
        raise Conflict(_("请先试运行，看清每一行的问题再导入"))
    if job.state in ("done", "undone"):
        raise Conflict(_("这次导入已经完成"))
    if job.state in BUSY and not stalled(job):
        return False
    if job.state in BUSY:
        ask(job.pk)
        return True
    with transaction.atomic():
        if trial:
            forget_trial(job)
        done = sum(job.chunks.filter(**{"tried" if trial else "written": True}).values_list("size", flat=True))
        _set(job, state="checking" if trial else "running", done=done, started_done=done, problem="")
        ask(job.pk)
    return True


def forget_trial(job: ImportJob) -> None:
    """Drop what an earlier trial found."""
    job.rows.exclude(state__in=DONE).delete()
    ImportKey.objects.filter(job=job).delete()
    job.chunks.update(tried=False)
    _set(job, failed=0, counts={})


def undoable(job: ImportJob) -> bool:
    """Whether something of an import can still be undone."""
    return job.created_at >= timezone.now() - KEEP and undo.left(job) > 0


def take_back(job: ImportJob) -> bool:
    """Have everything an import wrote undone, as far as nothing was changed since; false while it is under way.

    Raises:
        Conflict: it wrote nothing, or is too long ago.
    """
    if job.state == "undoing" and not stalled(job):
        return False
    if job.state in ("reading", "checking", "running"):
        raise Conflict(_("请先停止这次导入，再撤销"))
    if job.created_at < timezone.now() - KEEP:
        raise Conflict(_("导入已超过 %d 天，不能撤销") % KEEP.days)
    if not undo.left(job):
        raise Conflict(_("这次导入没有可以撤销的记录"))
    with transaction.atomic():
        if job.state != "undoing":
            _set(job, state="undoing", done=0, started_done=0, problem="", total=undo.left(job))
        ask(job.pk)
    return True


def stop(job: ImportJob) -> None:
    """Stop after the chunk under way; what is written stays, the rest can be gone on with."""
    ImportJob.objects.filter(pk=job.pk, state__in=("checking", "running", "undoing")).update(state="stopped")
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
        except Error:
            raise  # the database is away: the lease runs out and the import goes on
        except Exception as error:
            log.exception("import_failed", job=job_id)
            _finish(job, "failed", f"{type(error).__name__}: {error}")


def run(actor: Actor, job: ImportJob) -> ImportJob:
    """Read, try, write or undo, as its state says, all rows that wait; the caller has claimed the job."""
    aim = job.state
    try:
        if aim == "reading":
            _read(job)
            return job
        plan = plan_of(job)
        large = job.total >= LARGE and plan.way is None
        if large:
            _learn(plan)
            beside(LANE, job_id=job.pk, aim=aim, language=get_language())
        _lane(actor, plan, aim)  # all of it, or what a lane that failed has left
        job.refresh_from_db()
        if job.state == aim:
            _end(actor, plan)
            return job
    except GezhiError as error:
        _finish(job, "failed", str(error))
        return job
    _set(job, lease_until=None)  # told to stop, or to do something else
    return job


def lane(job_id: int, aim: str, language: str | None) -> None:
    """One of the processes that share an import which the worker runs (:func:`carry_on`)."""
    job = ImportJob.objects.get(pk=job_id)
    with translation.override(language):
        actor: Actor | None = registry.port("actor_of_post")(job.post_id, job.user_id)
        if actor is not None:
            _lane(actor, plan_of(job), aim)


def _lane(actor: Actor, plan: Plan, aim: str) -> None:
    """Work on chunk after chunk until none is left, or the job is to do something else."""
    step = {"checking": _try, "running": _write, "undoing": undo.step}[aim]
    wanted = ImportJob.objects.filter(pk=plan.job.pk, state=aim)
    more = True
    while more and wanted.update(lease_until=timezone.now() + LEASE):
        try:
            more = step(actor, plan)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                raise
            log.info("import_lanes_met", job=plan.job.pk)  # the chunk was undone and comes again


def _read(job: ImportJob) -> None:
    """Read a large file from its pieces into chunks; one that was broken off is begun again."""
    job.chunks.all().delete()

    def told(kept: int) -> None:
        if kept % 10_000 == 0:
            ImportJob.objects.filter(pk=job.pk).update(done=kept, lease_until=timezone.now() + LEASE)

    with tempfile.TemporaryFile() as spool:
        pieces = ImportPiece.objects.filter(job=job)
        for number in list(pieces.order_by("number").values_list("number", flat=True)):
            spool.write(seal.decrypt_bytes(pieces.get(number=number).body))  # one by one: all of them are the file
        rows = sheet.numbered(cast(BinaryIO, spool), job.file_name)
        load.head(job, next(rows, (0, []))[1])
        load.keep(job, rows, told)
    with transaction.atomic():
        ImportPiece.objects.filter(job=job).delete()
        _set(job, state="new", done=0, lease_until=None)


def _try(actor: Actor, plan: Plan) -> bool:
    """Judge a chunk; false when none is left. What judging wrote is undone, what was found stays."""
    results: list[Result] = []
    with transaction.atomic():
        chunk = chunks.next_of(plan.job, tried=False)
        if chunk is None:
            return False
        with contextlib.suppress(TrialOver), door(actor) as session:
            results = take(session, plan, chunks.unpack(chunk), trial=True)
            raise TrialOver
        told = [r for r in results if r.errors]
        for one in told:
            one.state, one.record_id, one.version = ("wrong" if one.state == "wrong" else "ready"), None, None
        _tell(plan.job, told)
        copy_in(ImportKey, [fresh(ImportKey, job_id=plan.job.pk, rule=rule, digest=digest, number=r.number)
                            for r in results for rule, digest in r.digests], numbered=False)
        ImportChunk.objects.filter(pk=chunk.pk).update(tried=True)
        wrong = sum(r.state == "wrong" for r in results)
        _count(plan.job, chunk, {"wrong": wrong, "ready": len(results) - wrong})
    return True


def _write(actor: Actor, plan: Plan) -> bool:
    """Write a chunk: its records and its results in one transaction; false when none is left."""
    job = plan.job
    with door(actor) as session:
        chunk = chunks.next_of(job, written=False)
        if chunk is None:
            return False
        batch = chunks.unpack(chunk)
        here: Any = job.rows.filter(number__gte=batch[0][0], number__lte=batch[-1][0])
        barred = set(here.filter(state="wrong").values_list("number", flat=True))
        here.filter(state="ready").delete()
        results = take(session, plan, [row for row in batch if row[0] not in barred], trial=False)
        _tell(job, results)
        barred |= {r.number for r in results if r.state == "wrong"}
        left = [row for row in batch if row[0] in barred]
        ImportChunk.objects.filter(pk=chunk.pk).update(written=True, body=chunks.pack(left) if left else b"")
        _count(job, chunk, Counter(r.state for r in results))
    if chunk.first // chunks.SIZE in LEARNT:
        _learn(plan, chunk.first)
    return True


def _learn(plan: Plan, written: int = 0) -> None:
    """Have the database look at the register's table anew, for look-ups of chunks and for lists meanwhile.

    Unless it has grown by less than half since it looked last: of a million rows a look takes as long as ten thousand
    rows take to write, and shows the same.

    Args:
        written: rows of the import so far, of which the database's own figures may not know yet.
    """
    table = plan.register.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples, pg_stat_get_mod_since_analyze(oid) FROM pg_class WHERE oid = %s::regclass",
                       [connection.ops.quote_name(table)])
        known, since = cursor.fetchone()
        if max(written, since) * 2 >= known:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def _tell(job: ImportJob, results: Sequence[Result]) -> None:
    copy_in(ImportRow, [fresh(ImportRow, job_id=job.pk, number=r.number, state=r.state, record_id=r.record_id,
                              version=r.version, before=r.before, errors=r.errors) for r in results], numbered=False)


def _count(job: ImportJob, chunk: ImportChunk, found: dict[str, int]) -> None:
    """Add a chunk's rows to the job's figures, in the transaction that makes them true."""
    at = ImportJob.objects.select_for_update().get(pk=job.pk)
    counts = {s: at.counts.get(s, 0) + n for s, n in found.items()}
    ImportJob.objects.filter(pk=job.pk).update(
        done=F("done") + chunk.size, failed=F("failed") + found.get("wrong", 0), counts=at.counts | counts)


def _end(actor: Actor, plan: Plan) -> None:
    """All rows are done: look at them as a whole, and write down what was done."""
    job = plan.job
    if job.state == "checking":
        mark_repeated(plan)
        _finish(job, "checked")
        return
    verb = "import" if job.state == "running" else "unimport"
    _finish(job, "done" if job.state == "running" else "undone")
    facts = {"file": job.file_name, "job": job.pk, **{s: n for s, n in job.counts.items() if s != "ready"}}
    with door(actor) as session:
        session.log(plan.register, "import", facts, opinion=_("撤销导入") if verb == "unimport" else "")


def _set(job: ImportJob, **values: Any) -> None:
    ImportJob.objects.filter(pk=job.pk).update(**values)
    job.refresh_from_db()


def _finish(job: ImportJob, state: str, problem: str = "") -> None:
    _set(job, state=state, lease_until=None, problem=problem[:500])


def sweep() -> None:
    """Take up imports that nobody runs: their worker died, or was told to stop."""
    for pk in ImportJob.objects.filter(state__in=BUSY).filter(
            Q(lease_until=None) | Q(lease_until__lt=timezone.now())).values_list("pk", flat=True):
        ask(pk)


def forget() -> None:
    """Drop the texts of files after :data:`KEEP`; what was done with each row stays."""
    old = Q(job__created_at__lt=timezone.now() - KEEP) & ~Q(job__state__in=BUSY)
    ImportChunk.objects.filter(old).exclude(body=b"").update(body=b"")
    ImportPiece.objects.filter(old).delete()
    ImportKey.objects.filter(old).delete()
    ImportRow.objects.filter(old).exclude(before=None).update(before=None)


def imported(register: str, job_id: int) -> Any:
    """Ids of the records an import made or changed."""
    rows = ImportRow.objects.filter(job_id=job_id, job__register=register, state__in=(*DONE, "kept"))
    return rows.exclude(record_id=None).values("record_id")


def figures(job: ImportJob) -> dict[str, Any]:
    """Progress as data: rows done, rate, seconds left, state."""
    passed = max(0.001, (timezone.now() - job.started_at).total_seconds()) if job.started_at else 0
    rate = (job.done - job.started_done) / passed if passed and job.state in BUSY else 0
    left = (job.total - job.done) / rate if rate and job.total else None
    return {"id": job.pk, "state": job.state, "done": job.done, "total": job.total, "failed": job.failed,
            "rate": round(rate), "seconds_left": None if left is None else int(left),
            "stalled": stalled(job) and passed > 10, "problem": job.problem, "at": time.time()}

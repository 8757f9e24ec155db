"""Import: rows of a file are kept, mapped to fields, tried, and then written through the door, batch by batch.

Each batch writes its records and the results of its rows in one transaction; what was done is never done again,
so an import that was stopped, or whose process died, goes on where it stood.
"""

from __future__ import annotations

import datetime as dt
import difflib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Conflict, GezhiError, Invalid, Refused
from gezhi.kernel.kinds import INTERNAL, PUBLIC, Kind, LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import sheet
from .models import ImportJob, ImportRow
from .template import fields

BATCH = 100
LEASE = dt.timedelta(seconds=60)
DONE = ("created", "changed", "same")


class TrialOver(Exception):
    """Ends a trial: everything it wrote is undone."""


def begin(actor: Actor, register: Register, stream: BinaryIO, name: str) -> ImportJob:
    """Keep the rows of a file as a job and guess which column is which field.

    Raises:
        Refused: no right to import. Invalid: the file cannot be read, or holds no rows.
    """
    if not actor.may(f"{register.name}.import") or actor.user_id is None:
        raise Refused
    rows = sheet.read(stream, name)
    heads = next(rows, [])
    if not heads:
        raise Invalid({"file": [_("文件是空的：第一行应为列名")]})
    with transaction.atomic():
        job = ImportJob.objects.create(register=register.name, user_id=actor.user_id, actor_name=actor.name[:80],
                                       file_name=name[:200], columns=heads, mapping=guess(register, heads))
        for batch in _batches(enumerate(rows, 2), 1000):
            ImportRow.objects.bulk_create([ImportRow(job=job, number=n, cells=cells) for n, cells in batch])
            job.total += len(batch)
        if not job.total:
            raise Invalid({"file": [_("文件只有列名，没有内容")]})
        job.save(update_fields=["total"])
    return job


def _batches(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def guess(register: Register, heads: list[str]) -> dict[str, str]:
    """Column number (as text) to field name: by label or name, then by likeness."""
    known = {k.label: k.name for k in fields(register)} | {k.name: k.name for k in fields(register)}
    out: dict[str, str] = {}
    for at, head in enumerate(heads):
        plain = head.strip().rstrip("*＊").strip()
        name = known.get(plain)
        if name is None:
            near = difflib.get_close_matches(plain, known, 1, 0.75)
            name = known[near[0]] if near else None
        if name is not None and name not in out.values():
            out[str(at)] = name
    return out


def remap(job: ImportJob, mapping: Mapping[str, str]) -> None:
    """Say which column is which field; earlier results of a trial are dropped.

    Raises:
        Invalid: a field that is not offered or stands twice. Conflict: the import has begun to write.
    """
    register = registry.register(job.register)
    offered = {k.name for k in fields(register)}
    kept = {str(int(at)): name for at, name in mapping.items() if name and 0 <= int(at) < len(job.columns)}
    if wrong := set(kept.values()) - offered:
        raise Invalid({"mapping": [_("没有“%s”这个字段") % min(wrong)]})
    twice = next((n for n in kept.values() if list(kept.values()).count(n) > 1), None)
    if twice is not None:
        raise Invalid({"mapping": [_("“%s”对应了两列") % register.kinds[twice].label]})
    if not kept:
        raise Invalid({"mapping": [_("请至少对应一列")]})
    if job.state in ("running", "checking", "done") or job.rows.filter(state__in=DONE).exists():
        raise Conflict(_("这次导入已经开始写入，不能再改列的对应"))
    with transaction.atomic():
        job.rows.update(state="waiting", errors={})
        job.mapping, job.state, job.done, job.failed = kept, "new", 0, 0
        job.save(update_fields=["mapping", "state", "done", "failed"])


# -- one row -----------------------------------------------------------------------------------------------
def parse(job: ImportJob, register: Register, cells: list[str]) -> dict[str, Any]:
    """Values of a row by field; empty cells are left out, unless they are of required fields.

    Raises:
        Invalid: everything that is wrong with it, by field.
    """
    out: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    for at, name in job.mapping.items():
        kind: Kind = register.kinds[name]
        raw = cells[int(at)] if int(at) < len(cells) else ""
        if kind.sensitivity not in (PUBLIC, INTERNAL) and ("*" in raw or "＊" in raw):
            continue  # the masked text of an export says nothing new
        if not raw and not kind.required:
            continue
        try:
            out[name] = kind.parse(raw)
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    return out


def put(session: Session, register: Register, values: Mapping[str, Any]) -> tuple[str, int]:
    """Write one row: change the record whose key it carries, else create one.

    Returns:
        What was done (``created``, ``changed``, ``same``) and the record's id.
    """
    key = values.get(register.key) if register.key != "id" else None
    record = register.model.objects.filter(**{register.key: key}).first() if key not in (None, "") else None
    if record is None:
        return "created", session.create(register.model, values, verb="import").pk
    if not register.model.objects.filter(sight(register, session.actor, "import"), pk=record.pk).exists():
        raise Refused(_("“%s”已存在，但不在您的管辖范围") % key)
    new = {n: v for n, v in values.items() if _other(register.kinds[n], record, v)}
    if not new:
        return "same", record.pk
    session.change(record, new, verb="import")
    return "changed", record.pk


def _other(kind: Kind, record: Any, value: Any) -> bool:
    if isinstance(kind, LinkKind):
        return getattr(record, f"{kind.name}_id") != getattr(value, "pk", None)
    return kind.value(record) != value


def _attempt(session: Session, job: ImportJob, register: Register, row: ImportRow) -> None:
    """Write one row inside a savepoint; what is wrong stands on the row."""
    row.errors = {}
    try:
        with transaction.atomic(), _undone(session):
            row.state, row.record_id = put(session, register, parse(job, register, row.cells))
    except Invalid as error:
        row.state, row.errors = "wrong", {n: [str(m) for m in ms] for n, ms in error.errors.items()}
    except GezhiError as error:
        row.state, row.errors = "wrong", {"": [str(error)]}


class _undone:
    """History and events collected by a row that failed are dropped with its records."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> None:
        self.kept = len(self.session.histories), len(self.session.events), len(self.session.after)

    def __exit__(self, kind: Any, *_more: Any) -> None:
        if kind is not None:
            histories, events, after = self.kept
            del self.session.histories[histories:], self.session.events[events:], self.session.after[after:]


# -- the run -----------------------------------------------------------------------------------------------
def claim(job: ImportJob, state: str) -> bool:
    """Take the job for this process; false while another works on it."""
    now = timezone.now()
    free = ImportJob.objects.filter(pk=job.pk).exclude(lease_until__gt=now)
    if not free.update(lease_until=now + LEASE, state=state, started_at=now):
        return False
    job.refresh_from_db()
    return True


def run(actor: Actor, job: ImportJob, *, trial: bool, beat: Callable[[ImportJob], None] | None = None) -> ImportJob:
    """Try or write all rows that wait; the caller has claimed the job.

    Args:
        trial: write nothing that stays: every error by row and column.
        beat: called after each batch.
    """
    register = registry.register(job.register)
    waiting: tuple[str, ...] = ("waiting", "ready")
    if trial:
        waiting = ("waiting",)
        job.rows.exclude(state__in=DONE).update(state="waiting", errors={})
        _progress(job, done=job.rows.filter(state__in=DONE).count(), failed=0)
    while True:
        batch = list(job.rows.filter(state__in=waiting).order_by("number")[:BATCH])
        if not batch:
            break
        try:
            _write(actor, job, register, batch, trial)
        except GezhiError as error:
            _finish(job, "failed", str(error))
            return job
        _progress(job, done=F("done") + len(batch), failed=F("failed") + sum(r.state == "wrong" for r in batch))
        if beat is not None:
            beat(job)
        if job.state == "stopped":
            _finish(job, "stopped")
            return job
    _finish(job, "checked" if trial else "done")
    return job


def _write(actor: Actor, job: ImportJob, register: Register, batch: list[ImportRow], trial: bool) -> None:
    """One batch: its records and its results in one transaction."""
    try:
        with door(actor) as session:
            for row in batch:
                _attempt(session, job, register, row)
            if trial:
                raise TrialOver
            ImportRow.objects.bulk_update(batch, ["state", "record_id", "errors"])
    except TrialOver:
        for row in batch:
            row.state, row.record_id = ("wrong" if row.state == "wrong" else "ready"), None
        ImportRow.objects.bulk_update(batch, ["state", "record_id", "errors"])


def _progress(job: ImportJob, **values: Any) -> None:
    ImportJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() + LEASE, **values)
    job.refresh_from_db()


def _finish(job: ImportJob, state: str, problem: str = "") -> None:
    ImportJob.objects.filter(pk=job.pk).update(state=state, lease_until=None, problem=problem[:500])
    job.refresh_from_db()


def start(actor: Actor, job: ImportJob, *, trial: bool, work: Callable[[Callable[[], None]], None]) -> bool:
    """Claim the job and hand its run to ``work`` (a thread, a queue, or a plain call in tests).

    Raises:
        Conflict: there is nothing to try or write any more.
    """
    if not trial and job.state == "new":
        raise Conflict(_("请先试运行，看清每一行的问题再导入"))
    if job.state == "done":
        raise Conflict(_("这次导入已经完成"))
    if not claim(job, "checking" if trial else "running"):
        return False
    if not trial:
        begun = job.rows.filter(state__in=DONE).count()
        failed = job.rows.filter(state="wrong").count()
        _progress(job, done=begun + failed, failed=failed)
    work(lambda: _safely(actor, job, trial))
    return True


def _safely(actor: Actor, job: ImportJob, trial: bool) -> None:
    try:
        run(actor, job, trial=trial)
    except Exception as error:
        _finish(job, "failed", f"{type(error).__name__}: {error}")
        raise


def figures(job: ImportJob) -> dict[str, Any]:
    """Progress as data: rows done, rate, seconds left, state."""
    passed = max(0.001, (timezone.now() - job.started_at).total_seconds()) if job.started_at else 0
    rate = job.done / passed if passed and job.state in ("running", "checking") else 0
    left = (job.total - job.done) / rate if rate else None
    stalled = job.state in ("running", "checking") and (job.lease_until is None or job.lease_until < timezone.now())
    return {"id": job.pk, "state": job.state, "done": job.done, "total": job.total, "failed": job.failed,
            "rate": round(rate), "seconds_left": None if left is None else int(left), "stalled": stalled,
            "problem": job.problem, "at": time.time()}

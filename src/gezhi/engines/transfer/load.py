"""Import: rows of a file are kept, mapped to fields, and written through the door one by one (``carry`` runs them)."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.db.models import Count, Min
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gezhi.engines.duplicates.likeness import alike
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Conflict, GezhiError, Invalid, Refused
from gezhi.kernel.kinds import INTERNAL, PUBLIC, Kind, LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import sheet
from .intake import Intake, intake_of
from .models import ImportJob, ImportRow
from .template import fields

DONE = ("created", "changed", "same")
NOTED = "#"
"""Columns whose heading starts so were written by us beside the rows (what was wrong); they are not read."""
WARNED = 20_000
"""Rows of a file up to which each is compared with what is there; more would cost a query a row for long."""
REMEMBERED = 100
"""Earlier imports of a register that are looked through for the same columns."""


def begin(actor: Actor, register: Register, stream: BinaryIO, name: str) -> ImportJob:
    """Keep the rows of a file as a job and guess which column is which field.

    Raises:
        Refused: no right to import. Invalid: the file cannot be read, or holds no rows.
    """
    if not actor.may(f"{register.name}.import") or actor.user_id is None:
        raise Refused
    rows = sheet.numbered(stream, name)
    heads = next(rows, (0, []))[1]
    if not heads:
        raise Invalid({"file": [_("文件是空的：第一行应为列名")]})
    stream.seek(0)
    mark = hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()[:16]
    with transaction.atomic():
        job = ImportJob.objects.create(
            register=register.name, user_id=actor.user_id, post_id=actor.post_id, actor_name=actor.name[:80],
            file_name=name[:200], columns=heads, mark=mark, language=get_language() or "",
            mapping=remembered(register, heads, actor.user_id) or guess(register, heads))
        for batch in _batches(rows, 1000):
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


def remembered(register: Register, heads: list[str], user_id: int) -> dict[str, str]:
    """How a file with these columns, in whatever order, was read the last time: by this person, else by anyone."""
    offered = {k.name for k in fields(register)}
    earlier = ImportJob.objects.filter(register=register.name).exclude(state="new").order_by("-id")[:REMEMBERED]
    for job in sorted(earlier, key=lambda j: j.user_id != user_id):
        if _plain(job.columns) == _plain(heads) and len(set(heads)) == len(heads):
            names = {job.columns[int(at)]: name for at, name in job.mapping.items() if name in offered}
            return {str(at): names[head] for at, head in enumerate(heads) if head in names}
    return {}


def _plain(heads: list[str]) -> list[str]:
    return sorted(h for h in heads if not h.startswith(NOTED))


def guess(register: Register, heads: list[str]) -> dict[str, str]:
    """Column number (as text) to field name: by label or name, then by likeness."""
    known = {k.label: k.name for k in fields(register)} | {k.name: k.name for k in fields(register)}
    out: dict[str, str] = {}
    for at, head in enumerate(heads):
        if head.startswith(NOTED):
            continue
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
    labels = {k.name: k.label for k in fields(register)}
    kept = {str(int(at)): name for at, name in mapping.items() if name and 0 <= int(at) < len(job.columns)}
    if wrong := set(kept.values()) - set(labels):
        raise Invalid({"mapping": [_("没有“%s”这个字段") % min(wrong)]})
    twice = next((n for n in kept.values() if list(kept.values()).count(n) > 1), None)
    if twice is not None:
        raise Invalid({"mapping": [_("“%s”对应了两列") % labels[twice]]})
    if not kept:
        raise Invalid({"mapping": [_("请至少对应一列")]})
    if job.state in ("running", "checking", "done") or job.rows.filter(state__in=DONE).exists():
        raise Conflict(_("这次导入已经开始写入，不能再改列的对应"))
    with transaction.atomic():
        job.rows.update(state="waiting", errors={})
        job.mapping, job.state, job.done, job.failed = kept, "new", 0, 0
        job.save(update_fields=["mapping", "state", "done", "failed"])


# -- one row -----------------------------------------------------------------------------------------------
@dataclass
class Plan:
    """How the rows of a job are read; worked out once a run.

    Attributes:
        kinds: columns on offer, by name.
        way: the way in of registers whose records are made by a move.
        key_at: number of the column that holds each row's key, or ``None``.
        firsts: keys that stand in the file more than once, with the row that has each first.
    """

    job: ImportJob
    register: Register
    kinds: dict[str, Kind]
    way: Intake | None
    key_at: int | None = None
    firsts: dict[str, int] = field(default_factory=dict)

    def twice(self, row: ImportRow) -> int | None:
        """The earlier row of the file with the same key."""
        key = row.cells[self.key_at] if self.key_at is not None and self.key_at < len(row.cells) else ""
        first = self.firsts.get(key)
        return first if first is not None and first != row.number else None


def plan_of(job: ImportJob) -> Plan:
    """The plan of a job's columns."""
    register = registry.register(job.register)
    way = intake_of(register)
    plan = Plan(job, register, {k.name: k for k in fields(register)}, way)
    key = way.key if way else register.key
    plan.key_at = next((int(at) for at, name in job.mapping.items() if name == key), None)
    if plan.key_at is not None:
        rows_: Any = job.rows.annotate(key=KeyTextTransform(str(plan.key_at), "cells"))
        same = rows_.exclude(key="").exclude(key__isnull=True)
        same = same.values("key").annotate(first=Min("number"), n=Count("pk")).filter(n__gt=1).order_by()
        plan.firsts = {r["key"]: r["first"] for r in same}
    return plan


def parse(plan: Plan, cells: list[str]) -> dict[str, Any]:
    """Values of a row by field; empty cells are left out, unless they are of required fields.

    Raises:
        Invalid: everything that is wrong with it, by field.
    """
    out: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    for at, name in plan.job.mapping.items():
        kind = plan.kinds[name]
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


def _take(session: Session, plan: Plan, row: ImportRow) -> tuple[str, int]:
    """Take one row in: by the declared way, else by the fields of the form."""
    values = parse(plan, row.cells)
    if plan.way is None:
        return put(session, plan.register, values)
    key = str(values.pop(plan.way.key, "") or f"{plan.job.mark}:{row.number}")[:80]
    record, made = plan.way.take(session.actor, values, key)
    return ("created" if made else "same"), record.pk


def attempt(session: Session, plan: Plan, row: ImportRow, warn: bool = False) -> None:
    """Write one row inside a savepoint; what is wrong stands on the row, with ``warn`` also what it looks like."""
    row.errors = {}
    first = plan.twice(row)
    if first is not None:
        name = plan.job.mapping[str(plan.key_at)]
        row.state, row.errors = "wrong", {name: [_("与第 %d 行重复") % first]}
        return
    try:
        with transaction.atomic(), _undone(session):
            row.state, row.record_id = _take(session, plan, row)
            if warn and row.state == "created" and row.record_id is not None:
                row.errors = _resembles(session, plan, row.record_id)
    except Invalid as error:
        row.state, row.errors = "wrong", {n: [str(m) for m in ms] for n, ms in error.errors.items()}
    except GezhiError as error:
        row.state, row.errors = "wrong", {"": [str(error)]}


def _resembles(session: Session, plan: Plan, pk: int) -> dict[str, list[str]]:
    """What a new record may be the same as, in words; nothing for a register that does not say."""
    if plan.register.alike is None or plan.job.total > WARNED:
        return {}
    found = alike(plan.register, session.actor, plan.register.model.objects.get(pk=pk), most=1)
    return {"": [_("可能与“%(title)s”重复：%(why)s相同或相近") % {
        "title": plan.register.title(one.record), "why": "、".join(one.why)} for one in found]} if found else {}


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

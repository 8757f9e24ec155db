"""Import: the rows of a file are kept and mapped to fields; ``carry`` has them tried and written."""

from __future__ import annotations

import difflib
import hashlib
import io
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gezhi.engines.jobs import enqueue
from gezhi.kernel import seal
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import chunks, sheet
from .intake import intake_of
from .models import ImportJob, ImportPiece
from .rows import DONE
from .template import fields

JOB = "transfer.import"
NOTED = "#"
"""Columns whose heading starts so were written by us beside the rows (what was wrong); they are not read."""
DIRECT, DIRECT_BOOK = 8 * 2**20, 2**20
"""Bytes of a file, and of a workbook, up to which it is read while its sender waits; the worker reads a larger one."""
PIECE = 4 * 2**20
SINGLE = 100
"""Rows that are written together where each is taken in by a move."""
REMEMBERED = 100
"""Earlier imports of a register that are looked through for the same columns."""


def begin(actor: Actor, register: Register, stream: BinaryIO, name: str) -> ImportJob:
    """Keep a file as a job and guess which column is which field. A large file is read by the worker afterwards.

    Raises:
        Refused: no right to import. Invalid: the file cannot be read, or holds no rows.
    """
    if not actor.may(f"{register.name}.import") or actor.user_id is None:
        raise Refused
    stream.seek(0)
    book = stream.read(4) == sheet.PACKED
    direct = stream.seek(0, io.SEEK_END) <= (DIRECT_BOOK if book else DIRECT)
    # the first row of a large workbook costs as much as all of its texts
    heads = next(sheet.numbered(stream, name), (0, []))[1] if direct or not book else None
    stream.seek(0)
    mark = hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()[:16]
    with transaction.atomic():
        job = ImportJob.objects.create(
            register=register.name, user_id=actor.user_id, post_id=actor.post_id, actor_name=actor.name[:80],
            file_name=name[:200], mark=mark, language=get_language() or "", state="new" if direct else "reading")
        if heads is not None:
            head(job, heads)
        if direct:
            stream.seek(0)
            rows = sheet.numbered(stream, name)
            next(rows)
            keep(job, rows)
        else:
            _put_by(job, stream)
            enqueue(JOB, once=f"{JOB}:{job.pk}", job_id=job.pk)
    return job


def head(job: ImportJob, heads: list[str]) -> None:
    """Note the columns of a file, and which field each seems to be.

    Raises:
        Invalid: there are none.
    """
    if not heads:
        raise Invalid({"file": [_("文件是空的：第一行应为列名")]})
    register = registry.register(job.register)
    job.columns = heads
    job.mapping = remembered(register, heads, job.user_id) or guess(register, heads)
    job.save(update_fields=["columns", "mapping"])


def keep(job: ImportJob, rows: Any, told: Any = None) -> None:
    """Keep the rows of a file as chunks.

    Args:
        told: called after each chunk with the number of rows kept so far.

    Raises:
        Invalid: there are none.
    """
    for kept in chunks.keep(job, rows, size=SINGLE if intake_of(registry.register(job.register)) else None):
        job.total = kept
        if told is not None:
            told(kept)
    if not job.total:
        raise Invalid({"file": [_("文件只有列名，没有内容")]})
    job.save(update_fields=["total"])


def _put_by(job: ImportJob, stream: BinaryIO) -> None:
    stream.seek(0)
    for number, body in enumerate(iter(lambda: stream.read(PIECE), b"")):
        ImportPiece.objects.create(job=job, number=number, body=seal.encrypt_bytes(body))


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
    if job.state not in ("new", "checked", "stopped", "failed") or job.rows.filter(state__in=DONE).exists():
        raise Conflict(_("这次导入已经开始写入，不能再改列的对应"))
    with transaction.atomic():
        job.rows.all().delete()
        job.chunks.update(tried=False)
        job.mapping, job.state, job.done, job.failed, job.counts = kept, "new", 0, 0, {}
        job.save(update_fields=["mapping", "state", "done", "failed", "counts"])

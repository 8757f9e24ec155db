"""Undoing an import: what it made is removed, what it changed is put back, each with its history.

What was changed since, or is in use, stays as it is and is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from django.db.models import F
from django.utils.translation import gettext as _

from gezhi.kernel import many, seal
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Conflict
from gezhi.kernel.restore import read_back

from . import chunks
from .models import ImportChunk, ImportJob, ImportRow
from .rows import Plan

WROTE = ("created", "changed")
END = 2**31 - 1
VERB = "unimport"


def left(job: ImportJob) -> int:
    """How many rows an import wrote that are not undone."""
    return sum(job.counts.get(state, 0) for state in WROTE)


def step(actor: Actor, plan: Plan) -> bool:
    """Undo the last chunk that is left, in one transaction; false when none is."""
    job = plan.job
    with door(actor) as session:
        chunk = chunks.next_of(job, "-first", written=True, undone=False)
        if chunk is None:
            return False
        after = job.chunks.filter(first__gt=chunk.first).order_by("first").values_list("first", flat=True).first()
        rows = list(job.rows.filter(state__in=WROTE, number__gte=chunk.first, number__lt=after or END))
        ImportChunk.objects.filter(pk=chunk.pk).update(undone=True)
        before = Counter(row.state for row in rows)
        stay = _remove(session, plan, [r for r in rows if r.state == "created"])
        stay |= _put_back(session, plan, [r for r in rows if r.state == "changed"])
        for row in rows:
            row.state = "kept" if row.pk in stay else "undone"
            row.errors = {"": [stay[row.pk]]} if row.pk in stay else {}
            row.before = None
        ImportRow.objects.filter(pk__in=[r.pk for r in rows if r.pk not in stay]).update(state="undone", before=None,
                                                                                       errors={})
        ImportRow.objects.bulk_update([r for r in rows if r.pk in stay], ["state", "errors", "before"])
        at = ImportJob.objects.select_for_update().get(pk=job.pk)
        counts = Counter(at.counts)
        counts.subtract(before)
        counts.update(row.state for row in rows)
        ImportJob.objects.filter(pk=job.pk).update(done=F("done") + len(rows), counts=dict(+counts))
    return True


def _since() -> str:
    return _("导入后又有修改，保持现状")


def _remove(session: Session, plan: Plan, rows: list[ImportRow]) -> dict[int, str]:
    """Remove what the import made. Returns why rows stay, by their number in the table."""
    if not rows:
        return {}
    by_record = {r.record_id: r for r in rows if r.record_id is not None}

    def unless(record: Any) -> str:
        return "" if record.version == by_record[record.pk].version else _since()

    stay = many.remove_many(session, plan.register.model, list(by_record), verb=VERB, opinion=_("撤销导入"),
                            unless=unless)
    return {by_record[pk].pk: why for pk, why in stay.items()}


def _put_back(session: Session, plan: Plan, rows: list[ImportRow]) -> dict[int, str]:
    """Give changed records their earlier values back. Returns why rows stay, by their number in the table."""
    if not rows:
        return {}
    model = plan.register.model
    by_record = {r.record_id: r for r in rows if r.record_id is not None}
    pairs = [(pk, _values(model, r)) for pk, r in by_record.items()]

    def meets(record: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
        if record.version != by_record[record.pk].version:
            raise Conflict(_since())
        return values

    made = many.change_many(session, model, pairs, verb=VERB, opinion=_("撤销导入"), trusted=True, meets=meets)
    return {by_record[pk].pk: str(one.error) for (pk, _v), one in zip(pairs, made, strict=True) if one.error}


def _values(model: Any, row: ImportRow) -> dict[str, Any]:
    """What the import found, by column; what the door itself fills is left to it."""
    told = orjson.loads(seal.decrypt_bytes(row.before)) if row.before else {}
    fields = {f.attname: f for f in model._meta.concrete_fields}
    own = ("version", "seal", "updated_at")
    return {n: read_back(fields[n], v) for n, v in told.items()
            if n in fields and n not in own and not hasattr(fields[n], "derive")}

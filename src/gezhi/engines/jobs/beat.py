"""The clock of periodic work: every worker ticks, one of them wins each turn."""

from __future__ import annotations

import datetime as dt
import time

import structlog
from django.db import transaction
from django.utils import timezone

from gezhi.kernel.registry import registry

from .declare import Periodic
from .models import Beat

log = structlog.get_logger(__name__)


def prepare() -> None:
    """Give every declared periodic job its row; rows of jobs that are gone are dropped."""
    names = {p.name for p in registry.of(Periodic)}
    now = timezone.now()
    Beat.objects.bulk_create([Beat(name=n, next_at=now) for n in names], ignore_conflicts=True)
    Beat.objects.exclude(name__in=names).delete()


def claim(now: dt.datetime) -> list[Periodic]:
    """Periodic jobs whose turn it is; their next turn is set, so that no other worker takes this one."""
    declared = {p.name: p for p in registry.of(Periodic)}
    with transaction.atomic():
        due = list(Beat.objects.select_for_update(skip_locked=True).filter(next_at__lte=now, name__in=declared))
        for beat in due:
            beat.next_at = now + dt.timedelta(seconds=declared[beat.name].every_seconds)
            beat.started_at = now
            beat.save(update_fields=["next_at", "started_at"])
    return [declared[b.name] for b in due]


def run(periodic: Periodic) -> bool:
    """Run one periodic job and keep how it went; a failure is logged and waits for its next turn."""
    begin = time.perf_counter()
    error = ""
    try:
        periodic.run()
    except Exception as failure:
        error = repr(failure)
        log.exception("periodic_failed", name=periodic.name)
    beat = Beat.objects.filter(pk=periodic.name).first()
    if beat is not None:
        beat.ended_at, beat.seconds, beat.error = timezone.now(), time.perf_counter() - begin, error
        beat.failures = beat.failures + 1 if error else 0
        beat.save(update_fields=["ended_at", "seconds", "error", "failures"])
    return not error


def tick() -> int:
    """Run what is due, one after another. Returns how many ran."""
    due = claim(timezone.now())
    for periodic in due:
        run(periodic)
    return len(due)

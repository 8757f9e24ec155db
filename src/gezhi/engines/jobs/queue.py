"""Asking for a job, and the one task of the job library that runs all declared jobs."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import close_old_connections, transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as QueuedJob

from gezhi.kernel.registry import registry

from .declare import Job

log = structlog.get_logger(__name__)


def declared(name: str) -> Job:
    """The job of that name.

    Raises:
        LookupError: nothing declares it.
    """
    for job in registry.of(Job):
        if job.name == name:
            return job
    raise LookupError(f"no job {name!r}")


class _Declared(BaseRetryStrategy):
    """Retries as the job's declaration says."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        try:
            wanted = declared(str(job.task_kwargs["name"]))
        except LookupError:
            return None
        if job.attempts + 1 >= wanted.tries:
            return None
        return RetryDecision(retry_in={"seconds": wanted.wait * 2 ** job.attempts})


@app.task(name="gezhi.run", pass_context=True, retry=_Declared())
def run(context: JobContext, name: str, args: dict[str, Any]) -> None:
    """Run a declared job in a thread of the worker, on a connection of its own."""
    close_old_connections()
    try:
        with structlog.contextvars.bound_contextvars(job=name, job_id=context.job.id):
            declared(name).run(**args)
    finally:
        close_old_connections()


def enqueue(name: str, *, once: str = "", after_seconds: int = 0, **args: Any) -> int | None:
    """Ask for a job as part of the present transaction: it is not run when that is rolled back.

    Args:
        name: a declared :class:`Job`.
        once: a key; a second request with the same key is dropped while the first waits.
        after_seconds: earliest start from now.
        args: JSON data for the job.

    Returns:
        The job's id, or ``None`` when it was waiting already.
    """
    declared(name)
    options: dict[str, Any] = {"queueing_lock": once} if once else {}
    if after_seconds:
        options["schedule_in"] = {"seconds": after_seconds}
    try:
        with transaction.atomic():  # a job that waits already must not spoil the caller's transaction
            return run.configure(**options).defer(name=name, args=args)
    except AlreadyEnqueued:
        return None

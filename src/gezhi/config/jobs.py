"""Jobs that every installation runs by itself. Tasks of rooms are listed in ``PROCRASTINATE_IMPORT_PATHS``."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

log = structlog.get_logger(__name__)

SILENT_SECONDS = 30
"""A worker not heard of for so long is dead; its jobs are taken up again."""
KEEP_HOURS = 24 * 14


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> int:
    """Give jobs of workers that were killed to others. Returns how many. (*timestamp*: the tick, unused.)"""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
    for job in stalled:
        await app.job_manager.retry_job(job)
    if stalled:
        log.warning("stalled_jobs_retried", count=len(stalled))
    return len(stalled)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="remove_old_jobs", pass_context=False)
async def remove_old_jobs(timestamp: int) -> None:
    """Forget jobs that ended well a fortnight ago; failed ones stay to be looked at."""
    await app.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS)

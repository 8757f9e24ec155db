"""Jobs are asked for inside the transaction, run once, retried as declared; periodic work has one winner a turn."""

import asyncio
import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from gezhi.engines.jobs import Job, Periodic, beat, enqueue, queue
from gezhi.engines.jobs.models import Beat
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db(transaction=True)
done = []


def _work(number, fail=False):
    done.append(number)
    if fail:
        raise ValueError("cannot")


@pytest.fixture(autouse=True)
def declared(monkeypatch, transactional_db):
    done.clear()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")  # unmanaged: the test runner leaves it alone
    ran = []
    monkeypatch.setitem(registry.extras, Job, [Job("test.work", _work, tries=2, wait=3600)])
    monkeypatch.setitem(registry.extras, Periodic, [Periodic("test.beat", 60, lambda: ran.append(1)),
                                                    Periodic("test.bad", 60, lambda: 1 / 0)])
    return ran


def work_off():
    """Run the queue empty, as the worker process does."""
    async def run():
        worker_app = app.with_connector(app.connector.get_worker_connector())
        async with worker_app.open_async():
            await worker_app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(run())


def test_a_job_runs_after_commit_only():
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue("test.work", number=1)
        raise RuntimeError
    enqueue("test.work", number=2)
    work_off()
    assert done == [2]
    assert ProcrastinateJob.objects.get(task_name="gezhi.run").status == "succeeded"


def test_a_waiting_job_is_not_asked_for_twice_and_the_transaction_survives():
    with transaction.atomic():
        assert enqueue("test.work", once="k", number=1) is not None
        assert enqueue("test.work", once="k", number=1) is None
        assert enqueue("test.work", number=3) is not None
    work_off()
    assert sorted(done) == [1, 3]


def test_a_failed_job_waits_for_its_next_try_then_counts_as_failed():
    enqueue("test.work", number=1, fail=True)
    work_off()
    job = ProcrastinateJob.objects.get(task_name="gezhi.run")
    assert (job.status, job.attempts) == ("todo", 1)
    assert job.scheduled_at > timezone.now() + dt.timedelta(minutes=50)
    decision = queue._Declared().get_retry_decision(exception=ValueError(), job=_attempted(job, 1))
    assert decision is None


def _attempted(job, attempts):
    from procrastinate.jobs import Job as Queued

    return Queued(id=job.pk, queue="default", lock=None, queueing_lock=None, task_name="gezhi.run",
                  task_kwargs={"name": "test.work", "args": {}}, attempts=attempts)


def test_unknown_job_is_refused_at_once():
    with pytest.raises(LookupError):
        enqueue("test.nothing")


def test_periodic_work_runs_once_a_turn_and_keeps_its_failures(declared):
    beat.prepare()
    assert beat.tick() == 2
    assert beat.tick() == 0
    assert declared == [1]
    bad = Beat.objects.get(pk="test.bad")
    assert bad.failures == 1 and "ZeroDivisionError" in bad.error
    Beat.objects.update(next_at=timezone.now())
    assert beat.tick() == 2 and declared == [1, 1]


def test_rows_of_dropped_periodics_go(declared):
    Beat.objects.create(name="old", next_at=timezone.now())
    beat.prepare()
    assert set(Beat.objects.values_list("name", flat=True)) == {"test.beat", "test.bad"}

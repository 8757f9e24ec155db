"""The worker process: delivers the outbox's events and runs jobs, until told to stop.

Events are read by polling, because a NOTIFY in the write transaction would make intake wait for one lock
(docs/architecture.md). The pause is short while there is work and grows to ``IDLE`` when there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import cast

import structlog
from django.db import DatabaseError, close_old_connections, connection

from gezhi.engines.jobs import beat
from gezhi.engines.jobs.nursery import settle
from gezhi.kernel.outbox import relay
from gezhi.kernel.registry import registry

log = structlog.get_logger(__name__)

BUSY = 0.05
IDLE = 0.25
BROKEN = 2.0
"""Seconds between two readings of the outbox: with work, without, and when the database is away."""
FLOOD = 200
"""Events handed to each consumer upon which the next reading follows at once."""
TICK = 0.5
"""Seconds between two looks at the periodic work that is due."""
STOP_SECONDS = 8.0
"""How long running jobs may take to end when we are told to stop; what is cut off is done again later."""


def deliver(stop: threading.Event) -> None:
    """Feed the consumers from the outbox until *stop* is set. Database failures are waited out."""
    pause = BUSY
    while not stop.wait(pause):
        try:
            consumers = list(registry.consumers.values())
            handled = relay(consumers, alive=lambda: not stop.is_set())
            flood = handled >= FLOOD * len(consumers)
            pause = 0.0 if flood else BUSY if handled else min(max(pause, BUSY) * 1.5, IDLE)
        except DatabaseError as error:
            log.warning("outbox_waits", error=str(error).strip().partition("\n")[0])
            pause = BROKEN
            with contextlib.suppress(DatabaseError):
                connection.close()
        close_old_connections()


def keep_time(stop: threading.Event) -> None:
    """Run periodic work when it is due until *stop* is set. Database failures are waited out."""
    ready, pause = False, BUSY
    while not stop.wait(pause):
        try:
            if not ready:
                beat.prepare()
                ready = True
            pause = BUSY if beat.tick() else TICK
        except DatabaseError as error:
            log.warning("periodic_waits", error=str(error).strip().partition("\n")[0])
            pause = BROKEN
            with contextlib.suppress(DatabaseError):
                connection.close()
        close_old_connections()


async def run_jobs(stop: asyncio.Event, concurrency: int) -> None:
    """Run jobs until *stop* is set. When the database goes away the runner is started again."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    while not stop.is_set():
        try:
            connector = cast(DjangoConnector, app.connector).get_worker_connector()
            worker_app = app.with_connector(connector)
            async with worker_app.open_async():
                running = asyncio.create_task(
                    worker_app.run_worker_async(
                        concurrency=concurrency,
                        install_signal_handlers=False,
                        listen_notify=True,
                        shutdown_graceful_timeout=STOP_SECONDS,
                    )
                )
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
        except Exception as error:
            log.warning("jobs_wait", error=repr(error).partition("\n")[0])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), BROKEN)


async def main(concurrency: int) -> None:
    """Deliver events and run jobs until SIGTERM or SIGINT."""
    stop, stop_thread = asyncio.Event(), threading.Event()

    def end() -> None:
        stop.set()
        stop_thread.set()

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, end)
    settle()
    threads = [threading.Thread(target=work, args=(stop_thread,), name=name)
               for name, work in (("outbox", deliver), ("periodic", keep_time))]
    for thread in threads:
        thread.start()
    log.info("worker_started", consumers=sorted(registry.consumers))
    try:
        await run_jobs(stop, concurrency)
    finally:
        end()
        for thread in threads:
            await asyncio.to_thread(thread.join)
    log.info("worker_stopped")

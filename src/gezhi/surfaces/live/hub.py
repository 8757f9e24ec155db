"""The hub: one poller of the outbox for all streams of the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.db import DatabaseError, close_old_connections, connection

from gezhi.kernel import outbox
from gezhi.kernel.access import sight
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

from .listener import Listener

log = structlog.get_logger(__name__)
T = TypeVar("T")

POLL_SECONDS = 0.2
BROKEN_SECONDS = 1.0
AT_ONCE = 500
"""Events read at once."""
BACKFILL = 1000
"""Events at most that a returning reader is given; one that missed more is told to read afresh."""


class Hub:
    """Reads the outbox once for everybody and hands each listener what it may see.

    Args:
        poll: seconds between two readings.
    """

    def __init__(self, poll: float = POLL_SECONDS) -> None:
        self.poll = poll
        self.listeners: set[Listener] = set()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="live")
        self._task: asyncio.Task[None] | None = None
        self._place: tuple[int, int] | None = None

    async def call(self, work: Callable[..., T], *args: Any) -> T:
        """Run database work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _guarded, work, *args)

    async def join(self, listener: Listener, last_id: int = 0) -> tuple[list[Event], bool]:
        """Start to tell a listener.

        Args:
            last_id: id of the last event it has had, 0 for none.

        Returns:
            The events since then that it wants and sees, and whether there were too many to give them all.
        """
        if self._place is None:
            self._place = await self.call(outbox.head)
        self.listeners.add(listener)
        place = self._place
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        if not last_id:
            return [], False
        missed = await self.call(_between, last_id, place)
        if len(missed) > BACKFILL:
            return [], True
        return [e for e, told in zip(missed, await self._told(listener, missed), strict=True) if told], False

    def leave(self, listener: Listener) -> None:
        """Stop telling a listener; the last one out stops the poller."""
        self.listeners.discard(listener)
        if not self.listeners:
            self._place = None
            if self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        pause = self.poll
        while True:
            await asyncio.sleep(pause)
            pause = self.poll
            try:
                if await self.step() == AT_ONCE:  # more is waiting: an import under way
                    pause = 0
            except DatabaseError as error:
                log.warning("live_waits", error=str(error).partition("\n")[0])
                pause = BROKEN_SECONDS

    async def step(self) -> int:
        """Read once and tell everybody. Returns how many events there were."""
        if self._place is None:
            return 0
        events = await self.call(outbox.read, *self._place, AT_ONCE)
        if events:
            last = events[-1]
            self._place = (int(last.xid), last.pk)
        for listener in list(self.listeners):
            for event, told in zip(events, await self._told(listener, events), strict=True):
                if told:
                    listener.push(event)
        return len(events)

    async def _told(self, listener: Listener, events: list[Event]) -> list[bool]:
        """For each event whether this listener is told of it; the database is asked once a register."""
        told = [listener.sees(e) if listener.wants(e) else False for e in events]
        unsure: dict[str, set[int]] = {}
        for event, answer in zip(events, told, strict=True):
            if answer is None:
                unsure.setdefault(event.register, set()).add(event.record_id)
        seen = {name: await self.call(_visible, name, listener.actor, ids) for name, ids in unsure.items()}
        return [e.record_id in seen[e.register] if t is None else t for e, t in zip(events, told, strict=True)]


def _guarded(work: Callable[..., T], *args: Any) -> T:
    close_old_connections()
    try:
        return work(*args)
    except DatabaseError:
        with contextlib.suppress(DatabaseError):
            connection.close()
        raise


def _between(last_id: int, place: tuple[int, int]) -> list[Event]:
    begin = outbox.place_of(last_id)
    found = outbox.read(*begin, BACKFILL + 1)
    return [e for e in found if (int(e.xid), e.pk) <= place]


def _visible(name: str, actor: Any, ids: set[int]) -> set[int]:
    register = registry.register(name)
    return set(register.model.objects.filter(sight(register, actor), pk__in=ids).values_list("pk", flat=True))

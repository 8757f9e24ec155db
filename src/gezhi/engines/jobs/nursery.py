"""Processes beside the worker, for jobs whose work is mostly Python's: an interpreter runs one thread at a time.

A process with threads must not be forked: what another thread holds at that moment would be held for ever. So the
worker forks a keeper before its first thread, which has none, holds no connection and does nothing but fork again
when it is asked. What start-up has loaded is there at once, and shared in memory until it is written to. Whoever dies
takes those below with it (PR_SET_PDEATHSIG, Linux): a killed worker leaves nobody writing.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson
import structlog
from django.db import connections

from .queue import declared

log = structlog.get_logger(__name__)

COLLECT = 20_000
"""New objects upon which a collection looks for circles among them. A chunk of an import makes a hundred thousand that
are in none: looked at every 700, as is Python's habit, they cost a fifth of its time."""
LONGEST = 4096
"""Bytes of a request at most: a job's name and its arguments."""
DONE = b"1"
_PDEATHSIG = 1


def settle() -> None:
    """What start-up made stays: no full collection need walk it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT, 20, 20)


class Nursery:
    """Runs declared jobs in processes of their own; open it before the process has threads or connections.

    Args:
        most: processes there may be at once, whoever asks.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._free = threading.BoundedSemaphore(max(1, most))
        self._asking = threading.Lock()
        connections.close_all()
        self._keeper, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settle()
        sys.stdout.flush()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self._keeper.close()
            _keep(theirs, parent)
        theirs.close()

    def close(self) -> None:
        """End the keeper and whoever works for it."""
        self._keeper.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def run(self, count: int, name: str, **args: Any) -> int:
        """Run a declared job in several processes at once and wait until all have ended.

        Args:
            count: processes wanted; there are fewer when others work already.
            args: JSON data for the job.

        Returns:
            How many did it to the end. The others failed, which is logged, or were killed.
        """
        taken = sum(self._free.acquire(blocking=False) for _n in range(min(count, self.most)))
        try:
            ends = [end for _n in range(taken) for end in self._ask(orjson.dumps({"name": name, "args": args}))]
            return sum(_told(end) == DONE for end in ends)
        finally:
            for _n in range(taken):
                self._free.release()

    def _ask(self, request: bytes) -> Iterator[int]:
        """The pipe that tells how a new process ends; none when the keeper is gone."""
        ours, theirs = os.pipe()
        try:
            with self._asking:
                socket.send_fds(self._keeper, [request], [theirs])
        except OSError as error:
            log.warning("nursery_gone", error=str(error))
            os.close(ours)
            return
        finally:
            os.close(theirs)
        yield ours


def _told(end: int) -> bytes:
    try:
        return os.read(end, 1)
    finally:
        os.close(end)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def _keep(asked: socket.socket, parent: int) -> NoReturn:
    """Fork once a request, until nobody is left to ask."""
    try:
        _die_with(parent)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):  # the worker's to answer; children need no waiting
            signal.signal(sign, signal.SIG_IGN)
        here = os.getpid()
        while True:
            request, ends, _flags, _from = socket.recv_fds(asked, LONGEST, 1)
            if not request:
                break
            if os.fork() == 0:
                asked.close()
                _work(request, ends[0], here)
            os.close(ends[0])
    finally:
        os._exit(0)


def _work(request: bytes, end: int, keeper: int) -> NoReturn:
    """Do one job in this process, tell that it was done, and end."""
    code = 1
    try:
        _die_with(keeper)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wanted = orjson.loads(request)
        with structlog.contextvars.bound_contextvars(job=wanted["name"], aside=os.getpid()):
            try:
                declared(wanted["name"]).run(**wanted["args"])
                connections.close_all()
                os.write(end, DONE)
                code = 0
            except Exception as error:
                log.warning("aside_failed", error=repr(error), exc_info=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


class _Here:
    """The nursery of this process."""

    nursery: Nursery | None = None


def open_here(most: int) -> None:
    """Give this process a nursery, unless *most* is 0."""
    if most:
        _Here.nursery = Nursery(most)


def close_here() -> None:
    """End the nursery of this process."""
    nursery, _Here.nursery = _Here.nursery, None
    if nursery is not None:
        nursery.close()


def beside(name: str, **args: Any) -> int:
    """Run a job in as many processes as this one may have, and wait; gives how many did it to the end.

    0 where there is no nursery, or all of them are at work: the caller does it itself. A job run so must be one that
    several can do at once, and whose caller does what they have left.
    """
    nursery = _Here.nursery
    return nursery.run(nursery.most, name, **args) if nursery is not None else 0

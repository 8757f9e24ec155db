"""Send messages through the public HTTP door at a chosen speed, then count what became of them.

Every message carries its own id as ``Idempotency-Key``, so it may be sent again until the door has answered.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from gezhi.domains.cases.public import Case

from .messages import Message, values_of

PATH = "/api/v1/public/reports"
TIMEOUT = 20.0
PAUSES = (0.2, 0.5, 1, 2, 4, 8, 15, 15, 15, 30)
"""Seconds before each further try; a door that is away for a minute and a half loses nothing."""


@dataclass
class Sender:
    """Sends messages from several threads.

    Args:
        url: address of the installation.
        key: app key.
        values: what of a message goes into the report.
    """

    url: str
    key: str
    values: Callable[[Message], dict[str, Any]] = values_of
    count: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, messages: Iterable[Message], threads: int, tick: Callable[[int], None],
            stop: threading.Event | None = None) -> Counter[str]:
        """Send all messages as they come. Returns counts: ``sent accepted repeated refused tries lost``."""
        work: queue.Queue[Message | None] = queue.Queue(threads * 2)
        pool = [threading.Thread(target=self._work, args=(work, tick), daemon=True) for _i in range(threads)]
        for thread in pool:
            thread.start()
        for message in messages:
            if stop is not None and stop.is_set():
                break
            work.put(message)
        for _thread in pool:
            work.put(None)
        for thread in pool:
            thread.join()
        return self.count

    def _work(self, work: queue.Queue[Message | None], tick: Callable[[int], None]) -> None:
        connection: HTTPConnection | None = None
        while (message := work.get()) is not None:
            connection = self._send(connection, message)
            with self._lock:
                self.count["sent"] += 1
                done = self.count["sent"]
            tick(done)

    def _send(self, connection: HTTPConnection | None, message: Message) -> HTTPConnection | None:
        body = orjson.dumps(self.values(message))
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
                   "Idempotency-Key": message.key}
        for pause in (*PAUSES, None):
            status, connection = self._try(connection, body, headers)
            with self._lock:
                self.count["tries"] += 1
            if status in (200, 201):
                self._tell("accepted" if status == 201 else "repeated", message)
                return connection
            if status is not None and status < 500 and status not in (408, 429):
                self._tell("refused", message, bad=True)
                return connection
            if pause is not None:
                time.sleep(pause)
        self._tell("lost", message, bad=True)
        return connection

    def _tell(self, what: str, message: Message, bad: bool = False) -> None:
        with self._lock:
            self.count[what] += 1
            if bad:
                self.failed.append(message.key)

    def _try(self, connection: HTTPConnection | None, body: bytes,
             headers: dict[str, str]) -> tuple[int | None, HTTPConnection | None]:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        try:
            if connection is None:
                connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
            connection.request("POST", parts.path.rstrip("/") + PATH, body, headers)
            response = connection.getresponse()
            response.read()
            return response.status, connection
        except (OSError, HTTPException):
            if connection is not None:
                connection.close()
            return None, None


def paced(messages: Iterable[Message], *, rate: float = 0, speed: float = 0,
          sleep: Callable[[float], None] = time.sleep) -> Iterator[Message]:
    """The messages in time.

    Args:
        rate: messages a second; 0 for no bound.
        speed: instead, how many times faster than they were sent once: 86400 plays a day in a second.
    """
    ordered = sorted(messages, key=lambda m: m.sent_at) if speed else messages
    begin, first = time.monotonic(), None
    for number, message in enumerate(ordered):
        due = begin
        if speed:
            first = first or message.sent_at
            due += (message.sent_at - first).total_seconds() / speed
        elif rate:
            due += number / rate
        wait = due - time.monotonic()
        if wait > 0:
            sleep(wait)
        yield message


def outcome(source: str, keys: Iterable[str]) -> dict[str, Any]:
    """What became of the messages: in the pool by state, lost (no case) and doubled (more than one)."""
    wanted = set(keys)
    found: Counter[str] = Counter()
    states: Counter[str] = Counter()
    labels = dict(Case._meta.get_field("status").flatchoices)
    for key, status in Case.objects.filter(source=source).values_list("source_key", "status").iterator():
        if key in wanted:
            found[key] += 1
            states[str(labels[status])] += 1
    return {"wanted": len(wanted), "found": len(found), "states": dict(states.most_common()),
            "lost": len(wanted) - len(found), "doubled": sum(n - 1 for n in found.values())}

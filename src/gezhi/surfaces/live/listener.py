"""One open stream: who listens, to what, and the bounded queue between the hub and the network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils import timezone

from gezhi.kernel.actors import Actor
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

QUEUE = 256
"""Frames kept for a slow reader; when more come, all are dropped and the reader is told to read afresh."""


@dataclass(eq=False)
class Listener:
    """An open stream.

    Args:
        actor: whose sight bounds what is told.
        topics: event kinds (``case.file``), prefixes (``case.``) or registers (``case``); empty for all.
        area: only events below this ``area_code``.
    """

    actor: Actor
    topics: tuple[str, ...] = ()
    area: str = ""
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    dropped: int = 0

    def topic_of(self, event: Event) -> str:
        """The topic under which this listener asked for the event, or ``""`` when it did not."""
        if not self.topics:
            return event.register
        for topic in self.topics:
            if topic in (event.kind, event.register) or (topic.endswith(".") and event.kind.startswith(topic)):
                return topic
        return ""

    def sees(self, event: Event) -> bool | None:
        """Whether the actor may know of the event; ``None`` when only the database can tell."""
        if event.register not in registry.registers:
            return False
        reaches = self.actor.reaches(f"{event.register}.view")
        if not reaches:
            return False
        if "all" in reaches:
            return True
        in_area = bool(self.actor.area) and event.area_code.startswith(self.actor.area)
        if in_area and "area" in reaches:
            return True
        return False if set(reaches) == {"area"} else None

    def wants(self, event: Event) -> bool:
        """Whether the event is of a kind and in an area asked for."""
        return event.area_code.startswith(self.area) and bool(self.topic_of(event))

    def push(self, event: Event) -> None:
        """Queue the event; when the reader is too slow, one ``reset`` stands for all that was lost."""
        self._put(frame(event, self.topic_of(event)))

    def _put(self, data: bytes) -> None:
        if self.queue.full():
            self.dropped += self.queue.qsize()
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(RESET)
        self.queue.put_nowait(data)


RESET = b"event: reset\ndata: {}\n\n"
PING = b"event: ping\ndata: {}\n\n"


def frame(event: Event, topic: str) -> bytes:
    """The event as it goes over the wire."""
    data: dict[str, Any] = {
        "id": event.pk, "kind": event.kind, "topic": topic, "register": event.register, "record": event.record_id,
        "area": event.area_code, "unit": event.unit_id, "at": timezone.localtime(event.at).isoformat(),
        "data": event.payload,
    }
    return b"id: %d\ndata: %s\n\n" % (event.pk, orjson.dumps(data, default=str))

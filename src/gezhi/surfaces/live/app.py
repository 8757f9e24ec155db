"""The ASGI application of the live process: ``/live/events`` and ``/healthz``, nothing else.

Plain ASGI rather than a Django view: a stream lives for hours, and Django's middleware would keep a request, a
thread hop and a response object for each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from django.db import DatabaseError

from gezhi.kernel.actors import Actor

from .hub import Hub
from .listener import PING, RESET, Listener, frame
from .who import actor_by_cookie, actor_by_token

log = structlog.get_logger(__name__)
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PING_SECONDS = 20.0
CHECK_SECONDS = 60.0
"""How often an open stream is checked: who has signed out or lost the post hears no more."""
MAX_STREAMS = 5000


class Live:
    """The application. One hub serves all its streams."""

    def __init__(self, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self.http(scope, receive, send)

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        cors = _cors(scope)
        if scope["path"] == "/healthz":
            await _answer(send, 200, b'{"status": "ok"}', cors)
        elif scope["path"] != "/live/events":
            await _answer(send, 404, b'{"code": "missing"}', cors)
        elif scope["method"] == "OPTIONS":
            await _answer(send, 204, b"", cors)
        elif scope["method"] != "GET":
            await _answer(send, 405, b'{"code": "method"}', cors)
        elif len(self.hub.listeners) >= MAX_STREAMS:
            await _answer(send, 503, b'{"code": "unavailable"}', [*cors, (b"retry-after", b"30")])
        else:
            await self.stream(scope, receive, send, cors)

    async def stream(self, scope: Scope, receive: Receive, send: Send, cors: list[tuple[bytes, bytes]]) -> None:
        """Serve one stream until the reader goes or may no longer listen."""
        query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode("latin-1")).items()}
        try:
            actor = await self.hub.call(_who, scope, query)
            if actor is None:
                await _answer(send, 401, b'{"code": "unauthenticated"}', cors)
                return
            listener = Listener(actor, _topics(query), query.get("area", ""))
            missed, reset = await self.hub.join(listener, _last(scope, query))
        except DatabaseError:
            await _answer(send, 503, b'{"code": "unavailable"}', [*cors, (b"retry-after", b"5")])
            return
        gone = asyncio.create_task(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [
                (b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"),
                (b"x-accel-buffering", b"no"), *cors]})
            first = b"retry: 2000\n\n" + (RESET if reset else b"")
            await _part(send, first + b"".join(frame(e, listener.topic_of(e)) for e in missed))
            await self._tell(listener, gone, send, lambda: _who(scope, query))
        except (OSError, RuntimeError) as error:  # the reader went in the middle of a word
            log.debug("live_gone", error=repr(error))
        finally:
            self.hub.leave(listener)
            gone.cancel()

    async def _tell(self, listener: Listener, gone: asyncio.Task[None], send: Send,
                    who: Callable[[], Actor | None]) -> None:
        loop = asyncio.get_running_loop()
        check_at = loop.time() + CHECK_SECONDS
        while not gone.done():
            getting = asyncio.ensure_future(listener.queue.get())
            await asyncio.wait({getting, gone}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                await _part(send, getting.result())
            else:
                getting.cancel()
                if not gone.done():
                    await _part(send, PING)
            if loop.time() > check_at:
                check_at = loop.time() + CHECK_SECONDS
                try:
                    now = await self.hub.call(who)
                except DatabaseError:
                    continue
                if now is None or now.grants != listener.actor.grants or now.area != listener.actor.area:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return


def _who(scope: Scope, query: Mapping[str, str]) -> Actor | None:
    if query.get("token"):
        return actor_by_token(query["token"])
    return actor_by_cookie(_header(scope, b"cookie"))


def _topics(query: Mapping[str, str]) -> tuple[str, ...]:
    text = query.get("topics") or query.get("kinds") or ""
    return tuple(t for t in text.split(",") if t)[:50]


def _last(scope: Scope, query: Mapping[str, str]) -> int:
    text = _header(scope, b"last-event-id") or query.get("last", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), "")


def _cors(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Pages of the same host (another port) may read with their cookies; nobody else."""
    origin = _header(scope, b"origin")
    host = _header(scope, b"host")
    try:
        same = bool(origin) and urlsplit(origin).hostname == urlsplit(f"//{host}").hostname
    except ValueError:
        same = False
    out = [(b"vary", b"Origin")]
    if same:
        out += [(b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-allow-headers", b"last-event-id, cache-control")]
    return out


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-type", b"application/json"), *headers]})
    await send({"type": "http.response.body", "body": body})


async def _part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

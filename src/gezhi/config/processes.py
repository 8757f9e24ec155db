"""The processes of an installation, beside PostgreSQL: one visible list, in the order of starting."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from .env import Env, split_bind


@dataclass(frozen=True)
class Program:
    """One process the supervisor keeps running.

    Args:
        name: what it is called in ``gezhi status`` and in the name of its log.
        command: gives the command line, from the settings.
        url: gives the address whose answer shows that it is up; None: it is up when it runs.
        stop_seconds: how long it may take to stop before it is killed.
    """

    name: str
    command: Callable[[Env], list[str]]
    url: Callable[[Env], str] | None = None
    stop_seconds: float = 10.0


def _granian(target: str, interface: str, bind: str, workers: int, *more: str) -> list[str]:
    """Granian serving *target*; dead workers are replaced, slow ones killed."""
    host, port = split_bind(bind)
    common = ["--host", host, "--port", str(port), "--workers", str(workers), "--interface", interface]
    common += ["--respawn-failed-workers", "--workers-kill-timeout", "2", "--no-ws", "--log-level", "warning"]
    return [sys.executable, "-m", "granian", *common, *more, target]


def web(env: Env) -> list[str]:
    """Pages and API: threads, as sync views under WSGI cost less than half of what they do under ASGI."""
    more = ["--blocking-threads", str(env.web_threads), "--backlog", "1024"]
    static = env.home / "static"
    if static.is_dir():
        more += ["--static-path-route", "/static", "--static-path-mount", str(static)]
        more += ["--static-path-expires", "300"]
    return _granian("gezhi.config.wsgi:application", "wsgi", env.bind, env.web_workers, *more)


def live(env: Env) -> list[str]:
    """Event streams: thousands of quiet connections in one process with an event loop."""
    return _granian("gezhi.config.asgi:application", "asgi", env.live_bind, 1, "--backlog", "4096")


def worker(env: Env) -> list[str]:
    """Jobs and the delivery of events."""
    return [sys.executable, "-m", "gezhi", "worker"]


def local(bind: str, path: str) -> str:
    """The address of *path* at *bind*, as seen from this machine."""
    host, port = split_bind(bind)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (compared, not bound)
    return f"http://{host}:{port}{path}"


PROGRAMS = (
    Program("web", web, url=lambda env: local(env.bind, "/readyz")),
    Program("live", live, url=lambda env: local(env.live_bind, "/healthz")),
    Program("worker", worker),
)

"""One supervised child process: starting, restarting with growing pauses, stopping with its descendants."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .cluster import libc
from .procfs import group_members

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CALM = 60.0
"""Seconds of running after which earlier failures are forgotten."""

Spawn = Callable[[], "subprocess.Popen[bytes]"]


def die_with_parent() -> None:
    """In a child, before exec: ask the kernel for SIGTERM when the parent thread ends."""
    libc.prctl(1, signal.SIGTERM)


def spawner(command: list[str], log: Path, env: dict[str, str], folder: Path) -> Spawn:
    """A function that starts *command* in a session of its own, its output appended to *log*."""

    def spawn() -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches the supervisor alone
                preexec_fn=die_with_parent,  # noqa: PLW1509 (the supervisor has no threads)
            )

    return spawn


class Child:
    """A process that is to run.

    Args:
        name: for people. spawn: starts it. say: called with one line of news at a time.
        stop_seconds: patience when stopping. stop_signal: asks it to stop.
        pauses: seconds before each restart; the last for all that follow.
    """

    def __init__(
        self,
        name: str,
        spawn: Spawn,
        say: Callable[[str], None],
        stop_seconds: float = 10.0,
        stop_signal: signal.Signals = signal.SIGTERM,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self.pauses = pauses
        self.name = name
        self.spawn = spawn
        self.say = say
        self.stop_seconds = stop_seconds
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.failures = 0
        self.started = 0.0
        self.due = 0.0

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self.process.pid if self.process and self.process.poll() is None else 0

    def start(self) -> None:
        """Start it now."""
        self.process = self.spawn()
        self.started = time.monotonic()

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """Take over a process that was started already."""
        self.process, self.started = process, time.monotonic()

    def tend(self) -> bool:
        """Notice its death, start it again when the pause is over; True if anything changed."""
        now = time.monotonic()
        if self.process is None:
            if now < self.due:
                return False
            self.restarts += 1
            self.start()
            return True
        code = self.process.poll()
        if code is None:
            return False
        self.end_group(signal.SIGKILL)  # workers that outlived their master still hold its port
        if now - self.started > CALM:
            self.failures = 0
        pause = self.pauses[min(self.failures, len(self.pauses) - 1)]
        self.failures += 1
        self.due = now + pause
        self.process = None
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        self.say(f"{self.name}: {reason}, restart in {pause:g} s")
        return True

    def end_group(self, sign: signal.Signals) -> None:
        """Send *sign* to the child's whole session, as far as it still is there."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)

    def ask_to_stop(self) -> None:
        """Ask the process itself to stop; ``finish`` waits for it."""
        if self.pid:
            os.kill(self.pid, self.stop_signal)

    def finish(self, deadline: float) -> None:
        """Wait for the process until *deadline* (monotonic), then kill it and whatever it left behind."""
        if not self.process:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            self.say(f"{self.name}: does not stop, killed")
            self.process.kill()
            self.process.wait()
        if group_members(self.process.pid):
            self.end_group(signal.SIGKILL)
        self.process = None

"""What a running installation leaves in its home folder for other commands: lock, state, logs."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
from pathlib import Path
from typing import IO

from .procfs import alive, environment, group_members

LOG_BYTES = 20 << 20
LOG_KEPT = 4


class RunDir:
    """The files by which ``up``, ``down`` and ``status`` know of each other. Args: home: see ``Env.home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.pidfile = home / "gezhi.pid"
        self.statefile = home / "state.json"
        self.logs = home / "log"
        self._lock: IO[str] | None = None

    def acquire(self) -> bool:
        """Become the supervisor of this installation; False if there is one."""
        self.logs.mkdir(parents=True, exist_ok=True)
        file = self.pidfile.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock = file
        return True

    def release(self) -> None:
        """Stop being the supervisor."""
        if self._lock:
            self.statefile.unlink(missing_ok=True)
            self.pidfile.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def supervisor(self) -> int:
        """The process id of the supervisor, 0 if there is none."""
        try:
            with self.pidfile.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read() or 0)
        except FileNotFoundError:
            pass
        return 0

    def write_state(self, state: dict) -> None:
        """Note *state* for ``status``, whole or not at all."""
        fresh = self.statefile.with_suffix(".new")
        fresh.write_text(json.dumps(state))
        fresh.replace(self.statefile)

    def read_state(self) -> dict:
        """The state as last noted; empty if there is none."""
        try:
            return json.loads(self.statefile.read_text())
        except (OSError, ValueError):
            return {}

    def end_leftovers(self) -> list[int]:
        """Kill what a killed supervisor left running; returns the ids. Needs the lock.

        A group's number stays taken while it has members: it is ours unless a living leader says no.
        """
        mine = f"GEZHI_HOME={self.home}".encode()
        ended = []
        for entry in self.read_state().get("processes", []):
            group = entry.get("pid", 0)
            if not group or entry["name"] == "postgres":
                continue
            if alive(group) and mine not in environment(group):
                continue  # the number was given to a stranger since
            members = group_members(group)
            for pid in members:
                os.kill(pid, signal.SIGKILL)
            ended += members
        return ended

    def rotate_logs(self) -> None:
        """Copy logs that grew too long aside and empty them; writers append, so they need not reopen."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size < LOG_BYTES:
                continue
            for number in range(LOG_KEPT - 1, 0, -1):
                older = log.with_name(f"{log.name}.{number}")
                if older.exists():
                    older.replace(log.with_name(f"{log.name}.{number + 1}"))
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)

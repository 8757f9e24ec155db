"""What /proc tells of processes, their memory and the ports they hold. Nothing is changed here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
LISTEN = "0A"


@dataclass(frozen=True)
class Process:
    """One process. *memory*: bytes, shared pages counted by share; *seconds*: since its start."""

    pid: int
    name: str
    state: str
    memory: int
    seconds: float


def pids() -> Iterator[int]:
    """All process ids."""
    return (int(path.name) for path in PROC.iterdir() if path.name.isdecimal())


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name: state, parent, group, …"""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def alive(pid: int) -> bool:
    """True if the process exists and is no zombie."""
    try:
        return _stat(pid)[0] != "Z"
    except OSError:
        return False


def command(pid: int) -> str:
    """The command line, or an empty string when there is none to read."""
    try:
        return (
            (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        )
    except OSError:
        return ""


def environment(pid: int) -> list[bytes]:
    """The environment the process was started with, as NAME=value; empty when we may not read it."""
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def tree(pid: int) -> list[int]:
    """*pid* and all its descendants that are alive."""
    children: dict[int, list[int]] = {}
    for other in pids():
        try:
            children.setdefault(int(_stat(other)[1]), []).append(other)
        except OSError:
            continue
    found, todo = [], [pid]
    while todo:
        current = todo.pop()
        if alive(current):
            found.append(current)
        todo += children.get(current, [])
    return found


def memory_of(pid: int) -> int:
    """Bytes of memory of one process, shared pages counted by share where the kernel tells, else resident."""
    for name, word in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in (PROC / str(pid) / name).read_text().splitlines():
                if line.startswith(word):
                    return int(line.split()[1]) << 10
        except OSError:
            continue
    return 0


def look(pid: int) -> Process | None:
    """What is known of process *pid* and its descendants together; None if it is gone."""
    try:
        fields = _stat(pid)
        name = (PROC / str(pid) / "comm").read_text().strip()
        uptime = float((PROC / "uptime").read_text().split()[0])
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    seconds = uptime - int(fields[19]) / TICKS
    return Process(pid, name, fields[0], sum(map(memory_of, tree(pid))), max(seconds, 0.0))


def group_members(group: int) -> list[int]:
    """Processes of a process group that are alive."""
    found = []
    for pid in pids():
        try:
            fields = _stat(pid)
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(pid)
    return found


def port_holder(port: int) -> tuple[int, str] | None:
    """Who listens on TCP *port*: (process id, command line); None if nobody.

    The id is 0 when it is somebody whose files we may not see.
    """
    wanted = f"{port:04X}"
    sockets = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == LISTEN and fields[1].rpartition(":")[2] == wanted:
                sockets.add(f"socket:[{fields[9]}]")
    if not sockets:
        return None
    for pid in pids():
        try:
            links = {str(path.readlink()) for path in (PROC / str(pid) / "fd").iterdir()}
        except OSError:
            continue
        if links & sockets:
            return pid, command(pid)
    return 0, ""


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until process *pid* has ended; False if it still runs after *seconds*."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

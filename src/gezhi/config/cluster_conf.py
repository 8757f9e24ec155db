"""The settings of the private PostgreSQL, reckoned from the machine's memory at every start."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from .cluster_paths import PORT, ROLE

MIB = 1 << 20
MAP = "gezhi"


def memory() -> int:
    """Bytes of memory this machine or container may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return total


def _mib(value: float, least: int, most: int) -> str:
    return f"{int(min(max(value / MIB, least), most))}MB"


def small_shared_memory() -> bool:
    """True where /dev/shm is missing or too small (containers, chroots) for parallel queries."""
    try:
        stat = os.statvfs("/dev/shm")  # noqa: S108 (measured, not written)
    except OSError:
        return True
    return stat.f_bavail * stat.f_frsize < 256 * MIB


def server_conf(sockets: Path, total: int, *, fsync: bool) -> str:
    """The text of ``gezhi.conf``, included by the cluster's postgresql.conf.

    Args: sockets: folder of the socket. total: memory in bytes. fsync: False only for throw-away test data.
    """
    workers = max(2, os.cpu_count() or 2)
    settings = {
        "listen_addresses": "''",
        "port": PORT,
        "unix_socket_directories": f"'{sockets}'",
        "unix_socket_permissions": "0777",  # the folder is closed; peer authentication decides
        "max_connections": 120,
        "shared_buffers": _mib(total / 6, 64, 8192),
        "effective_cache_size": _mib(total / 2, 256, 65536),
        "work_mem": _mib(total / 512, 8, 64),
        "maintenance_work_mem": _mib(total / 32, 64, 1024),
        "dynamic_shared_memory_type": "sysv" if small_shared_memory() else "posix",
        "max_worker_processes": workers + 6,
        "max_parallel_workers": workers,
        "max_parallel_workers_per_gather": min(2, workers),
        "random_page_cost": 1.1,
        "jit": "off",  # queries here are short: compiling them costs more than it saves
        "wal_compression": "lz4",
        "min_wal_size": "256MB",
        "max_wal_size": _mib(total / 8, 1024, 4096),
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": 0.9,
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.03,
        "default_statistics_target": 200,
        # a statement's text holds people's values: none is logged, neither for its error nor for its time
        "log_min_duration_statement": "-1",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_error_verbosity": "terse",
        "log_line_prefix": "'%m [%p] %q%a '",
        "log_checkpoints": "off",
        "lc_messages": "'C'",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "idle_in_transaction_session_timeout": "10min",
        "fsync": "on" if fsync else "off",
        "synchronous_commit": "on" if fsync else "off",
        "full_page_writes": "on" if fsync else "off",
    }
    lines = ["# Written by Gezhi at every start. Put settings of your own into local.conf beside this file."]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in settings.items()), ""])


def ident_map() -> str:
    """``pg_ident.conf``: which system users may be which database roles; there are no passwords."""
    users = dict.fromkeys(["root", "postgres", getpass.getuser()])
    return "".join(f"{MAP} {user} {role}\n" for user in users for role in (ROLE, "postgres"))


HBA = f"local all all peer map={MAP}\n"
INCLUDES = "include 'gezhi.conf'\ninclude_if_exists 'local.conf'\n"

"""``gezhi status``: what runs, how much memory it takes, how large the data is, how long the queues are."""

from __future__ import annotations

import json as jsonlib
import sys
from typing import Any

import click
import psycopg

from ..database import libpq
from ..env import Env, load
from ..procfs import look
from ..rundir import RunDir
from ..text import _

QUEUES = {
    # what: the table that must be there, the rows that wait
    "jobs": ("procrastinate_jobs", "procrastinate_jobs where status in ('todo', 'doing')"),
    "failed jobs": ("procrastinate_jobs", "procrastinate_jobs where status = 'failed'"),
    "events": (
        "kernel_cursor",
        "kernel_event where (xid, id) >"
        " (select xid::text::xid8, event_id from kernel_cursor order by xid, event_id limit 1)",
    ),
    "dead events": ("kernel_deadevent", "kernel_deadevent where resolved_at is null"),
}


def processes(rundir: RunDir) -> list[dict[str, Any]]:
    """One row a process: name, pid, state, memory in bytes, seconds of running, restarts."""
    rows = []
    supervisor = rundir.supervisor()
    known = rundir.read_state().get("processes", []) if supervisor else []
    for entry in [
        *([{"name": "supervisor", "pid": supervisor, "restarts": 0}] if supervisor else []),
        *known,
    ]:
        seen = look(entry["pid"]) if entry["pid"] else None
        memory = seen.memory if seen else 0
        rows.append({**entry, "running": seen is not None, "memory": memory, "seconds": seen.seconds if seen else 0})
    if rows:  # the supervisor's own, without those of its children that stand in rows of their own
        rows[0]["memory"] = max(rows[0]["memory"] - sum(row["memory"] for row in rows[1:]), 0)
    return rows


def figures(env: Env) -> dict[str, Any]:
    """Size of the database, connections and lengths of queues; only ``error`` when it does not answer."""
    try:
        with psycopg.connect(libpq(env.dsn), connect_timeout=3, autocommit=True) as connection:

            def one(sql: str) -> Any:
                row = connection.execute(sql).fetchone()
                return row[0] if row else None

            found = {
                "server": one("show server_version"),
                "bytes": one("select pg_database_size(current_database())"),
                "connections": one("select count(*) from pg_stat_activity where datname = current_database()"),
            }
            for name, (table, waiting) in QUEUES.items():
                if one(f"select to_regclass('{table}')"):
                    found[name] = one(f"select count(*) from {waiting}")
            return found
    except psycopg.Error as error:
        return {"error": str(error).strip().splitlines()[0]}


@click.command(help=_("查看各进程、数据库和队列。正常时退出码为 0。"))
@click.option("--json", "as_json", is_flag=True, help=_("以 JSON 输出"))
def command(*, as_json: bool) -> None:
    """Show, and exit with 0 if all is well, 1 if something is down, 3 if nothing runs."""
    env = load()
    rundir = RunDir(env.home)
    rows = processes(rundir)
    if not rows and not as_json:
        click.echo(_("没有在运行。"))
        sys.exit(3)
    phase = rundir.read_state().get("phase", "") if rows else "down"
    data = figures(env)
    if as_json:
        click.echo(jsonlib.dumps({"phase": phase, "url": env.public_url, "processes": rows, "database": data}))
    else:
        _print(env, phase, rows, data)
    healthy = all(row["running"] for row in rows) and "error" not in data
    sys.exit(3 if not rows else 0 if healthy else 1)


def _print(env: Env, phase: str, rows: list[dict[str, Any]], data: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    phases = {"starting": _("正在启动"), "running": _("运行中"), "stopping": _("正在停止")}
    console = Console(highlight=False)
    console.print(f"{env.public_url}  [bold]{phases.get(phase, phase)}[/]  {env.home}")
    table = Table(box=None, pad_edge=False)
    for heading in (_("进程"), "pid", _("状态"), _("内存"), _("已运行"), _("重启")):
        table.add_column(heading, justify="left" if heading in {_("进程"), _("状态")} else "right")
    for row in rows:
        state = f"[green]{_('运行中')}[/]" if row["running"] else f"[red]{_('已停止')}[/]"
        size = f"{row['memory'] / 1e6:.0f} MB"
        table.add_row(row["name"], str(row["pid"] or "-"), state, size, span(row["seconds"]), str(row["restarts"]))
    console.print(table)
    if "error" in data:
        console.print(f"[red]{_('数据库没有应答')}[/]: {data['error']}")
        return
    words = {"jobs": _("后台任务"), "failed jobs": _("失败任务"), "events": _("待派送事件"), "dead events": _("死信")}
    queues = " · ".join(f"{words[name]} {data[name]}" for name in QUEUES if name in data)
    console.print(f"PostgreSQL {data['server']} · {data['bytes'] / 1e6:.0f} MB · {data['connections']} " + _("个连接"))
    if queues:
        console.print(_("队列") + ": " + queues)


def span(seconds: float) -> str:
    """A length of time for people: 42s, 3m05s, 7h30m, 12d4h."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole // 60 % 60:02d}m"
    return f"{whole // 86400}d{whole // 3600 % 24}h"

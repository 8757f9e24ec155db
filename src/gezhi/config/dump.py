"""pg_dump and pg_restore as commands need them: with progress, their complaints told to the operator."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg

from .cluster import Cluster
from .database import libpq
from .env import Env
from .text import Trouble, _

EXTENSION = re.compile(r"^\d+; .*\b(EXTENSION|COMMENT - EXTENSION|TABLE DATA public spatial_ref_sys)\b")
"""What belongs to extensions and their owner: PostGIS brings the same reference systems wherever it is."""
Step = Callable[[], None]


def program(env: Env, name: str) -> str:
    """The path of pg_dump or pg_restore, of the cluster's version when it is ours. Raises: Trouble: none."""
    if env.private_database:
        return str(Cluster(env.home).binaries() / name)
    found = shutil.which(name)
    if not found:
        raise Trouble(_("没有找到 %s。") % name, "apt-get install postgresql-client")
    return found


def _watch(command: list[str], seen: re.Pattern[str], step: Step, **more: object) -> None:
    """Run *command*, calling *step* for every line of its complaints stream that matches *seen*.

    Raises: Trouble: it failed; its last words are quoted.
    """
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace", **more)  # type: ignore[call-overload]
    last: list[str] = []
    for line in process.stderr:
        if seen.search(line):
            step()
        else:
            last = [*last[-9:], line.rstrip()]
    if process.wait():
        errors = [line for line in last if "error" in line.lower()] or last
        name = Path(command[0]).name
        raise Trouble(
            _("%(name)s 失败：\n%(what)s") % {"name": name, "what": "\n".join(errors)}, "gezhi doctor"
        )


def table_count(env: Env) -> int:
    """How many tables a dump will hold: the length of its progress."""
    with psycopg.connect(libpq(env.dsn)) as connection:
        sql = "select count(*) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        row = connection.execute(sql).fetchone()
    return row[0] if row else 0


def dump(env: Env, target: Path, step: Step) -> None:
    """Write the whole database to *target* in pg_dump's custom format. *step* is called for each table."""
    command = [program(env, "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--verbose"]
    _watch([*command, f"--file={target}", libpq(env.dsn)], re.compile("dumping contents of table"), step)


def contents(env: Env, source: Path) -> list[str]:
    """The dump's table of contents, without extensions: those exist already and belong to the superuser."""
    command = [program(env, "pg_restore"), "--list", str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(_("无法读取数据库备份：%s") % done.stderr.strip(), _("请换一个备份文件。"))
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(";")]
    return [line for line in lines if not EXTENSION.match(line)]


def restore(env: Env, source: Path, dsn: str, wanted: list[str], folder: Path, step: Step) -> None:
    """Load the entries *wanted* of the dump *source* into the empty database *dsn*: all of it or nothing.

    Args: folder: for a temporary file. step: called for each entry.
    """
    listing = folder / "contents.list"
    listing.write_text("\n".join(wanted) + "\n")
    command = [
        program(env, "pg_restore"),
        "--no-owner",
        "--no-privileges",
        "--verbose",
        "--single-transaction",
    ]
    command += ["--exit-on-error", f"--use-list={listing}", f"--dbname={libpq(dsn)}", str(source)]
    _watch(command, re.compile("(creating|processing data for|executing)"), step)

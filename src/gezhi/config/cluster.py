"""The private PostgreSQL + PostGIS: making the cluster, starting it, waiting for it, stopping it.

It listens on a Unix socket only and lets in, without passwords, the system users named in its ident map. What
killed processes leave behind was measured and is dealt with here: an orphan back end holds shared memory for
seconds, so a start is tried again for a while; postmaster.pid is PostgreSQL's own affair and never removed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg

from .cluster_conf import HBA, INCLUDES, ident_map, memory, server_conf
from .cluster_paths import DATABASE, ROLE, data_dir, private_dsn, server_user, socket_dir
from .text import Trouble, _

START_SECONDS = 30.0
STOP_SECONDS = 60.0
NEEDED_TO_START = 300 << 20
"""Bytes of free disk below which no cluster is made."""
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist", "btree_gin")
RETRY = re.compile(r"pre-existing shared memory block|lock file .* already exists|is in use|starting up")

libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """In a child, before exec: ask the kernel for SIGINT (fast shutdown) when the parent thread ends."""
    libc.prctl(1, signal.SIGINT)


class Cluster:
    """The private cluster of one installation.

    Args:
        home: folder of the installation (see ``Env.home``).
        fsync: False only for test data that may be lost.
        say: called with one line of news at a time.
    """

    def __init__(self, home: Path, *, fsync: bool = True, say: Callable[[str], None] = lambda line: None):
        self.home = home
        self.data = data_dir(home)
        self.sockets = socket_dir(home)
        self.fsync = fsync
        self.say = say
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    # -- making ---------------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """True once the cluster was made."""
        return (self.data / "PG_VERSION").is_file()

    def binaries(self) -> Path:
        """The folder of PostgreSQL's programs: the cluster's own version, else the newest with PostGIS.

        Raises: Trouble: none is installed.
        """
        wanted = (self.data / "PG_VERSION").read_text().strip() if self.exists else ""
        found = installed()
        if wanted:
            found = {version: path for version, path in found.items() if str(version) == wanted}
        if not found:
            name = f"postgresql-{wanted or 15}"
            raise Trouble(
                _("没有找到带 PostGIS 的 PostgreSQL %s。") % (wanted or "15+"),
                f"apt-get install {name} {name}-postgis-3",
            )
        return found[max(found)]

    def make(self) -> None:
        """Create the cluster if there is none; an interrupted creation leaves nothing behind that counts."""
        if self.exists:
            return
        binaries = self.binaries()
        self._own(self.data.parent, only_make=True)
        free = shutil.disk_usage(self.data.parent).free
        if free < NEEDED_TO_START:
            raise disk_full(self.data.parent, free, NEEDED_TO_START)
        fresh = self.data.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(fresh)
        self.say(_("正在创建数据库：%s") % self.data)
        command = [str(binaries / "initdb"), "-D", str(fresh), "--encoding=UTF8", "--username=postgres"]
        command += ["--data-checksums", "--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]
        command += [] if self.fsync else ["--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, **self._as_server())
        if done.returncode and "locale" in done.stderr:  # a C library without C.UTF-8
            command[command.index("--locale=C.UTF-8")] = "--locale=C"
            done = subprocess.run(command, capture_output=True, text=True, **self._as_server())
        if done.returncode:
            raise Trouble(_("无法创建数据库：%s") % done.stderr.strip(), _("请查看磁盘空间和目录权限。"))
        (fresh / "pg_hba.conf").write_text(HBA)
        with (fresh / "postgresql.conf").open("a") as file:
            file.write(INCLUDES)
        fresh.rename(self.data)
        note = self.home / "pg.location"
        note.write_text(f"{self.data}\n")
        if self.home not in self.data.parents:
            self.say(
                _("PostgreSQL 的系统用户进不了 %(home)s，数据放在 %(data)s。")
                % {"home": self.home, "data": self.data}
            )

    def _own(self, folder: Path, *, only_make: bool = False) -> None:
        """Make *folder*; unless only its making is asked, it belongs to the server's user with mode 0700."""
        folder.mkdir(parents=True, exist_ok=True)
        if only_make:
            return
        folder.chmod(0o700)
        user = server_user_or_trouble()
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)

    def _as_server(self) -> dict:
        """Arguments of subprocess that run a program as the server's user."""
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}
        user = server_user_or_trouble()
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        return {"cwd": "/", "env": env, "stdin": subprocess.DEVNULL, **who}

    # -- running --------------------------------------------------------------------------------

    def lock(self, seconds: float = START_SECONDS) -> bool:
        """Become the only process that runs this cluster; False if another keeps it for *seconds*."""
        if self._lock:
            return True
        self.home.mkdir(parents=True, exist_ok=True)
        file = (self.home / "pg.lock").open("a")
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.close()
                    return False
                time.sleep(0.1)
            else:
                self._lock = file
                return True

    def unlock(self) -> None:
        """Let another process run this cluster."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server without waiting. Call from the main thread: its end ends the server."""
        user = server_user_or_trouble()
        self._check_sockets(user.pw_uid if user else os.geteuid())
        self._own(self.sockets)
        for name, text in (
            ("gezhi.conf", server_conf(self.sockets, memory(), fsync=self.fsync)),
            ("pg_ident.conf", ident_map()),
        ):
            path = self.data / name
            path.write_text(text)
            path.chmod(0o644)
        log = self.home / "log" / "postgres.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [self.binaries() / "postgres", "-D", self.data],
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal must not reach it before us
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads run yet in any caller)
                **self._as_server(),
            )
        return self.process

    def start(self, seconds: float = START_SECONDS) -> None:
        """Make the cluster if need be, start it and wait until it answers, its roles and database exist.

        Raises: Trouble: it does not come up; the reason from its log is quoted.
        """
        self.make()
        if self.answers():
            self._stop_stranger()
        log = self.home / "log" / "postgres.log"
        deadline = time.monotonic() + seconds
        while True:
            mark = log.stat().st_size if log.exists() else 0
            process = self.spawn()
            while process.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    self.furnish()
                    return
                time.sleep(0.03)
            said = log.read_bytes()[mark:].decode(errors="replace")
            if process.poll() is None or time.monotonic() >= deadline or not RETRY.search(said):
                self.stop()
                raise self._failed(said)
            time.sleep(0.3)

    def answers(self) -> bool:
        """True if the server takes connections."""
        if not (self.sockets / ".s.PGSQL.5432").exists():
            return False
        try:
            psycopg.connect(self._admin("postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def furnish(self) -> None:
        """Create the role, the database and its extensions where they are missing."""
        with psycopg.connect(self._admin("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
                connection.execute(f"create role {ROLE} login createdb")
            self._extend("template1")  # so that every database made later has them without a superuser
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE} owner {ROLE}")

    def _extend(self, database: str) -> None:
        with psycopg.connect(self._admin(database), autocommit=True) as connection:
            for extension in EXTENSIONS:
                connection.execute(f"create extension if not exists {extension}")

    def let_tests_empty(self) -> None:
        """Let the house's role write past guards and foreign keys, as tests do to clean up after themselves."""
        with psycopg.connect(self._admin("postgres"), autocommit=True) as connection:
            connection.execute(f"grant set on parameter session_replication_role to {ROLE}")

    def _admin(self, database: str) -> str:
        return private_dsn(self.home, database).replace(f"//{ROLE}@", "//postgres@", 1)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop the server we started: SIGINT (fast shutdown); after *seconds* SIGQUIT (recovers later)."""
        process, self.process = self.process, None
        if process and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait()

    def _stop_stranger(self) -> None:
        """Stop a server on our data whose keeper is gone (we hold the lock, so it has none)."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _check_sockets(self, owner: int) -> None:
        """Refuse a socket folder that another user put in our way."""
        try:
            stat = self.sockets.lstat()
        except FileNotFoundError:
            return
        if stat.st_uid not in {owner, os.geteuid()} or self.sockets.is_symlink():
            raise Trouble(_("目录 %s 属于别的用户。") % self.sockets, _("请删除它后重试。"))

    def _failed(self, said: str) -> Trouble:
        if "No space left" in said:
            return disk_full(self.data, shutil.disk_usage(self.data).free, NEEDED_TO_START)
        last = "\n".join(said.strip().splitlines()[-5:])
        return Trouble(_("数据库没有启动：\n%s") % last, _("日志：%s") % (self.home / "log" / "postgres.log"))


def installed() -> dict[int, Path]:
    """Installed PostgreSQL servers of version 15 or newer that have PostGIS: version → folder of programs."""
    found = {}
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = folder.parent.name
        control = Path("/usr/share/postgresql") / version / "extension" / "postgis.control"
        if version.isdecimal() and int(version) >= 15 and (folder / "postgres").exists() and control.exists():
            found[int(version)] = folder
    return found


def server_user_or_trouble() -> pwd.struct_passwd | None:
    """As ``server_user``, with a message for the operator when the system user is missing."""
    try:
        return server_user()
    except KeyError:
        raise Trouble(_("没有系统用户 postgres。"), "apt-get install postgresql-15") from None


def disk_full(folder: Path, free: int, needed: int) -> Trouble:
    """The trouble to raise when *folder*'s disk has *free* bytes where *needed* are wanted."""
    return Trouble(
        _("磁盘空间不足：%(folder)s 只剩 %(free)d MB，至少需要 %(needed)d MB。")
        % {"folder": folder, "free": free >> 20, "needed": needed >> 20},
        _("请腾出空间，或换一个磁盘上的目录（数据目录用 GEZHI_HOME 指定）。"),
    )


@contextmanager
def running(cluster: Cluster) -> Iterator[None]:
    """The cluster runs while inside: as it already does (``gezhi up``), else for as long as we need it."""
    if not cluster.lock(seconds=0):
        deadline = time.monotonic() + START_SECONDS
        while not cluster.answers():
            if time.monotonic() > deadline:
                raise Trouble(_("另一个 gezhi 进程占用着数据库，但数据库没有应答。"), "gezhi status")
            time.sleep(0.1)
        yield
        return
    try:
        cluster.start()
        yield
    finally:
        cluster.stop()
        cluster.unlock()

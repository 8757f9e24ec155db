"""The one process that keeps an installation running: PostgreSQL when it is ours, web, live and worker.

It holds no thread and no Django, so that it stays small and nothing in it can hang. Every child is in a
session of its own and is told by the kernel when we die. Whatever dies is started again after a pause.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType

from .child import Child, spawner
from .cluster import Cluster
from .database import check_server
from .env import PROJECT, Env, split_bind
from .processes import PROGRAMS, Program
from .procfs import port_holder
from .rundir import RunDir
from .text import Trouble, _

TICK = 0.2
LOGS_EVERY = 30.0
READY_SECONDS = 60.0


class Stopped(Exception):
    """A signal asked us to stop while we were busy starting."""


class Supervisor:
    """Starts, tends and stops the processes of one installation.

    Args: env: its settings. say: called with one line of news at a time. programs: beside the database.
    """

    def __init__(
        self, env: Env, say: Callable[[str], None], programs: tuple[Program, ...] = PROGRAMS
    ) -> None:
        self.env = env
        self.say = say
        self.programs = programs
        self.rundir = RunDir(env.home)
        self.cluster = Cluster(env.home, fsync=env.fsync, say=say) if env.private_database else None
        self.children: list[Child] = []
        self.phase = "starting"
        self.stopping = False

    def run(self, prepare: Callable[[], None], ready: Callable[[], None]) -> None:
        """Start everything, tend it until SIGTERM or SIGINT, stop everything.

        Args: prepare: called when the database is up, before the rest. ready: called when all is up.
        Raises: Trouble: it runs already, a port is taken, the database or a program does not come up.
        """
        if not self.rundir.acquire():
            raise Trouble(_("已经在运行（进程 %d）。") % self.rundir.supervisor(), "gezhi status; gezhi down")
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sign, self._on_signal)
        try:
            ended = self.rundir.end_leftovers()
            if ended:
                self.say(_("已清理上次遗留的进程：%s") % ", ".join(map(str, ended)))
            self.check_ports()
            self.start_database()
            prepare()
            self.start_programs()
            self.wait_ready()
            self.phase = "running"
            self.note()
            ready()
            self.tend()
        except Stopped:
            pass
        finally:
            self.stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.phase == "starting" and not self.stopping:
            self.stopping = True
            raise Stopped
        self.stopping = True

    # -- starting -------------------------------------------------------------------------------

    def check_ports(self) -> None:
        """Refuse to start when somebody else listens where we want to, naming them."""
        for bind in (self.env.bind, self.env.live_bind):
            port = split_bind(bind)[1]
            holder = port_holder(port)
            if holder:
                who = f"{holder[0]} ({holder[1][:120]})" if holder[0] else _("其他用户的进程")
                raise Trouble(
                    _("端口 %(port)d 已被占用：进程 %(who)s。") % {"port": port, "who": who},
                    _("请停止该进程，或换一个端口：GEZHI_BIND=127.0.0.1:8100"),
                )

    def start_database(self) -> None:
        """Start the private cluster and take it under our care, or check the server of one's own."""
        if self.cluster is None:
            check_server(self.env.dsn)
            return
        if not self.cluster.lock():
            raise Trouble(_("另一个 gezhi 命令正在使用数据库。"), _("请等它结束后重试。"))
        self.cluster.start()
        child = Child("postgres", self.cluster.spawn, self.say, 60, signal.SIGINT, pauses=(0.2, 0.5, 1.0))
        if self.cluster.process:
            child.adopt(self.cluster.process)
        self.children.append(child)
        self.note()

    def start_programs(self) -> None:
        """Start web, live and worker."""
        env = {
            **os.environ,
            "GEZHI_HOME": str(self.env.home),
            "GEZHI_SUPERVISED": str(os.getpid()),
            "PYTHONPATH": os.pathsep.join(
                [str(PROJECT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "DJANGO_SETTINGS_MODULE": "gezhi.config.settings",
        }
        for program in self.programs:
            log = self.rundir.logs / f"{program.name}.log"
            spawn = spawner(program.command(self.env), log, env, PROJECT)
            child = Child(program.name, spawn, self.say, stop_seconds=program.stop_seconds)
            child.start()
            self.children.append(child)
        self.note()

    def wait_ready(self) -> None:
        """Wait until every program with an address answers there.

        Raises: Trouble: one does not; the end of its log is quoted.
        """
        deadline = time.monotonic() + READY_SECONDS
        for program in self.programs:
            child = next(child for child in self.children if child.name == program.name)
            while program.url and not answers(program.url(self.env)):
                self.tend_once()
                if time.monotonic() > deadline or child.failures > 2:
                    log = self.rundir.logs / f"{program.name}.log"
                    tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
                    raise Trouble(
                        _("%(name)s 没有启动：\n%(tail)s") % {"name": program.name, "tail": tail},
                        _("日志：%s") % log,
                    )
                time.sleep(TICK / 2)

    # -- running --------------------------------------------------------------------------------

    def tend(self) -> None:
        """Look after the children until we are asked to stop."""
        logs_at = time.monotonic() + LOGS_EVERY
        while not self.stopping:
            self.tend_once()
            if time.monotonic() > logs_at:
                self.rundir.rotate_logs()
                logs_at = time.monotonic() + LOGS_EVERY
            time.sleep(TICK)

    def tend_once(self) -> None:
        """Look once after every child; note the state when anything changed."""
        changed = [child.tend() for child in self.children]
        if any(changed):
            self.note()

    def note(self) -> None:
        """Write down who runs, for ``gezhi status``."""
        processes = [{"name": c.name, "pid": c.pid, "restarts": c.restarts} for c in self.children]
        state = {"supervisor": os.getpid(), "phase": self.phase, "processes": processes}
        self.rundir.write_state({**state, "url": self.env.public_url, "python": sys.version.split()[0]})

    def stop(self) -> None:
        """Stop all: the programs together, then the database."""
        self.phase = "stopping"
        database = [child for child in self.children if child.name == "postgres"]
        programs = [child for child in self.children if child.name != "postgres"]
        for group in (programs, database):
            for child in group:
                child.ask_to_stop()
            asked = time.monotonic()
            for child in group:
                child.finish(asked + child.stop_seconds)
        if self.cluster:
            self.cluster.stop()
            self.cluster.unlock()
        self.rundir.release()


def answers(url: str) -> bool:
    """True if *url* answers with anything but a server error."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (our own http address)
            return response.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False

"""The supervisor with a real PostgreSQL: it starts, revives what is killed, and stops everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from gezhi.config.cluster import Cluster, installed
from gezhi.config.cluster_paths import private_dsn
from gezhi.config.procfs import alive, group_members
from gezhi.config.rundir import RunDir

pytestmark = pytest.mark.skipif(not installed(), reason="no PostgreSQL server on this machine")
CITY = Path(__file__).with_name("city.py")


def free_port() -> int:
    """A port whose neighbour is free as well."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def until(condition, seconds=30.0):
    """Wait until *condition* gives something true; returns it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


class City:
    """A running miniature installation."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.start()

    def start(self) -> None:
        env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "GEZHI_DATABASE_URL"}}
        env |= {"GEZHI_HOME": str(self.home), "GEZHI_FSYNC": "false", "GEZHI_BIND": f"127.0.0.1:{self.port}"}
        env["PYTHONPATH"] = str(Path(__file__).resolve().parents[2] / "src")
        self.out = (self.home / "out").open("w+")
        self.process = subprocess.Popen([sys.executable, CITY], env=env, stdout=self.out, stderr=self.out)

    def said(self) -> str:
        return (self.home / "out").read_text()

    def ready(self) -> None:
        until(lambda: "ready" in self.said() or self.process.poll() is not None)
        assert "ready" in self.said(), self.said()

    def pid(self, name: str) -> int:
        state = json.loads((self.home / "state.json").read_text())
        return next(entry["pid"] for entry in state["processes"] if entry["name"] == name)

    def sql(self, query: str):
        with psycopg.connect(private_dsn(self.home), autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchone() if cursor.description else None

    def answers(self) -> bool:
        return Cluster(self.home).answers()


@pytest.fixture
def city():
    """A city in a short folder that PostgreSQL's user can reach."""
    home = Path("/tmp") / f"gezhi-city-{os.getpid()}-{free_port()}"
    home.mkdir(mode=0o755)
    city = City(home)
    yield city
    if city.process.poll() is None:
        city.process.terminate()
        city.process.wait(30)
    cluster = Cluster(home)
    until(lambda: not cluster.answers())
    shutil.rmtree(home)
    shutil.rmtree(cluster.sockets, ignore_errors=True)


def test_whatever_is_killed_comes_back_and_data_stays(city):
    city.ready()
    city.sql("create table kept (n int); insert into kept values (7)")
    assert city.sql("select postgis_version()")[0].startswith("3.")
    for name in ("web", "worker", "postgres"):
        before = city.pid(name)
        os.kill(before, signal.SIGKILL)
        until(lambda name=name, before=before: city.pid(name) not in {0, before})
    until(city.answers)
    assert city.sql("select n from kept") == (7,)
    pids = [city.pid(name) for name in ("web", "worker", "postgres")]
    started = time.monotonic()
    city.process.terminate()
    assert city.process.wait(20) == 0
    assert time.monotonic() - started < 10
    assert not any(alive(pid) for pid in pids)
    assert RunDir(city.home).supervisor() == 0


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_goes_on(city):
    city.ready()
    city.sql("create table kept (n int); insert into kept values (8)")
    pids = [city.pid(name) for name in ("web", "worker", "postgres")]
    city.process.kill()
    city.process.wait()
    until(lambda: not any(group_members(pid) for pid in pids))
    city.start()
    city.ready()
    assert city.sql("select n from kept") == (8,)


def test_a_second_supervisor_and_a_taken_port_are_refused(city):
    city.ready()
    env = {**os.environ, "GEZHI_HOME": str(city.home), "GEZHI_BIND": f"127.0.0.1:{city.port}"}
    env["PYTHONPATH"] = str(Path(__file__).resolve().parents[2] / "src")
    env.pop("DATABASE_URL", None)
    done = subprocess.run([sys.executable, CITY], env=env, capture_output=True, text=True)
    assert done.returncode and str(city.process.pid) in done.stderr
    other = city.home / "other"
    other.mkdir()
    done = subprocess.run([sys.executable, CITY], env={**env, "GEZHI_HOME": str(other)}, capture_output=True, text=True)
    assert done.returncode and str(city.pid("web")) in done.stderr and str(city.port) in done.stderr

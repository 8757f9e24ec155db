"""The commands as an operator uses them, on an installation of their own: start, back up, spoil, restore, stop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from gezhi.config.cluster import Cluster, installed
from gezhi.config.cluster_paths import private_dsn
from tests.ops.test_supervisor import free_port

pytestmark = pytest.mark.skipif(not installed(), reason="no PostgreSQL server on this machine")
SRC = Path(__file__).resolve().parents[2] / "src"


class Installation:
    """A home folder and the commands run on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess:
        env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "GEZHI_DATABASE_URL"}}
        env |= {"GEZHI_HOME": str(self.home), "GEZHI_FSYNC": "false", "GEZHI_BIND": f"127.0.0.1:{self.port}"}
        env |= {"PYTHONPATH": str(SRC), "GEZHI_WEB_WORKERS": "1", **more}
        command = [sys.executable, "-m", "gezhi", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sql(self, query: str):
        with psycopg.connect(private_dsn(self.home), autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchone() if cursor.description else None


@pytest.fixture
def place():
    home = Path("/tmp") / f"gezhi-place-{os.getpid()}-{free_port()}"
    home.mkdir(mode=0o755)
    place = Installation(home)
    yield place
    place.run("down")
    shutil.rmtree(home)
    shutil.rmtree(Cluster(home).sockets, ignore_errors=True)


def test_a_day_of_an_operator(place):
    assert place.run("status").returncode == 3
    place.good("up", "--detach")
    with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/readyz") as response:
        assert json.load(response)["status"] == "ok"
    status = json.loads(place.good("status", "--json"))
    assert status["phase"] == "running"
    assert {row["name"] for row in status["processes"]} == {"supervisor", "postgres", "web", "live", "worker"}
    assert all(row["running"] and row["memory"] > 0 for row in status["processes"])
    assert "error" not in status["database"]
    checks = json.loads(place.good("doctor", "--json"))
    assert not [check for check in checks if check["level"] == "error"]

    document = place.home / "documents" / "ab" / "abcd"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"a picture")
    place.sql("create table kept (n int); insert into kept values (41)")
    place.good("backup", str(place.home / "one.tar"))
    refused = place.run("restore", str(place.home / "one.tar"))
    assert refused.returncode == 1 and "gezhi down" in refused.stderr

    place.sql("update kept set n = 0")
    place.good("down")
    assert place.run("restore", str(place.home / "one.tar")).returncode == 1, "a full database is not replaced"
    document.unlink()
    place.good("restore", "--force", str(place.home / "one.tar"))
    assert document.read_bytes() == b"a picture"
    place.good("up", "--detach")
    assert place.sql("select n from kept") == (41,)
    place.good("down")
    assert place.run("status").returncode == 3


def test_errors_are_told_without_a_traceback(place):
    for arguments, environment, word in (
        (["status"], {"GEZHI_BIND": "nonsense"}, "GEZHI_BIND"),
        (["migrate"], {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}, "DATABASE_URL"),
        (["restore", str(SRC / "gezhi" / "__main__.py")], {}, "__main__.py"),
    ):
        done = place.run(*arguments, **environment)
        assert done.returncode == 1, arguments
        assert word in done.stderr and "Traceback" not in done.stderr, done.stderr

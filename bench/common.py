"""What benchmarks share: a throw-away database, a web server, wrk and pgbench, and the load of the machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
NEWEST = Path("/usr/lib/postgresql")


def load() -> float:
    """Load of the last minute: plain figures taken under a high one are low."""
    return round(os.getloadavg()[0], 2)


@contextmanager
def database(name: str) -> Iterator[str]:
    """A migrated database of this name, dropped afterwards: in the server of DATABASE_URL, or our private cluster.

    Sets ``DATABASE_URL`` for this process and its children; Django is set up on it.
    """
    from gezhi.config.database import database as server
    from gezhi.config.database import libpq

    with server() as env:
        parts = urlsplit(env.dsn)
        own = urlunsplit(parts._replace(path=f"/{name}"))
        with psycopg.connect(libpq(env.dsn), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        try:
            os.environ["DATABASE_URL"] = own
            run([sys.executable, "-m", "gezhi", "migrate"])
            _django()
            yield libpq(own)
        finally:
            from django.db import connection as django_connection

            django_connection.close()
            with psycopg.connect(libpq(env.dsn), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _django() -> None:
    from gezhi.config import env

    env.load.cache_clear()
    os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
    import django

    django.setup()


def run(command: list[str]) -> str:
    """Run a command with the project on its path and give its output; its errors end the benchmark."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def web(workers: int = 2, threads: int = 8) -> Iterator[str]:
    """The web process as ``gezhi up`` runs it; gives its address."""
    from gezhi.config.env import Env
    from gezhi.config.processes import web as command

    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "GEZHI_BIND": f"127.0.0.1:{port}"}
    line = command(Env(bind=f"127.0.0.1:{port}", web_workers=workers, web_threads=threads))
    process = subprocess.Popen(line, env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/readyz", timeout=5).read()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def binary(name: str) -> str:
    """A PostgreSQL program, also where Debian keeps it."""
    found = shutil.which(name) or next((str(p) for p in sorted(NEWEST.glob(f"*/bin/{name}"), reverse=True)), None)
    if found is None:
        raise SystemExit(f"{name} is needed (Debian: postgresql-contrib or wrk)")
    return found


def wrk(url: str, script: Path, seconds: int, connections: int = 32, threads: int = 2) -> dict[str, float]:
    """Requests a second, latencies in milliseconds, and answers that were not 2xx."""
    out = run([binary("wrk"), f"-c{connections}", f"-t{threads}", f"-d{seconds}s", "--latency", "-s", str(script), url])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    half, most = (_ms(re.search(rf"{share}%\s+([\d.]+\w+)", out)[1]) for share in (50, 99))
    return {"per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), "p50_ms": half, "p99_ms": most,
            "bad": int(bad[1]) if bad else 0}


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return round(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit], 2)


def pgbench(dsn: str, script: Path, seconds: int, clients: int = 32, mode: str = "simple") -> dict[str, float]:
    """Transactions a second and their mean latency in milliseconds."""
    out = run([binary("pgbench"), "-n", "-M", mode, "-c", str(clients), "-j", "2", "-T", str(seconds),
               "-f", str(script), dsn])
    return {"per_second": float(re.search(r"tps = ([\d.]+)", out)[1]),
            "mean_ms": float(re.search(r"latency average = ([\d.]+)", out)[1])}


def timed(work, times: int) -> dict[str, float]:
    """Milliseconds of a call: median, 99th percentile, and how often it was made."""
    work()
    taken = []
    for _i in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    taken.sort()
    half, most = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    return {"p50_ms": round(half, 2), "p99_ms": round(most, 2), "times": times}


def tell(figures: dict) -> None:
    """The last line of a benchmark."""
    print(json.dumps({**figures, "load": load(), "cpus": os.cpu_count()}, ensure_ascii=False))

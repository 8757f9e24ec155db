"""A throw-away installation: private PostgreSQL with fsync on, web, live and worker, in a temporary folder.

Nothing else is needed or touched. The processes are those of ``gezhi up``, started by it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
START_SECONDS = 300


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on now."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


class House:
    """One installation in ``home``; ``with house() as h`` starts it and leaves nothing behind.

    Args:
        home: its folder.
        web: ``http://host:port`` of pages and API.
    """

    def __init__(self, home: Path) -> None:
        web, live = free_ports()
        self.home = home
        self.web = f"http://127.0.0.1:{web}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GEZHI_") and k != "DATABASE_URL"}
        self.environ = {**kept, "GEZHI_HOME": str(home), "GEZHI_BIND": f"127.0.0.1:{web}",
                        "GEZHI_LIVE_BIND": f"127.0.0.1:{live}", "PYTHONPATH": str(ROOT / "src"),
                        "GEZHI_WEB_WORKERS": "2", "GEZHI_WEB_THREADS": "8"}
        self.process: subprocess.Popen[bytes] | None = None
        self.out: IO[bytes] | None = None
        self.database: Any = None

    def gezhi(self, *arguments: str) -> str:
        """Run a ``gezhi`` command in it and give what it printed; its failure ends the benchmark."""
        done = subprocess.run([sys.executable, "-m", "gezhi", *arguments], env=self.environ, capture_output=True,
                              text=True)
        if done.returncode:
            raise SystemExit(f"gezhi {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def state(self) -> dict:
        """Who runs, as the supervisor last wrote it down."""
        from gezhi.config.rundir import RunDir

        return RunDir(self.home).read_state()

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {p["name"]: p["pid"] for p in self.state().get("processes", []) if p["pid"]}

    def start(self) -> None:
        """``gezhi up``; returns when everything answers."""
        self.out = (self.home / "up.log").open("ab")
        self.process = subprocess.Popen([sys.executable, "-m", "gezhi", "up"], env=self.environ, stdout=self.out,
                                        stderr=self.out, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while self.state().get("phase") != "running" or self.state().get("supervisor") != self.process.pid:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"gezhi up failed:\n{(self.home / 'up.log').read_text()[-3000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask it to stop and wait for that."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(120)
            self.process = None
        if self.database is not None:
            self.database.stop()
            self.database = None
        if self.out is not None:
            self.out.close()

    def stop_programs(self) -> None:
        """Leave the database alone: web, live and worker are stopped and not started again while it runs."""
        self.stop()
        self.database = self.cluster()
        self.database.start()

    def cluster(self) -> Any:
        """Its PostgreSQL, to be run without a supervisor."""
        from gezhi.config.cluster import Cluster

        return Cluster(self.home)

    def address(self, database: str = "gezhi") -> str:
        """The address of a database for the cluster's superuser, who may leave foreign keys unchecked."""
        from gezhi.config.cluster_paths import private_dsn

        return private_dsn(self.home, database).replace("//app@", "//postgres@")

    def filled(self, rows: int, name: str, script: str = "fill.py") -> str:
        """A copy of the installation's database with that many rows on the city's ground; its address for ``app``.

        Args:
            script: what fills it, a file beside this one that takes the number of rows.
        """
        import psycopg

        from gezhi.config.database import libpq

        with psycopg.connect(libpq(self.address("postgres")), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gezhi'")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE gezhi OWNER app")
        subprocess.run([sys.executable, str(Path(__file__).with_name(script)), str(rows)], check=True,
                       env={**self.environ, "DATABASE_URL": self.address(name)})
        return self.address(name).replace("//postgres@", "//app@")

    def city(self) -> None:
        """A small invented city without cases: areas, grids, units, people, catalogue."""
        self.gezhi("demo", "build", "--territory", "invented", "--cases", "1", "--grids", "400", "--units", "60",
                   "--staff", "300", "--people", "0")

    def django(self) -> str:
        """Set Django up in this process on its database; returns the database's libpq address."""
        for name in [n for n in os.environ if n.startswith("GEZHI_") or n == "DATABASE_URL"]:
            del os.environ[name]
        os.environ.update({k: v for k, v in self.environ.items() if k.startswith("GEZHI_")})
        from gezhi.config import env
        from gezhi.config.database import libpq

        env.load.cache_clear()
        django_here()
        return libpq(env.load().dsn)


@contextmanager
def house(city: bool = True) -> Iterator[House]:
    """A running installation, gone afterwards."""
    from gezhi.config.cluster_paths import data_dir

    home = Path(tempfile.mkdtemp(prefix="gezhi-bench-"))
    home.chmod(0o755)  # the system user postgres must get in
    made = House(home)
    try:
        made.start()
        if city:
            made.city()
        yield made
    finally:
        made.stop()
        shutil.rmtree(data_dir(home).parent if home not in data_dir(home).parents else home, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def django_here() -> None:
    """Set Django up in this process on the database of ``DATABASE_URL``."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
    import django

    django.setup()


def apart(parser: argparse.ArgumentParser, script: str, measure: Callable[[argparse.Namespace], dict],
          build: Callable[[House, argparse.Namespace], str], **environ: str) -> None:
    """A benchmark on one filled database: measured in a process of its own, on what ``--url`` names or is built here.

    Args:
        parser: with the benchmark's own options; its description is printed first.
        script: the benchmark's file.
        measure: what that process does with the options, Django set up; gives the figures to tell.
        build: fills a database of a running installation whose programs were stopped; gives its address.
        environ: further variables for that process.
    """
    parser.add_argument("--url", help="a database that was filled before")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        django_here()
        tell(measure(options))
        return
    print(sys.modules["__main__"].__doc__, flush=True)
    again = [sys.executable, script, "--here", *sys.argv[1:]]
    if options.url:
        mine = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DATABASE_URL": options.url, **environ}
        sys.exit(subprocess.run(again, env=mine).returncode)
    with house() as home:
        home.stop_programs()
        url = build(home, options)
        subprocess.run(again, env={**home.environ, "DATABASE_URL": url, **environ}, check=True)


def actors(kinds: Mapping[str, str]) -> dict[str, Any]:
    """One real actor of each role: the post with the most to see.

    Args:
        kinds: role to the level of the unit wanted; any unit where no such post is.
    """
    from gezhi.foundation.units.models import Post
    from gezhi.foundation.units.public import actor_of

    out = {}
    for role, level in kinds.items():
        posts = Post.objects.select_related("staff", "unit", "role").filter(role__code=role, active=True)
        posts = posts.defer("staff__phone")  # sealed with the keys of the installation that filled the database
        post = posts.filter(unit__level=level).order_by("id").first() or posts.order_by("id").first()
        if post is not None:
            out[role] = actor_of(post)
    return out


def affordable(rows: int, gigabytes: int, less: int = 1_000_000) -> int:
    """How many rows to build: those of ``BENCH_ROWS``, else *rows*, or *less* where the disk has not that much free."""
    asked = os.environ.get("BENCH_ROWS")
    if asked:
        return int(asked)
    free = shutil.disk_usage(tempfile.gettempdir()).free >> 30
    if free < gigabytes:
        print(f"{rows:,} rows want {gigabytes} GB and {free} are free: {less:,} are built.", flush=True)
        return less
    return rows


def quantile(times: Sequence[float], share: float) -> float:
    """The nearest rank of a quantile."""
    return sorted(times)[min(len(times) - 1, math.ceil(len(times) * share) - 1)]


def pair(ours: Callable[[], Any], bare: Callable[[], Any], seconds: float = 3) -> tuple[float, float]:
    """Medians in milliseconds of two calls made in turns, so that a neighbour's load falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    ours(), bare()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken[0]) < 3:
        for call, times in zip((ours, bare), taken, strict=True):
            begin = time.perf_counter()
            call()
            times.append((time.perf_counter() - begin) * 1000)
    return quantile(taken[0], 0.5), quantile(taken[1], 0.5)


def tell(figures: dict) -> None:
    """The last line of a benchmark: one JSON object, with the load of the machine."""
    print(json.dumps({**figures, "load": round(os.getloadavg()[0], 1), "cpus": os.cpu_count()}, ensure_ascii=False))

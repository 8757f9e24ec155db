"""First page of case lists through the query engine, by real actors, at two sizes of the table.

Each query is a list as a person opens it: rows of the first page, as ``Query.page`` reads them. The ratio of a query
is its median at the larger size to that at the smaller; the worst one is the benchmark's. Aim: 1.5, p99 below 150 ms.

Usage: ``bench_lists.py [--rows 1000000] [--small 50000] [--seconds 1.5] [--urls SMALL LARGE] [--explain]``.
Five million rows (``--rows 5000000``) take about 15 GB of disk and some ten minutes to build; with ``--urls`` two
databases that were filled before are asked instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from house import ROOT, House, house, tell

COMMON, RARE = "垃圾", "bm4321"
"""A word of very many cases, and one of three."""


def actors() -> dict[str, Any]:
    """One real actor of each role that works with lists: the post with the most to see."""
    from gezhi.foundation.units.models import Post
    from gezhi.foundation.units.public import actor_of

    out = {}
    for role, kind in (("dispatcher", "city"), ("acceptor", "county"), ("reviewer", "city"), ("unit_clerk", "city"),
                       ("leader", "county"), ("admin", "city")):
        posts = Post.objects.select_related("staff", "unit", "role").filter(role__code=role, active=True)
        post = posts.filter(unit__level=kind).order_by("id").first() or posts.order_by("id").first()
        if post is not None:
            out[role] = actor_of(post)
    return out


def queries() -> list[tuple[str, str, dict[str, str]]]:
    """Name, role and filters of every list measured; values are read from the data."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT area_code, item_code, unit_id FROM cases_case WHERE unit_id IS NOT NULL AND id > "
                       "(SELECT max(id) * 0.5 FROM cases_case) ORDER BY id LIMIT 1")
        area, item, unit = cursor.fetchone()
        cursor.execute("SELECT (max(reported_at) - interval '30 days')::date::text, "
                       "(max(reported_at) - interval '20 days')::date::text FROM cases_case")
        low, high = cursor.fetchone()
    days = f"{low}..{high}"
    out: list[tuple[str, str, dict[str, str]]] = [
        (f"work queue of {role}", role, {"mine": "todo"})
        for role in ("dispatcher", "acceptor", "reviewer", "unit_clerk")]
    out += [(f"all, {role}", role, {}) for role in ("dispatcher", "acceptor", "unit_clerk", "leader", "admin")]
    out += [(f"area of {n} digits", "admin", {"area_code": area[:n]}) for n in (4, 6, 9, 12, 15)]
    plain = {"status": "handling", "final status": "archived", "item": item, "channel": "web", "unit": str(unit),
             "red light": "red", "urgency": "urgent1", "hard": "1", "open": "1", "late": "1"}
    name_of = {"final status": "status", "item": "item_code", "red light": "light"}
    out += [(name, "admin", {name_of.get(name, name): value}) for name, value in plain.items()]
    out += [
        ("yellow light", "dispatcher", {"light": "yellow"}),
        ("common word", "admin", {"q": COMMON}), ("rare word", "admin", {"q": RARE}),
        ("no such word", "admin", {"q": "独角兽座谈"}),
        ("two words", "admin", {"q": f"{COMMON} 小区"}), ("common word, clerk", "unit_clerk", {"q": COMMON}),
        ("ten days", "admin", {"reported_at": days}),
        ("ten days, status", "dispatcher", {"reported_at": days, "status": "handling"}),
        ("area and status", "admin", {"area_code": area[:9], "status": "handling"}),
        ("area, item, channel", "admin", {"area_code": area[:9], "item_code": item, "channel": "web"}),
        ("area and common word", "admin", {"area_code": area[:12], "q": COMMON}),
        ("unit and status", "dispatcher", {"unit": str(unit), "status": "archived"}),
        ("by due time", "dispatcher", {"light": "red,yellow", "sort": "due_at"}),
        ("by time of report", "admin", {"sort": "-reported_at"}),
    ]
    return out


def measure(seconds: float, explain: bool) -> dict[str, tuple[float, float]]:
    """Milliseconds of each list, median and 99th percentile, on the database of DATABASE_URL."""
    from django.db import connection

    from gezhi.engines.tables.query import Query

    who, out = actors(), {}
    for name, role, params in queries():
        def once(role: str = role, params: dict[str, str] = params) -> None:
            Query("case", who[role], params).page()

        times: list[float] = []
        once()
        end = time.perf_counter() + seconds
        while (time.perf_counter() < end and len(times) < 200) or len(times) < 5:
            begin = time.perf_counter()
            once()
            times.append((time.perf_counter() - begin) * 1000)
        times.sort()
        out[name] = (times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))])
        print(f"  {name}: {out[name][0]:.1f} ms, p99 {out[name][1]:.1f} ms, {len(times)} times", flush=True)
        if explain and out[name][0] > 20:
            slowest: list[tuple[float, str, Any]] = []

            def listen(execute: Any, sql: str, given: Any, many: bool, context: Any,
                       slowest: list[tuple[float, str, Any]] = slowest) -> Any:
                begin = time.perf_counter()
                result = execute(sql, given, many, context)
                slowest.append((time.perf_counter() - begin, sql, given))
                return result

            with connection.execute_wrapper(listen):
                once()
            _seconds, sql, given = max(slowest, key=lambda s: s[0])
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql.removeprefix('EXPLAIN (FORMAT json) ')}", given)
                print(f"    {len(slowest)} statements; {sql[sql.find(' FROM '):][:600]}")
                print("\n".join(f"    {row[0][:200]}" for row in cursor.fetchall()), flush=True)
    return out


def compare(small: dict[str, list[float]], large: dict[str, list[float]]) -> dict[str, Any]:
    """Ratios of the medians; what takes less than a millisecond more is not told apart."""
    ratios = {name: round(large[name][0] / small[name][0], 2) for name in small if name in large}
    worst = max(ratios, key=lambda n: ratios[n])
    slowest = max(large, key=lambda n: large[n][1])
    return {"ratio": ratios[worst], "worst": worst, "median_ratio": sorted(ratios.values())[len(ratios) // 2],
            "within_aim": sum(1 for r in ratios.values() if r <= 1.5), "queries": len(ratios),
            "p99_ms": round(large[slowest][1], 1), "p99_of": slowest,
            "under_150_ms": sum(1 for _p50, p99 in large.values() if p99 < 150), "aim": 1.5, "ratios": ratios,
            "p50_ms": {name: round(value[0], 1) for name, value in large.items()}}


def ask(url: str, options: argparse.Namespace, environ: dict[str, str]) -> dict[str, list[float]]:
    """Measure in a process of its own on a database; gives its figures."""
    import json

    command = [sys.executable, __file__, "--here", "--seconds", str(options.seconds)]
    command += ["--explain"] if options.explain else []
    process = subprocess.Popen(command, env={**environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True)
    last = ""
    for line in process.stdout or ():
        if line.startswith("{"):
            last = line
        else:
            print(line, end="", flush=True)
    if process.wait():
        raise SystemExit("The lists could not be measured.")
    return json.loads(last)


def build(home: House, rows: int, name: str) -> str:
    """A database of the installation with that many cases on the city's ground; its address.

    Filled as the database's superuser, so that a million foreign keys are not looked up one by one.
    """
    import psycopg

    from gezhi.config.cluster_paths import private_dsn
    from gezhi.config.database import libpq

    url = private_dsn(home.home, name)
    with psycopg.connect(libpq(private_dsn(home.home, "postgres").replace("//app@", "//postgres@")),
                         autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gezhi'")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE gezhi OWNER app")
    subprocess.run([sys.executable, str(Path(__file__).with_name("fill.py")), str(rows)], check=True,
                   env={**home.environ, "DATABASE_URL": url.replace("//app@", "//postgres@")})
    return url


def main() -> None:
    """Build both, or take what is given; measure; compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--urls", nargs=2)
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
        import django

        django.setup()
        tell(measure(options.seconds, options.explain))
        return
    print(__doc__, flush=True)
    if options.urls:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        small, large = (ask(url, options, environ) for url in options.urls)
    else:
        with house() as home:
            home.stop_programs()
            urls = [build(home, rows, f"rows{rows}") for rows in (options.small, options.rows)]
            small, large = (ask(url, options, home.environ) for url in urls)
    for figures in (small, large):
        for name in ("load", "cpus"):
            figures.pop(name, None)
    tell({"bench": "lists", "rows": [options.small, options.rows], **compare(small, large)})


if __name__ == "__main__":
    main()

"""Every tile of every board at five million cases, by real actors, and what a new case costs.

All tiles of all boards are evaluated as their pages do, for the periods the pages offer, and checked: a tile of rows
must be the number of rows behind its link. The ceiling is one plain count of the same run: the cases closed in a year;
``ratio`` is what all tiles of the dearest actor take, over that. A new case is written at both sizes of the table, with
the days counted and their triggers at work; its ratio is that of the medians. Then the paths of a part of
the cases are read from a log written for them, and the four boards with
all their parts and tables are built. Aims: all tiles of all boards under a second; a new case costs at the larger
size what it costs at the smaller.

Usage: ``bench_boards.py [--rows 300000] [--small 20000] [--paths 50000] [--urls SMALL LARGE]``; ``BENCH_ROWS`` for the
rows. Five million rows take about 15 GB of disk; ``--urls`` takes two databases that were filled before, with the
address of a superuser.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from typing import Any

from house import ROOT, actors, django_here, house, quantile, tell

ROLES = {"admin": "city", "supervisor": "city", "leader": "county", "reviewer": "county", "unit_clerk": "city"}
PERIODS = ("30d", "365d")
TRIES = 5
COUNT = "SELECT count(*) FROM cases_case WHERE closed_at >= now() - interval '365 days'"
LOG = """
INSERT INTO kernel_history (at, register, record_id, seq, verb, source, target, actor_kind, actor_name, via, opinion,
  changes, seal)
SELECT c.reported_at + n.seq * interval '5 hours', 'case', c.id, n.seq, 'move', n.source, n.target, 'staff', '', '', '',
  '{{}}', ''
FROM cases_case c CROSS JOIN LATERAL (SELECT seq, target, lag(target, 1, '') OVER (ORDER BY seq) AS source
  FROM unnest((ARRAY[
    ARRAY['reported','registered','pending_dispatch','pending_sign','handling','pending_unit_review','pending_review',
          'pending_callback','pending_close','closed','archived'],
    ARRAY['reported','registered','pending_dispatch','pending_sign','pending_dispatch','pending_sign','handling',
          'pending_review','pending_callback','pending_close','closed'],
    ARRAY['reported','verifying','registered','pending_dispatch','pending_sign','handling','pending_review',
          'handling','pending_review','pending_close','closed']])[1 + c.id % 3:1 + c.id % 3][:])
  WITH ORDINALITY u(target, seq)) n
WHERE c.id BETWEEN {low} AND {high}"""


def tiles(actor: Any, period: str) -> tuple[float, dict[str, Any]]:
    """Milliseconds of all tiles an actor sees on all boards, and the figures by metric."""
    from gezhi.engines.metrics import boards
    from gezhi.kernel.registry import registry
    from gezhi.surfaces.desk.boards import _figures
    from gezhi.surfaces.wall.figures import BOARD

    names = {b.name for b in boards.boards(actor)} | {BOARD}
    wanted = [m for m in registry.metrics.values() if names & set(m.boards) and actor.may(f"{m.of}.view")]
    begin = time.perf_counter()
    found = {f.metric.name: f for f in _figures(wanted, actor, "", period)}
    return (time.perf_counter() - begin) * 1000, found


def pages(actor: Any, period: str) -> dict[str, float]:
    """Milliseconds of each board with its parts and tables."""
    from gezhi.engines.metrics import boards
    from gezhi.engines.metrics import period as periods
    from gezhi.engines.metrics.evaluate import metric_of
    from gezhi.kernel.registry import registry
    from gezhi.surfaces.desk.boards import _figures, _table

    out = {}
    for one in boards.boards(actor):
        def build(one: Any = one) -> None:
            wanted = [m for m in registry.metrics.values() if one.name in m.boards and actor.may(f"{m.of}.view")]
            _figures(wanted, actor, "", period)
            for part in one.parts:
                part.context(actor, "", periods.read(period))
            for name, by in one.tables:
                _table(metric_of(name), by, actor, "", period)

        out[one.name] = round(median(build, 3), 1)
    return out


def checked(actor: Any, figures: dict[str, Any]) -> int:
    """How many tiles of rows were counted behind their links; a difference ends the benchmark.

    Only figures that do not move with the clock between the two statements are compared exactly.
    """
    from gezhi.engines.tables.query import Query

    number = 0
    for name, figure in figures.items():
        if figure.metric.measure == "count" and figure.value is not None and "light" not in figure.metric.where:
            rows = Query(figure.metric.of, actor, dict(figure.query)).rows().count()
            if rows != figure.value:
                raise SystemExit(f"{name}: the tile says {figure.value}, its link {rows}")
            number += 1
    return number


def median(call: Any, tries: int = TRIES) -> float:
    """Median milliseconds of a call."""
    call()
    times = []
    for _n in range(tries):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1000)
    return quantile(times, 0.5)


def bare(sql: str) -> float:
    """Median milliseconds of a hand-written count."""
    from django.db import connection

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchone()

    return median(run)


def new_case(number: int) -> None:
    """One report by the public door."""
    from gezhi.domains.cases.public import report
    from gezhi.foundation.units.public import public_actor

    report(public_actor(), {"channel": "web", "content": f"小区门口堆了很多垃圾 {number}", "address": "某路",
                            "anonymous": True, "area_code": AREA[0]})


AREA = [""]


def ready() -> float:
    """Seconds in which the worker counts all days."""
    from gezhi.engines.metrics import rolling

    begin = time.perf_counter()
    rolling.refresh()
    return time.perf_counter() - begin


def one_side(options: argparse.Namespace) -> dict[str, Any]:
    """Everything measured on the database of DATABASE_URL."""
    from django.db import connection

    from gezhi.engines.metrics import rolling
    from gezhi.engines.metrics.models import DayCount

    with connection.cursor() as cursor:
        cursor.execute("SELECT area_code, (SELECT count(*) FROM cases_case) FROM cases_case ORDER BY id DESC LIMIT 1")
        AREA[0], rows = cursor.fetchone()
    who = actors(ROLES)
    gc.freeze()
    out: dict[str, Any] = {"rows": rows, "ms": {}}
    rolling.forget()
    plain = tiles(who["supervisor"], "30d")[0]
    out |= {"uncounted_ms": round(plain), "counted_s": round(ready(), 1), "day_rows": DayCount.objects.count()}
    connection.cursor().execute("ANALYZE metrics_daycount, metrics_daystate, metrics_daymark")
    for role, actor in who.items():
        ms = {period: round(median(lambda a=actor, p=period: tiles(a, p)), 1) for period in PERIODS}
        same = checked(actor, tiles(actor, "365d")[1])
        out["ms"][role] = {**ms, "checked": same}
        print(f"  {rows:,} cases, {role}: {ms}, {same} tiles equal their links", flush=True)
    out["bare_ms"] = round(bare(COUNT), 1)
    numbers = iter(range(10**9))
    out["new_case_ms"] = round(median(lambda: new_case(next(numbers)), 200), 2)
    print(f"  {rows:,} cases: one plain count {out['bare_ms']} ms, a new case {out['new_case_ms']} ms", flush=True)
    if options.paths and rows >= options.paths:
        out["paths"] = mined(who["supervisor"], options.paths, rows)
    out["pages_ms"] = pages(who["supervisor"], "30d")
    print(f"  whole boards, 30 days: {out['pages_ms']}", flush=True)
    return out


def mined(actor: Any, cases: int, rows: int) -> dict[str, Any]:
    """A log of eleven moves for the newest cases, read once, and the board's part for each period."""
    import datetime as dt

    from django.db import connection
    from django.utils import timezone

    from gezhi.domains.cases.oversight import mining, paths

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        for low in range(rows - cases + 1, rows + 1, 100_000):
            cursor.execute(LOG.format(low=low, high=min(rows, low + 99_999)))
        cursor.execute("VACUUM ANALYZE kernel_history")
    begin = time.perf_counter()
    paths.roll()
    out: dict[str, Any] = {"cases": cases, "read_s": round(time.perf_counter() - begin, 1)}
    now = timezone.now()
    for period in PERIODS:
        days = dt.timedelta(days=int(period[:-1]))
        found = mining.mined(actor, "", now - days, now)
        out[period] = {"ms": round(median(lambda d=days: mining.mined(actor, "", now - d, now), 5), 1),
                       "cases": found["count"], "paths": found["variant_count"]}
    print(f"  paths: {out}", flush=True)
    return out


def run(urls: list[str], options: argparse.Namespace, environ: dict[str, str]) -> dict[str, Any]:
    """Measure both databases, one after the other."""
    sides = []
    for url in urls:
        done = subprocess.run([sys.executable, __file__, "--here", "--paths", str(options.paths)], check=True,
                              env={**environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True)
        print("\n".join(done.stdout.splitlines()[:-1]), flush=True)
        sides.append(json.loads(done.stdout.splitlines()[-1]))
    small, large = sides
    worst = max(ms for role in large["ms"].values() for key, ms in role.items() if key != "checked")
    usual = large["ms"]["supervisor"]["30d"]
    return {"ratio": round(worst / large["bare_ms"], 2),
            "new_case_ratio": round(large["new_case_ms"] / small["new_case_ms"], 2),
            "all_tiles_ms": usual, "worst_ms": worst, "aim_ms": 1000, "small": small, "large": large}


def main() -> None:
    """Build both, or take what is given; measure; compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "300000")))
    parser.add_argument("--small", type=int, default=20_000)
    parser.add_argument("--paths", type=int, default=50_000)
    parser.add_argument("--urls", nargs=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        django_here()
        print(json.dumps(one_side(options)))
        return
    print(__doc__, flush=True)
    if options.urls:
        figures = run(options.urls, options, {**os.environ, "PYTHONPATH": str(ROOT / "src")})
    else:
        with house() as home:
            home.stop_programs()
            urls = [home.filled(rows, f"rows{rows}").replace("//app@", "//postgres@")
                    for rows in (options.small, options.rows)]
            figures = run(urls, options, home.environ)
    tell({"bench": "boards", **figures})


if __name__ == "__main__":
    main()

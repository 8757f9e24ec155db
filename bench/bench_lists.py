"""First page of case lists through the query engine, by real actors, at two sizes of the table.

Each query is a list as the desk opens it: rows of the first page, as ``Query.page`` reads them, and the number beside
them, as ``Query.count`` finds it. Both sizes are asked in turns, so that a neighbour's load falls on both, by one
process each, after a few tries that are not counted. The ratio of a query is its median at the larger size to that
at the smaller; the worst one is the benchmark's. Aim: 1.5, and a 99th percentile below 150 ms. Time inside
``cursor.execute`` (the database, the way there and back) is told from Python's.

Usage: ``bench_lists.py [--rows 5000000] [--small 50000] [--tries 100] [--only WORDS] [--urls SMALL LARGE]
[--explain]``.
Five million rows take about 15 GB of disk and some ten minutes to build (a million where there is no room); with
``--urls`` two databases that were filled before are asked instead.
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

from house import ROOT, actors, affordable, django_here, house, quantile, tell

COMMON, RARE = "垃圾", "bm4321"
"""A word of very many cases, and one of three."""


ROLES = {"dispatcher": "city", "acceptor": "county", "reviewer": "city", "unit_clerk": "city", "leader": "county",
         "admin": "city"}
"""Those who work with lists, and the level of the post that is taken."""


def values() -> dict[str, Any]:
    """An area, an item, a unit, ten days as they stand in the data; both sizes are asked for those of the smaller."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT area_code, item_code, unit_id FROM cases_case WHERE unit_id IS NOT NULL AND id > "
                       "(SELECT max(id) * 0.5 FROM cases_case) ORDER BY id LIMIT 1")
        area, item, unit = cursor.fetchone()
        cursor.execute("SELECT (max(reported_at) - interval '30 days')::date::text, "
                       "(max(reported_at) - interval '20 days')::date::text FROM cases_case")
        low, high = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM cases_case")
        rows = cursor.fetchone()[0]
    return {"area": area, "item": item, "unit": unit, "low": low, "high": high, "rows": rows}


def queries(have: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """Name, role and filters of every list measured."""
    area, item, unit, low, high = (have[n] for n in ("area", "item", "unit", "low", "high"))
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
        ("unit and common word", "dispatcher", {"unit": str(unit), "q": COMMON}),
        ("item and common word", "admin", {"item_code": item, "q": COMMON}),
        ("status and common word", "dispatcher", {"status": "handling", "q": COMMON}),
        ("channel and common word", "admin", {"channel": "web", "q": COMMON}),
        ("urgency and common word", "admin", {"urgency": "urgent1", "q": COMMON}),
        ("ten days and common word", "admin", {"reported_at": days, "q": COMMON}),
        ("light and common word", "dispatcher", {"light": "red,yellow", "q": COMMON}),
        ("grid and common word", "admin", {"area_code": area, "q": COMMON}),
        ("area and rare word", "admin", {"area_code": area[:9], "q": RARE}),
        ("common word in all areas, a leader", "leader", {"q": COMMON}),
        ("area and red light", "admin", {"area_code": area[:9], "light": "red"}),
        ("area and ten days", "admin", {"area_code": area[:12], "reported_at": days}),
        ("urgency and ten days", "admin", {"urgency": "urgent1", "reported_at": days}),
        ("item and status", "admin", {"item_code": item, "status": "archived"}),
        ("item in an area", "admin", {"item_code": item, "area_code": area[:9]}),
        ("area, unit, channel", "admin", {"area_code": area[:12], "unit": str(unit), "channel": "iot"}),
        ("area, urgency, status", "admin", {"area_code": area[:12], "urgency": "urgent1", "status": "archived"}),
        ("hard in an area", "admin", {"area_code": area[:9], "hard": "1"}),
        ("by due time", "dispatcher", {"light": "red,yellow", "sort": "due_at"}),
        ("by time of report", "admin", {"sort": "-reported_at"}),
    ]
    return out


class Measured:
    """Lists on the database of DATABASE_URL, one at a time.

    Args:
        who: actors by role.
        asked: name, role and filters of each list.
        register: whose lists they are.
    """

    def __init__(self, who: dict[str, Any], asked: list[tuple[str, str, dict[str, str]]],
                 register: str = "case") -> None:
        self.who, self.register = who, register
        self.lists = {name: (role, params) for name, role, params in asked}
        self.said: list[tuple[float, str, Any]] = []

    def _listen(self, execute: Any, sql: str, given: Any, many: bool, context: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(sql, given, many, context)
        finally:
            self.said.append(((time.perf_counter() - begin) * 1000, sql, given))

    def once(self, name: str) -> list[float]:
        """Milliseconds of the page, of that in the database, of the number, of that in the database."""
        from django.db import connection

        from gezhi.engines.tables.query import Query

        role, params = self.lists[name]
        with connection.execute_wrapper(self._listen):
            self.said = []
            begin = time.perf_counter()
            query = Query(self.register, self.who[role], params)
            page = query.page(kinds=query.columns())
            middle, first = time.perf_counter(), len(self.said)
            query.count(page)
            end = time.perf_counter()
        return [(middle - begin) * 1000, sum(s[0] for s in self.said[:first]),
                (end - middle) * 1000, sum(s[0] for s in self.said[first:])]

    def explain(self, name: str) -> str:
        """The plan of the slowest statement of a list."""
        from django.db import connection

        self.once(name)
        _ms, sql, given = max(self.said, key=lambda s: s[0])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql.removeprefix('EXPLAIN (FORMAT json) ')}", given)
            plan = "\n".join(f"    {row[0][:200]}" for row in cursor.fetchall())
        parts = ", ".join(f"{s[0]:.1f}" for s in self.said)
        return f"    statements: {parts} ms; {sql[sql.find(' FROM '):][:900]}\n{plan}"


def answer() -> None:
    """Be asked line by line: first for the values (or told them), then for one list after the other."""
    print(json.dumps(values()), flush=True)
    measured = Measured(actors(ROLES), queries(json.loads(sys.stdin.readline())))
    gc.freeze()  # as the web processes do once they are up
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("explain"):
            print(json.dumps(measured.explain(asked["name"])), flush=True)
        else:
            print(json.dumps([measured.once(asked["name"]) for _ in range(asked["tries"])]), flush=True)


class Side:
    """A process that measures on one database."""

    def __init__(self, url: str, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen([sys.executable, __file__, "--here"], env={**environ, "DATABASE_URL": url},
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.values = self._read()

    def _read(self) -> Any:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise SystemExit("The lists could not be measured.")
        return json.loads(line)

    def ask(self, what: dict[str, Any]) -> Any:
        """Send one line and read one."""
        self.tell(what)
        return self._read()

    def tell(self, what: dict[str, Any]) -> None:
        """Send one line."""
        self.process.stdin.write(json.dumps(what) + "\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def close(self) -> None:
        """Let it end."""
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(30)


def summary(tries: list[list[float]]) -> dict[str, float]:
    """Median and 99th percentile of a page, its medians in the database and in Python, the medians of its number."""
    page, base, number, below = ([t[n] for t in tries] for n in range(4))
    python = [whole - part for whole, part in zip(page, base, strict=True)]
    return {"p50": quantile(page, 0.5), "p99": quantile(page, 0.99), "db": quantile(base, 0.5),
            "python": quantile(python, 0.5), "count": quantile(number, 0.5), "count_p99": quantile(number, 0.99),
            "count_db": quantile(below, 0.5)}


def run(urls: list[str], options: argparse.Namespace, environ: dict[str, str]) -> dict[str, Any]:
    """Ask both databases in turns; prints the figures of each list at the two sizes, gives their comparison."""
    sides = [Side(url, environ) for url in urls]
    have, sizes = sides[0].values, [side.values["rows"] for side in sides]
    for side in sides:
        side.tell(have)
    out: list[dict[str, dict[str, float]]] = [{}, {}]
    for name, _role, _params in queries(have):
        if options.only and options.only not in name:
            continue
        tries: list[list[list[float]]] = [[], []]
        for side in sides:
            side.ask({"name": name, "tries": 3})
        for _turn in range(max(1, options.tries // 10)):
            for at, side in enumerate(sides):
                tries[at] += side.ask({"name": name, "tries": 10})
        for at in range(2):
            out[at][name] = summary(tries[at])
        s, b = out[0][name], out[1][name]
        print(f"  {name}: {s['p50']:.1f} → {b['p50']:.1f} ms (ratio {b['p50'] / s['p50']:.2f}), p99 {s['p99']:.0f} → "
              f"{b['p99']:.0f}; database {s['db']:.1f} → {b['db']:.1f}, Python {s['python']:.1f} → {b['python']:.1f}; "
              f"number {s['count']:.1f} → {b['count']:.1f}, p99 {b['count_p99']:.0f}", flush=True)
        if options.explain and (b["p50"] / s["p50"] > 1.3 or b["p50"] > 40):
            print(sides[1].ask({"name": name, "explain": True}), flush=True)
    for side in sides:
        side.close()
    return {"rows": sizes, "tries": options.tries, **compare(out[0], out[1])}


def compare(small: dict[str, dict[str, float]], large: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Ratios of the medians, of the pages and of the pages with their numbers."""
    ratios = {name: round(large[name]["p50"] / small[name]["p50"], 2) for name in large}
    whole = {name: round((large[name]["p50"] + large[name]["count"]) / (small[name]["p50"] + small[name]["count"]), 2)
             for name in large}
    worst = max(ratios, key=lambda n: ratios[n])
    slowest = max(large, key=lambda n: large[n]["p99"])
    return {"ratio": ratios[worst], "worst": worst, "median_ratio": sorted(ratios.values())[len(ratios) // 2],
            "within_aim": sum(1 for r in ratios.values() if r <= 1.5), "queries": len(ratios),
            "p99_ms": round(large[slowest]["p99"], 1), "p99_of": slowest,
            "under_150_ms": sum(1 for m in large.values() if m["p99"] < 150), "aim": 1.5,
            "ratio_with_number": max(whole.values()),
            "within_aim_with_number": sum(1 for r in whole.values() if r <= 1.5),
            "database_ms": round(quantile([m["db"] for m in large.values()], 0.5), 1),
            "python_ms": round(quantile([m["python"] for m in large.values()], 0.5), 1), "ratios": ratios,
            "ratios_with_number": whole,
            "p50_ms": {name: [round(small[name]["p50"], 1), round(large[name]["p50"], 1)] for name in large}}


def main() -> None:
    """Build both, or take what is given; measure; compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--urls", nargs=2)
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        django_here()
        answer()
        return
    print(__doc__, flush=True)
    options.rows = options.rows or affordable(5_000_000, 25)
    if options.urls:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        figures = run(options.urls, options, environ)
    else:
        with house() as home:
            home.stop_programs()
            urls = [home.filled(rows, f"rows{rows}") for rows in (options.small, options.rows)]
            figures = run(urls, options, home.environ)
    tell({"bench": "lists", **figures})


if __name__ == "__main__":
    main()

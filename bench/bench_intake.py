"""Intake through the public API (granian, WSGI, 2 processes of 8 threads) against pgbench running the same inserts.

Both send with 32 clients to the same throw-away PostgreSQL with fsync on. The ceiling is the very statement intake
sends (record, history, event), in the faster of pgbench's protocol modes. Aim: 0.25; 0.35 would be superb.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from client import REPORT, load, pgbench

from house import house, tell

SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CLIENTS = 32


def spot() -> tuple[float, float]:
    """A point inside a grid of the city."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(boundary) p FROM territory_gridcell "
                       "LIMIT 1) t")
        return cursor.fetchone()


def same_insert(place: tuple[float, float]) -> str:
    """The statement of one report as intake sends it, for pgbench: values as constants, keys of its own each run."""
    from unittest.mock import patch

    import psycopg
    from django.db import connection
    from psycopg.types.json import Jsonb

    from gezhi.domains.cases.public import report
    from gezhi.kernel import convoy
    from gezhi.kernel.actors import SYSTEM

    send = convoy.send
    with patch.object(convoy, "send", side_effect=send) as sent:
        values = {**REPORT, "place": {"lon": place[0], "lat": place[1]}}
        case, _made = report(SYSTEM, values, source="bench", source_key="bench-key-of-this-one")
    plan, (row,) = sent.call_args.args
    cursor = psycopg.ClientCursor(connection.connection)
    row = {"n": 0, **{name: Jsonb(value) if isinstance(value, dict) else value for name, value in row.items()}}
    constants = ", ".join(f"{cursor.mogrify('%s', [row[name]])}::{kind}" for name, kind in plan.columns)
    names = ", ".join(f'"{name}"' for name, _kind in plan.columns)
    text = plan.sql.replace("%%", "%").replace(plan.rows.replace("%%", "%"), f"(VALUES ({constants})) AS r({names})")
    with connection.cursor() as asked:
        asked.execute("CREATE SEQUENCE IF NOT EXISTS bench_key")
    number = "lpad(to_hex(nextval('bench_key')), 8, '0')"
    out = text.replace(f"'{case.query_code}'", number).replace("'bench-key-of-this-one'", "gen_random_uuid()::text")
    if number not in out or "gen_random_uuid" not in out or "VALUES" not in out:
        raise SystemExit("The keys of the statement were not found.")
    return " ".join(line.strip() for line in out.splitlines()) + ";\n"


def caught_up() -> None:
    """Wait until the worker has read what pgbench put in the outbox: it is no part of the next round of reports."""
    from gezhi.kernel import outbox
    from gezhi.kernel.records import Cursor

    end = time.monotonic() + 120
    while time.monotonic() < end:
        head = outbox.head()
        if all((int(xid), at) >= head for xid, at in Cursor.objects.values_list("xid", "event_id")):
            return
        time.sleep(0.2)


def measure(web: str, dsn: str, secret: str) -> dict[str, Any]:
    """Both in turns, so that a neighbour's load falls on both; the median of the rounds' ratios counts."""
    place = spot()
    ours: list[dict[str, Any]] = []
    ceiling: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        sql = Path(folder, "intake.sql")
        sql.write_text(same_insert(place))
        load(web, secret, place, 3, CLIENTS)
        modes = {mode: pgbench(dsn, sql, 3, CLIENTS, mode)["per_second"] for mode in ("simple", "prepared")}
        mode = max(modes, key=lambda m: modes[m])
        for number in range(ROUNDS):
            caught_up()
            ours.append(load(web, secret, place, SECONDS, CLIENTS))
            ceiling.append(pgbench(dsn, sql, SECONDS, CLIENTS, mode)["per_second"])
            print(f"round {number + 1}: intake {ours[-1]['per_second']:.0f}/s, p50 {ours[-1]['p50_ms']} ms, p99 "
                  f"{ours[-1]['p99_ms']} ms; pgbench {ceiling[-1]:.0f}/s ({mode})", flush=True)
    pairs = sorted(zip(ours, ceiling, strict=True), key=lambda pair: pair[0]["per_second"] / pair[1])
    middle, top = pairs[len(pairs) // 2]
    ratios = [round(one["per_second"] / other, 3) for one, other in pairs]
    return {**middle, "bad": sum(o["bad"] for o in ours), "pgbench_per_second": round(top), "pgbench_mode": mode,
            "ratio": ratios[len(ratios) // 2], "lowest": ratios[0], "highest": ratios[-1], "aim": 0.25}


def main() -> None:
    """Start an installation, measure, count, print."""
    print(__doc__, flush=True)
    with house() as home:
        dsn = home.django()
        from gezhi.kernel.actors import SYSTEM
        from gezhi.surfaces.api.app_key import issue

        secret = issue(SYSTEM, {"name": "bench", "per_minute": 0})[1]
        figures = measure(home.web, dsn, secret)
        from django.db import connection

        connection.close()
    tell({"bench": "intake", **figures, "clients": CLIENTS})


if __name__ == "__main__":
    main()

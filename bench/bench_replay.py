"""A proposed row of the responsibility matrix held against the dispatches of a million past cases.

The widest row there can be (everything, everywhere) and the usual one (one item of a county) are replayed on two years,
as the worker does. The ceiling is one hand-written statement that reads the same cases with whether their orders
came back. Aim: the widest within a minute.

Usage: ``bench_replay.py [--rows 1000000] [--url DATABASE]`` (a database filled before).
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from house import apart

DAYS = 800
BARE = """
SELECT count(*), count(*) FILTER (WHERE back) FROM (SELECT c.id, EXISTS (SELECT FROM cases_workorder o
  WHERE o.case_id = c.id AND o.parent_id IS NULL AND o.status = 'returned') AS back
FROM cases_case c WHERE c.filed_at >= now() - make_interval(days => %s) AND c.unit_id IS NOT NULL
  AND c.item_code >= %s AND c.item_code < %s AND c.area_code >= %s AND c.area_code < %s OFFSET 0) t"""


def proposed(scope: str, area: str, unit_id: int) -> Any:
    """A row that is proposed, not saved through its flow: only the replay is measured."""
    from gezhi.domains.cases.models import DutyProposal
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import door

    with door(SYSTEM) as session:
        return session.create(DutyProposal, {"kind": "add", "scope": scope, "area_code": area, "unit_id": unit_id,
                                             "reason": "bench"}, trusted=True)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Both rows on the database of DATABASE_URL."""
    from django.db import connection

    from gezhi.domains.cases.ledger.revision import replay
    from gezhi.foundation.units.models import Unit

    with connection.cursor() as cursor:
        cursor.execute("SELECT item_code, area_code FROM cases_case WHERE item_code <> '' AND unit_id IS NOT NULL "
                       "GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1")
        item, area = cursor.fetchone()
    unit = Unit.objects.filter(kind="department").order_by("id").first()
    assert unit is not None
    out: dict[str, Any] = {}
    for name, scope, where in (("everything", "", ""), ("one item of a county", item, area[:6])):
        begin = time.perf_counter()
        found = replay(proposed(scope, where, unit.pk), DAYS)
        ours = time.perf_counter() - begin
        begin = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(BARE, [DAYS, scope, f"{scope}z", where, f"{where}z"])
            cases, _back = cursor.fetchone()
        bare = time.perf_counter() - begin
        assert cases == found["cases"], f"{name}: the replay looked at {found['cases']}, the statement at {cases}"
        out[name] = {"seconds": round(ours, 2), "bare_s": round(bare, 2), "ratio": round(ours / bare, 2),
                     "cases": cases, "changed": found["changed"]}
        print(f"  {name}: {out[name]}", flush=True)
    return {"bench": "replay", "rows": options.rows, "ratio": out["everything"]["ratio"], "aim_s": 60, **out}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    apart(parser, __file__, measure, lambda home, options: home.filled(options.rows, "past"))


if __name__ == "__main__":
    main()

"""What a move costs in full: time, statements and rows written, against the same statements sent by psycopg alone.

Fresh cases are filed, dispatched, signed and answered by the roles that do it. The ceiling replays the statements of
each move, as they were sent, in one transaction that is rolled back: what is above it is Python's part.
"""

from __future__ import annotations

import os
import time
from typing import Any

from house import house, tell

TIMES = int(os.environ.get("BENCH_TIMES", "25"))


class Recorder:
    """Keeps the statements sent while it listens."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """An execute wrapper of Django's."""
        self.sent.append((sql, params))
        return execute(sql, params, many, context)

    @property
    def writes(self) -> int:
        """Statements that write rows."""
        return sum(1 for sql, _p in self.sent if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE", "\nWITH")))


def post_of(role: str, unit: Any = None) -> Any:
    """The actor of a post of that role, in a unit when one is given."""
    from gezhi.foundation.units.models import Post
    from gezhi.foundation.units.public import actor_of

    posts = Post.objects.select_related("staff", "unit", "role").filter(role__code=role, active=True)
    if unit is not None:
        posts = posts.filter(unit=unit)
    return actor_of(posts.order_by("id").first())


def steps() -> list[tuple[str, Any]]:
    """The moves of a case's ordinary way, each a function from what came before to its record."""
    from gezhi.domains.cases.public import report
    from gezhi.engines.workflow.act import act
    from gezhi.foundation.catalogue.models import Item
    from gezhi.foundation.units.models import Post

    clerks = Post.objects.select_related("unit").filter(role__code="unit_clerk", unit__level="city")
    clerk = clerks.order_by("id").first()
    unit = clerk.unit
    centre = unit.parent
    acceptor, dispatcher = post_of("acceptor", centre), post_of("dispatcher", centre)
    clerk_actor = post_of("unit_clerk", unit)
    item = Item.objects.order_by("id").values_list("code", flat=True).first()
    values = {"channel": "hotline_12345", "content": "小区门口堆了很多垃圾，没有人清理", "address": "演示路 1 号",
              "reporter_phone": "19900000001", "reporter_name": "王演示"}
    return [
        ("report", lambda _r: report(acceptor, values)[0]),
        ("complete", lambda case: act(acceptor, case, "complete", {"item_code": item})),
        ("file", lambda case: act(acceptor, case, "file", {"no_duplicate": True})),
        ("dispatch", lambda case: act(dispatcher, case, "dispatch", {"unit": unit.pk})),
        ("sign", lambda case: act(clerk_actor, case.orders.get(), "sign", {})),
        ("submit_result", lambda order: act(clerk_actor, order, "submit_result", {
            "result": "已清理", "outcome": "01", "reply": "您反映的问题已经解决", "contact_method": "phone"})),
    ]


def rows_written(before: dict[str, int], after: dict[str, int]) -> int:
    """Rows inserted, changed and deleted in between."""
    return sum(after.values()) - sum(before.values())


def counters() -> dict[str, int]:
    """Rows written by this session's server, table by table, since it started counting."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def replay(dsn: str, statements: list[tuple[str, Any]]) -> float:
    """Milliseconds of the same statements in one transaction, sent by a plain psycopg connection."""
    import psycopg
    from django.db import connection

    texts = [psycopg.ClientCursor(connection.connection).mogrify(sql, params) for sql, params in statements
             if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
    with psycopg.connect(dsn) as plain:
        cursor = psycopg.ClientCursor(plain)
        best = float("inf")
        for _n in range(5):
            begin = time.perf_counter()
            for text in texts:
                cursor.execute(text.encode())
            taken = (time.perf_counter() - begin) * 1000
            plain.rollback()
            best = min(best, taken)
    return best


def measure(dsn: str) -> dict[str, Any]:
    """Every move ``TIMES`` times; the last round is taken apart."""
    from django.db import connection, transaction

    names = [name for name, _do in steps()]
    taken: dict[str, list[float]] = {name: [] for name in names}
    facts: dict[str, Any] = {}
    for number in range(TIMES):
        record = None
        for name, do in steps():
            if number == TIMES - 1 and name != "report":
                recorder = Recorder()
                with transaction.atomic():
                    before = counters()
                    with connection.execute_wrapper(recorder):
                        do(record)
                    rows = rows_written(before, counters())
                    transaction.set_rollback(True)
                facts[name] = {"statements": len(recorder.sent), "writes": recorder.writes, "rows": rows,
                               "bare_ms": round(replay(dsn, recorder.sent), 2)}
            begin = time.perf_counter()
            record = do(record)
            taken[name].append((time.perf_counter() - begin) * 1000)
    for name in names:
        times = sorted(taken[name])
        fact = facts.setdefault(name, {})
        fact.update(p50_ms=round(times[len(times) // 2], 2), p99_ms=round(times[-1], 2))
        if fact.get("bare_ms"):
            fact["ratio"] = round(fact["p50_ms"] / fact["bare_ms"], 2)
        print(f"  {name}: {fact}", flush=True)
    return facts


def main() -> None:
    """Start an installation with a city, measure, print."""
    print(__doc__, flush=True)
    with house() as home:
        home.stop_programs()  # or the worker dispatches the cases by itself meanwhile
        dsn = home.django()
        facts = measure(dsn)
        from django.db import connection

        connection.close()
    worst = max((n for n in facts if "ratio" in facts[n]), key=lambda n: facts[n]["ratio"])
    tell({"bench": "moves", "ratio": facts[worst]["ratio"], "worst": worst, "moves": facts})


if __name__ == "__main__":
    main()

"""Registers at ten million people: lists, filters and searches; a person's card; an import; tiles of components.

Lists are measured as the desk opens them (the first page and the number beside it), by real actors, each after a few
tries that are not counted. Aim: every 99th percentile below 150 ms. A card is the whole page of a person, as an answer
of the web process. The ceiling of the import is a bare COPY of the very rows it made, as prepared values, into the same
table with the same indexes; the benchmark's ratio is the rate of the import, with all checks and a history row each, to
that (aim 0.25). Tiles are those of ``bench_tiles``, of half as many components as there are people.

Usage: ``bench_registers.py [--rows 1000000] [--tries 60] [--imported 20000] [--only WORDS] [--explain] [--url …]``.
Ten million people (``--rows 10000000``) take about 15 GB of disk and a quarter of an hour to build.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_lists import Measured, summary
from bench_tiles import measure as tiles
from fill_people import as_csv, id_number, known, strangers

from house import actors, apart, quantile

ROLES = {"admin": "city", "unit_clerk": "city", "grid_leader": "community", "grid_member": "community"}
CARRIED = "code, name, state AS colour"


def asked(rows: int) -> list[tuple[str, str, dict[str, str]]]:
    """Name, role and filters of every list measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT area_code, name, home_id FROM people_person WHERE id > %s AND home_id IS NOT NULL "
                       "ORDER BY id LIMIT 1", [rows // 2])
        area, name, home = cursor.fetchone()
        cursor.execute("SELECT name FROM people_person GROUP BY name HAVING count(*) BETWEEN 2 AND 400 LIMIT 1"
                       if rows < 2_000_000 else "SELECT name FROM people_person TABLESAMPLE SYSTEM (0.1) "
                       "GROUP BY name ORDER BY count(*) LIMIT 1")
        rare = cursor.fetchone()[0]
    number = next(n for _pk, n in known(rows))
    out = [(f"all, {role}", role, {}) for role in ROLES]
    out += [(f"area of {n} digits", "admin", {"area_code": area[:n]}) for n in (4, 6, 9, 12, 15)]
    plain = {"kind": "02", "rare kind": "03", "gender": "2", "home": str(home), "at_registered": "02", "permanent": "0",
             "life_state": "02", "household_region": "340000000000", "nationality": "840", "source": "05",
             "birth": "1985-03-01..1985-03-31", "birthday": "1985-03-01", "name": name,
             "part of a name": f"~{name[:2]}", "rare name": rare, "phone": "15400000001",
             "id_no": number, "no such id_no": id_number(999_999)}
    of = {"rare kind": "kind", "birthday": "birth", "part of a name": "name", "rare name": "name",
          "no such id_no": "id_no"}
    out += [(label, "admin", {of.get(label, label): value}) for label, value in plain.items()]
    out += [
        ("area, kind", "admin", {"area_code": area[:9], "kind": "02"}),
        ("area, kind, gender, birth", "unit_clerk", {"area_code": area[:12], "kind": "02", "gender": "2",
                                                     "birth": "1950-01-01..1955-12-31"}),
        ("community, not permanent, gone", "admin", {"area_code": area[:12], "permanent": "0", "life_state": "02"}),
        ("area and name", "admin", {"area_code": area[:12], "name": name}),
        ("by name", "admin", {"sort": "name"}), ("area, by birth", "admin", {"area_code": area[:9], "sort": "birth"}),
        ("search: number of identity", "admin", {"q": number}),
        ("search: no such number", "admin", {"q": id_number(999_999)}),
        ("search: common name", "admin", {"q": name}), ("search: rare name", "admin", {"q": rare}),
        ("search: surname", "admin", {"q": name[:1]}), ("search: part of a name", "admin", {"q": name[1:]}),
        ("search: no such name", "admin", {"q": "独角兽"}), ("search: three rows", "admin", {"q": "bm4321"}),
        ("search: name in an area", "admin", {"q": name, "area_code": area[:12]}),
        ("search: name, clerk", "unit_clerk", {"q": name}), ("search: name, grid member", "grid_member", {"q": name}),
    ]
    return out


def lists(options: argparse.Namespace) -> dict[str, Any]:
    """Page and number of every list."""
    wanted = [one for one in asked(options.rows) if options.only in one[0]]
    measured, out = Measured(actors(ROLES), wanted, "person"), {}
    for name, _role, _params in wanted:
        for _turn in range(3):
            measured.once(name)
        one = summary([measured.once(name) for _turn in range(options.tries)])
        out[name] = {"p50": one["p50"], "p99": one["p99"], "number": one["count"], "number_p99": one["count_p99"]}
        print(f"  {name}: " + ", ".join(f"{k} {v:.1f}" for k, v in out[name].items()), flush=True)
        if options.explain and one["p50"] + one["count"] > 40:
            print(measured.explain(name), flush=True)
    if not out:
        return {}
    whole = {name: one["p99"] + one["number_p99"] for name, one in out.items()}
    slowest = max(whole, key=lambda n: whole[n])
    return {"queries": len(out), "p50_ms": round(quantile([o["p50"] for o in out.values()], 0.5), 1),
            "slowest_p99_ms": round(whole[slowest], 1), "slowest": slowest, "aim_ms": 150,
            "under_150_ms": sum(1 for ms in whole.values() if ms < 150),
            "by_list": {n: {k: round(v, 1) for k, v in o.items()} for n, o in out.items()}}


def card(rows: int, tries: int) -> dict[str, Any]:
    """The page of a person, as a clerk and as an administrator: statements, and time of the whole answer."""
    from django.db import connection

    from gezhi.foundation.people.models import Person
    from gezhi.foundation.units.models import Post
    from gezhi.surfaces.desk.tests.people import client

    ids = list(Person.objects.filter(pk__gt=rows // 2).exclude(home=None).order_by("pk").values_list("pk", flat=True)[
        :tries + 3])
    out: dict[str, Any] = {}
    for role in ("unit_clerk", "admin"):
        post = Post.objects.select_related("staff").defer("staff__phone").get(pk=actors({role: "city"})[role].post_id)
        browser, times, said = client(post, HTTP_HOST="127.0.0.1"), [], list[int]()
        for pk in ids:
            count = [0]

            def listen(execute: Any, sql: str, given: Any, many: bool, context: Any, count: list[int] = count) -> Any:
                count[0] += 1
                return execute(sql, given, many, context)

            begin = time.perf_counter()
            with connection.execute_wrapper(listen):
                answer = browser.get(f"/desk/person/{pk}/")
            times.append((time.perf_counter() - begin) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"/desk/person/{pk}/ answered {answer.status_code} to {role}")
            said.append(count[0])
        out[role] = {"queries": max(said[3:]), "p50_ms": round(quantile(times[3:], 0.5), 1),
                     "p99_ms": round(quantile(times[3:], 0.99), 1), "bytes": len(answer.content)}
    print(f"  card: {out}", flush=True)
    return out


def copied(before: int) -> dict[str, float]:
    """Seconds of a bare COPY of the rows above a key: into their table again, and into one without indexes."""
    from django.db import connection, transaction

    out = {}
    with connection.cursor() as cursor:
        data = io.BytesIO()
        with cursor.copy(f"COPY (SELECT * FROM people_person WHERE id > {before}) TO STDOUT") as copy:
            for piece in copy:
                data.write(piece)
        for name in ("same", "plain"):
            with transaction.atomic():
                cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
                if name == "same":
                    cursor.execute(f"DELETE FROM people_person WHERE id > {before}")
                else:
                    cursor.execute("CREATE TEMP TABLE plain (LIKE people_person)")
                begin = time.perf_counter()
                with cursor.copy(f"COPY {'people_person' if name == 'same' else name} FROM STDIN") as copy:
                    copy.write(data.getvalue())
                out[name] = time.perf_counter() - begin
                transaction.set_rollback(True)
    return out


def imported(count: int) -> dict[str, Any]:
    """A file of people tried and written by the import engine, and a bare COPY of what it wrote."""
    from gezhi.engines.transfer import carry, load
    from gezhi.foundation.people.models import Person
    from gezhi.kernel.registry import registry

    before = Person.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    times, actor = {}, actors({"admin": "city"})["admin"]
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        as_csv(strangers(count), Path(folder) / "people.csv")
        with (Path(folder) / "people.csv").open("rb") as file:
            job = load.begin(actor, registry.register("person"), file, "people.csv")
    if job.state == "reading":
        carry.carry_on(job.pk)
    times["read"] = time.perf_counter() - begin
    for name, trial in (("trial", True), ("write", False)):
        begin = time.perf_counter()
        carry.start(job, trial=trial)
        carry.carry_on(job.pk)
        times[name] = time.perf_counter() - begin
        job.refresh_from_db()
        if job.failed or job.done != count:
            raise SystemExit(f"The {name}: {job.state}, {job.done} done, {job.failed} wrong; {job.problem}")
    bare_copy = copied(before)
    rate, bare = count / times["write"], count / bare_copy["same"]
    out = {"rows": count, "rows_per_second": round(rate), "copy_per_second": round(bare),
           "ratio": round(rate / bare, 3), "aim": 0.25, "copy_without_indexes": round(count / bare_copy["plain"]),
           **{f"{name}_s": round(seconds, 1) for name, seconds in times.items()}}
    print(f"  import: {out}", flush=True)
    return out


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything on the database of DATABASE_URL."""
    from gezhi.engines.jobs import nursery

    nursery.open_here(2)  # as the worker has it, before the first connection
    gc.set_threshold(700, 10, 10)  # and the lists as web processes have it: all frozen that start-up made, no more
    out: dict[str, Any] = {"lists": lists(options)}
    if options.only:
        return out
    out |= {"card": card(options.rows, options.tries), "import": imported(options.imported),
            "tiles": tiles("component", "components_component", CARRIED)}
    return {"bench": "registers", "rows": options.rows, "ratio": out["import"]["ratio"], **out}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--imported", type=int, default=20_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--explain", action="store_true")
    apart(parser, __file__, measure, lambda home, options: home.filled(options.rows, "people", "fill_people.py"))


if __name__ == "__main__":
    main()

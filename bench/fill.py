"""Cases and orders by the million, written by SQL with the door open: a filled table to measure lists and tiles on.

The ground (areas, units, people, catalogue) is the demo city's; texts are the demo grammar's. Shares of channels,
states and items are skewed as a city's are. Rows are a function of their number, so that two fills are alike.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

SAMPLES = 2000
CHUNK = 250_000
DAYS = 730
"""The cases are spread over this many days, ending now."""

CASE = {
    "id": "g", "version": "1", "seal": "NULL", "created_at": "r.at", "updated_at": "r.at",
    "due_at": "r.at + interval '3 days'", "warn_at": "r.at + interval '2 days'",
    "finished_at": "CASE WHEN r.open THEN NULL ELSE r.at + interval '4 days' END", "overtime": "h3 % 20 = 0",
    "case_no": "CASE WHEN r.state IN ('reported', 'rejected') THEN '' ELSE 'BM' || lpad(g::text, 10, '0') END",
    "query_code": "lpad(upper(to_hex(g)), 8, '0')", "status": "r.state",
    "channel": "(ARRAY['hotline_12345','hotline_12345','hotline_12345','hotline_12345','citytong_app',"
               "'citytong_app','web','wechat','grid_app','grid_app','snapshot','iot'])[1 + h1 % 12]",
    "source": "''", "source_key": "''", "title": "s.title", "content": "s.content",
    "address": "s.place || h2 % 3000 || '号'", "area_code": "a.code",
    "place": "ST_SetSRID(ST_MakePoint(a.x + (h2 % 2001 - 1000) / 250000.0, a.y + (h3 % 2001 - 1000) / 250000.0), 4326)",
    "item_code": "CASE WHEN r.state = 'reported' THEN '' ELSE s.item END",
    "item_name": "CASE WHEN r.state = 'reported' THEN '' ELSE s.title END", "catalogue_version": "'1'",
    "urgency": "CASE WHEN h1 % 100 = 0 THEN 'urgent1' WHEN h1 % 100 < 8 THEN 'urgent2' ELSE 'normal' END",
    "demand": "s.demand", "reported_at": "r.at",
    "filed_at": "CASE WHEN r.state <> 'reported' THEN r.at + interval '2 hours' END",
    "dispatched_at": "CASE WHEN r.given THEN r.at + interval '3 hours' END",
    "handled_at": "CASE WHEN NOT r.open THEN r.at + interval '2 days' END",
    "closed_at": "CASE WHEN NOT r.open THEN r.at + interval '4 days' END",
    "tokens": "array_to_tsvector(s.words || ARRAY['h' || h2 % 3000, 'bm' || g / 3])",
    "centre_id": "a.centre", "unit_id": "CASE WHEN r.given THEN d.id END", "hard": "h3 % 500 = 0",
    "mode": "CASE WHEN r.given THEN 'single' ELSE '' END", "round": "CASE WHEN r.given THEN 1 ELSE 0 END",
    "limit_value": "3", "limit_unit": "'work_day'", "invented": "true",
    "outcome": "CASE WHEN r.open THEN '' ELSE '01' END",
    "public_reply": "CASE WHEN r.open THEN '' ELSE '您反映的问题已经处理，感谢支持' END",
    "final_satisfaction": "CASE WHEN r.open THEN NULL ELSE 1 + h2 % 5 END",
}
"""Column → SQL over ``g`` (number), ``h1 h2 h3`` (hashes), ``r`` (course), ``s`` (text), ``a`` (area), ``d`` (unit)."""

CASES_FROM = """
FROM (SELECT g, abs(hashint8extended(g, 1) % 1000000)::int AS h1, abs(hashint8extended(g, 2) % 1000000)::int AS h2,
             abs(hashint8extended(g, 3) % 1000000)::int AS h3 FROM generate_series({low}, {high}) g OFFSET 0) n
CROSS JOIN LATERAL (SELECT (now() - (({rows} - g)::float8 / {rows}) * interval '{days} days') AS at,
  CASE WHEN {rows} - g < {rows} * 0.03 AND h1 % 10 < 9 OR h1 % 400 = 0 THEN
    (ARRAY['reported','reported','registered','pending_dispatch','pending_sign','handling','handling','handling',
           'suspended','pending_review','inspecting','pending_callback','pending_close'])[1 + h2 % 13]
  ELSE (ARRAY['archived','archived','archived','archived','archived','archived','closed','archived','rejected',
              'archived','merged','archived','archived','archived','replied','archived'])[1 + h2 % 16]
  END AS state OFFSET 0) c
CROSS JOIN LATERAL (SELECT c.at, c.state,
  c.state NOT IN ('archived','closed','rejected','merged','replied') AS open,
  c.state NOT IN ('reported','registered','pending_dispatch','rejected','merged','replied') AS given,
  (power(h1 / 1e6::float8, 1.7) * {samples})::int % {samples} AS text,
  (power(h3 / 1e6::float8, 1.4) * {areas})::int % {areas} AS area,
  (power(h2 / 1e6::float8, 1.6) * {units})::int % {units} AS unit OFFSET 0) r
JOIN bench_text s ON s.n = r.text JOIN bench_area a ON a.n = r.area JOIN bench_unit d ON d.n = r.unit"""
"""OFFSET 0 keeps the planner from writing the course out again in each column that uses it."""

ORDER = {
    "id": "c.id", "version": "1", "seal": "NULL", "created_at": "c.created_at", "updated_at": "c.updated_at",
    "due_at": "c.due_at", "warn_at": "c.warn_at", "finished_at": "c.finished_at", "overtime": "c.overtime",
    "no": "c.case_no || '-1'", "role": "'lead'", "seq": "1", "round": "1",
    "status": "CASE WHEN c.finished_at IS NOT NULL THEN 'accepted' WHEN c.status = 'pending_sign' THEN 'pending_sign' "
              "WHEN c.status IN ('handling', 'suspended') THEN c.status ELSE 'submitted' END",
    "area_code": "c.area_code", "item_code": "c.item_code", "urgency": "c.urgency", "limit_value": "3",
    "limit_unit": "'work_day'", "opened_at": "c.dispatched_at", "signed_at": "c.dispatched_at",
    "submitted_at": "c.handled_at", "case_id": "c.id", "unit_id": "c.unit_id", "invented": "true",
}


def texts(seed: int) -> list[tuple[Any, ...]]:
    """Invented reports with their words, cut once for all rows that carry them."""
    from gezhi.demo.grammar import Grammar
    from gezhi.engines.search.words import tokenise
    from gezhi.foundation.catalogue import reference

    items = reference.items()
    grammar, rng, codes, out = Grammar(seed, items), random.Random(seed), list(items), []
    while len(out) < SAMPLES:
        code = codes[int(rng.random() ** 2 * len(codes))]
        made = grammar.report(rng, code, "329901001001")
        words = tokenise(f"{made.title}\n{made.text}\n{made.place}")
        out.append((len(out), made.title[:80], made.text, made.place[:100], code, made.demand, words))
    return out


def columns(model: Any, given: Mapping[str, str]) -> tuple[str, str]:
    """Column names and their SQL; what is not given has the field's default."""
    names, sql = [], []
    for field in model._meta.concrete_fields:
        names.append(field.column)
        if field.column in given:
            sql.append(given[field.column])
        elif field.null:
            sql.append("NULL")
        else:
            value = field.get_default()
            kind = "jsonb" if isinstance(value, dict | list) else ""
            text = "{}" if value == {} else "[]" if value == [] else str(value).lower() if isinstance(
                value, bool) else str(value)
            sql.append(f"'{text}'::{kind}" if kind else f"'{text}'")
    return ", ".join(names), ", ".join(sql)


def _ground(cursor: Any, seed: int) -> dict[str, int]:
    """Tables of texts, areas and units to draw from; returns how many there are of each."""
    cursor.execute("DROP TABLE IF EXISTS bench_text, bench_area, bench_unit")
    cursor.execute("CREATE TABLE bench_text (n int PRIMARY KEY, title text, content text, place text, item text, "
                   "demand text, words text[])")
    cursor.executemany("INSERT INTO bench_text VALUES (%s, %s, %s, %s, %s, %s, %s)", texts(seed))
    cursor.execute("""CREATE TABLE bench_area AS SELECT (row_number() OVER (ORDER BY md5(g.area_code)) - 1)::int AS n,
      g.area_code AS code, ST_X(ST_Centroid(g.boundary)) AS x, ST_Y(ST_Centroid(g.boundary)) AS y,
      (SELECT u.id FROM units_unit u WHERE u.kind = 'centre' AND starts_with(g.area_code, u.area_code)
       ORDER BY length(u.area_code) DESC LIMIT 1) AS centre FROM territory_gridcell g""")
    cursor.execute("CREATE TABLE bench_unit AS SELECT (row_number() OVER (ORDER BY md5(code)) - 1)::int AS n, id "
                   "FROM units_unit WHERE kind IN ('department', 'enterprise')")
    out = {}
    for name, table in (("samples", "bench_text"), ("areas", "bench_area"), ("units", "bench_unit")):
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"SELECT count(*) FROM {table}")
        out[name] = cursor.fetchone()[0]
    return out


def without_indexes(cursor: Any, table: str) -> list[str]:
    """Drop all but the primary key and return the statements that make them again."""
    cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%_pkey'",
                   [table])
    found = cursor.fetchall()
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'", [table])
    held = {row[0] for row in cursor.fetchall()}
    for name, _definition in found:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' if name in held else f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def fill(rows: int, say: Callable[[str], None] = print, seed: int = 7) -> None:
    """Fill the tables of cases and orders with ``rows`` cases; what was there goes.

    Needs a superuser's connection in autocommit: foreign keys are not checked row by row.
    """
    from django.db import connection

    from gezhi.domains.cases.models import Case, WorkOrder
    from gezhi.engines.metrics import rolling
    from gezhi.engines.tables.statistics import look

    begin = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'open', false),"
                       " set_config('maintenance_work_mem', '1GB', false),"
                       " set_config('session_replication_role', 'replica', false),"
                       " set_config('synchronous_commit', 'off', false)")
        cursor.execute("TRUNCATE cases_case CASCADE")
        have = _ground(cursor, seed)
        again = [*without_indexes(cursor, "cases_case"), *without_indexes(cursor, "cases_workorder")]
        names, sql = columns(Case, CASE)
        order_names, order_sql = columns(WorkOrder, ORDER)
        for low in range(1, rows + 1, CHUNK):
            high = min(rows, low + CHUNK - 1)
            source = CASES_FROM.format(low=low, high=high, rows=rows, days=DAYS, **have)
            cursor.execute(f"INSERT INTO cases_case ({names}) SELECT {sql} {source}")
            cursor.execute(f"INSERT INTO cases_workorder ({order_names}) SELECT {order_sql} FROM cases_case c "
                           f"WHERE c.id BETWEEN {low} AND {high} AND c.unit_id IS NOT NULL")
            say(f"  {high:,} of {rows:,} cases, {time.monotonic() - begin:.0f} s")
        for statement in again:
            cursor.execute(statement)
        say(f"  indexes, {time.monotonic() - begin:.0f} s")
        for table in ("cases_case", "cases_workorder"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows} + 1000)")
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("SELECT set_config('session_replication_role', 'origin', false)")
        cursor.execute("DROP TABLE bench_text, bench_area, bench_unit")
    look()  # the worker would, in a few minutes
    rolling.forget()  # the triggers that mark written days were off
    say(f"  {rows:,} cases stand, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    import os
    import sys

    os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
    import django

    django.setup()
    fill(int(sys.argv[1]), lambda line: print(line, flush=True))

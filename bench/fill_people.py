"""People by the million, and half as many components, written by SQL with the door open: registers to measure on.

Units and staff are the demo city's, the 12,000 grids those of a large city. Shares of kinds, states and names are
skewed as a city's are. Rows are a function of their number, so that two fills are alike; every ``STEP``th person has a
valid number that stands in :func:`known`, the others' blind indexes are random.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from fill import columns, without_indexes

CHUNK = 250_000
HOMES = 100_000
STEP = 1_000
PHONES = 500

PERSON = {
    "id": "g", "version": "1", "seal": "NULL", "created_at": "now() - h1 * interval '1 minute'",
    "updated_at": "now() - h1 * interval '1 minute'", "number": "'P' || lpad(upper(to_hex(g)), 11, '0')",
    "kind": "CASE WHEN h1 % 100 < 72 THEN '01' WHEN h1 % 100 < 99 THEN '02' ELSE '03' END", "id_type": "'111'",
    "id_index": "decode(md5(g::text), 'hex')", "name": "n.name", "gender": "(1 + h2 % 2)::text",
    "birth": "date '1936-01-01' + (h3 % 30000)", "household_region": "CASE WHEN h1 % 100 < 72 THEN '329901000000' "
    "ELSE (11 + h2 % 54)::text || '0000000000' END", "phone": "f.phone",
    "phone_index": "decode(md5('t' || g), 'hex')", "nationality": "CASE WHEN h3 % 5000 = 0 THEN '840' ELSE '156' END",
    "home_id": "CASE WHEN h2 % 33 = 0 THEN 1000000 + h3 % {homes} END",
    "current_address": "'演示路' || h3 % 3000 || '号'",
    "household_address": "'演示路' || h2 % 3000 || '号'", "area_code": "a.code",
    "at_registered": "CASE WHEN h2 % 10 < 6 THEN '01' WHEN h2 % 10 < 9 THEN '02' ELSE '' END",
    "permanent": "h3 % 20 > 0", "life_state": "CASE WHEN h3 % 400 = 0 THEN '02' ELSE '01' END",
    "source": "CASE WHEN h2 % 2000 = 0 THEN '05' ELSE '01' END", "consent": "true",
    "tokens": "array_to_tsvector(n.words || ('bm' || g / 3))",
}
"""Column → SQL over ``g`` (number), ``h1 h2 h3`` (hashes), ``n`` (name), ``f`` (telephone), ``a`` (area)."""

HASHED = """
FROM (SELECT g, abs(hashint8extended(g, 1) % 1000000)::int AS h1, abs(hashint8extended(g, 2) % 1000000)::int AS h2,
             abs(hashint8extended(g, 3) % 1000000)::int AS h3 FROM generate_series({low}, {high}) g OFFSET 0) h
"""
PEOPLE_FROM = HASHED + """
JOIN bench_name n ON n.n = (power(h1 / 1e6::float8, 2.5) * {names})::int % {names}
JOIN bench_area a ON a.n = (power(h3 / 1e6::float8, 1.4) * {areas})::int % {areas}
JOIN bench_phone f ON f.n = h2 % {phones}"""

COMPONENT = {
    "id": "g", "version": "1", "seal": "NULL", "created_at": "now()", "updated_at": "now()",
    "code": "'3299' || lpad((1 + g / 1000000)::text, 2, '0') || t.code || lpad((g % 1000000)::text, 6, '0')",
    "name": "t.name", "type_id": "t.id", "area_code": "a.code",
    "place": "ST_SetSRID(ST_MakePoint(a.x + (h2 % 2001 - 1000) / 250000.0, a.y + (h3 % 2001 - 1000) / 250000.0), 4326)",
    "state": "CASE WHEN h1 % 50 = 0 THEN '02' ELSE '01' END", "owner_name": "'演示养护单位' || h2 % 40",
}
COMPONENTS_FROM = HASHED + """
JOIN bench_type t ON t.n = h1 % {types}
JOIN bench_area a ON a.n = (power(h2 / 1e6::float8, 1.4) * {areas})::int % {areas}"""
AREAS = """
CREATE TABLE bench_area AS SELECT (row_number() OVER (ORDER BY md5(g::text)) - 1)::int AS n,
  '3299' || lpad((1 + g / 1200)::text, 2, '0') || lpad((1 + g / 100 % 12)::text, 3, '0')
  || lpad((1 + g / 5 % 20)::text, 3, '0') || lpad((1 + g % 5)::text, 3, '0') AS code,
  120.5 + g % 110 / 450.0 AS x, 31.2 + g / 110 / 900.0 AS y FROM generate_series(0, 11999) g"""
"""A large city's grids: ten counties of twelve towns of twenty communities of five; the demo city's are among them."""


def id_number(g: int) -> str:
    """A number with a valid check sign of the county 329901, which GB/T 2260 does not give away."""
    from gezhi.kernel.identifiers import id_check

    body = f"329901{1940 + g % 70}{1 + g % 12:02d}{1 + g % 28:02d}{g // STEP % 1000:03d}"
    return body + id_check(body)


def known(rows: int) -> Iterator[tuple[int, str]]:
    """Primary key and identity number of those who can be looked for."""
    return ((g, id_number(g)) for g in range(STEP, rows + 1, STEP))


def strangers(count: int, first: int = 0) -> Iterator[list[str]]:
    """People nobody has met yet, as the rows of a table that a department would send, its head first.

    Args:
        first: number of the first, so that two tables have nobody in common.
    """
    from gezhi.demo.lexicon import words
    from gezhi.foundation.territory.models import GridCell
    from gezhi.kernel.identifiers import id_check

    areas = list(GridCell.objects.order_by("area_code").values_list("area_code", flat=True)[:100])
    yield ["人口类型", "证件号码", "姓名", "联系电话", "所属区域", "户籍地区划代码", "户籍地详址", "现住地详址"]
    for n in range(first, first + count):
        body = f"329902{1950 + n % 50}{1 + n // 50 % 12:02d}{1 + n // 600 % 28:02d}{n // 16800 % 1000:03d}"
        name = words.SURNAMES[n % 30] + words.GIVEN_A[n // 30 % 20] + words.GIVEN_B[n // 600 % 18]
        yield ["户籍人口", body + id_check(body), name, f"{words.PHONE_PREFIX}{n % 1_000_000:06d}",
               areas[n % len(areas)], "329902000000", f"演示路{n}号", f"演示路{n}号"]


def as_csv(rows: Iterable[list[str]], path: Path) -> None:
    """A table as a CSV file in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)


def _ground(cursor: Any) -> dict[str, int]:
    """Tables of names, telephones, areas, component types and homes to draw from; how many there are of each."""
    from gezhi.demo.lexicon import words
    from gezhi.engines.search.words import tokenise_names
    from gezhi.kernel.seal import encrypt

    cursor.execute("DROP TABLE IF EXISTS bench_name, bench_phone, bench_area, bench_type")
    cursor.execute("CREATE TABLE bench_name (n int PRIMARY KEY, name text, words text[])")
    names = ["".join(n) for n in product(words.SURNAMES, words.GIVEN_A, words.GIVEN_B)]
    with cursor.copy("COPY bench_name FROM STDIN") as copy:
        for n, name in enumerate(names):
            copy.write_row([(n * 7919) % len(names), name, tokenise_names(name)])
    cursor.execute("CREATE TABLE bench_phone (n int PRIMARY KEY, phone bytea)")
    with cursor.copy("COPY bench_phone FROM STDIN") as copy:
        for n in range(PHONES):
            copy.write_row([n, encrypt(f"{words.PHONE_PREFIX}{n:06d}")])
    cursor.execute(AREAS)
    cursor.execute("CREATE TABLE bench_type AS SELECT (row_number() OVER (ORDER BY code) - 1)::int AS n, id, code, "
                   "left(name, 30) AS name FROM catalogue_componenttype")
    out = {"homes": HOMES}
    for name in ("name", "phone", "area", "type"):
        cursor.execute(f"ANALYZE bench_{name}")
        cursor.execute(f"SELECT count(*) FROM bench_{name}")
        out[f"{name}s"] = cursor.fetchone()[0]
    return out


def _homes(cursor: Any) -> None:
    """Addresses and homes for those who have one."""
    from gezhi.foundation.premises.models import Home, StandardAddress

    common = {"id": "1000000 + g", "version": "1", "created_at": "now()", "updated_at": "now()", "area_code": "a.code",
              "text": "'演示路' || g || '号'"}
    address = {**common, "number": "'A' || lpad(g::text, 11, '0')", "road": "'演示路'", "house_number": "g::text",
               "level": "'house'", "key": "a.code || '|' || g"}
    home = {**common, "number": "'H' || lpad(g::text, 11, '0')", "address_id": "1000000 + g", "use": "'01'",
            "status": "'01'"}
    source = f"FROM generate_series(0, {HOMES - 1}) g JOIN bench_area a ON a.n = g % (SELECT count(*) FROM bench_area)"
    for model, given in ((StandardAddress, address), (Home, home)):
        names, sql = columns(model, given)
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {sql} {source}")
        cursor.execute(f"ANALYZE {model._meta.db_table}")


def _write(cursor: Any, model: Any, given: dict[str, str], source: str, rows: int,
           say: Callable[[str], None]) -> None:
    """A table filled by chunks without its indexes, which are made afterwards."""
    table, begin = model._meta.db_table, time.monotonic()
    again = without_indexes(cursor, table)
    names, sql = columns(model, given)
    for low in range(1, rows + 1, CHUNK):
        high = min(rows, low + CHUNK - 1)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {sql} {source}".replace(
            "{low}", str(low)).replace("{high}", str(high)))
        say(f"  {high:,} of {rows:,} rows of {table}, {time.monotonic() - begin:.0f} s")
    for statement in again:
        cursor.execute(statement)
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {rows} + 1000)")
    cursor.execute(f"VACUUM ANALYZE {table}")
    say(f"  {table} stands with {len(again)} indexes, {time.monotonic() - begin:.0f} s")


def _tell_apart(cursor: Any, rows: int) -> None:
    """Give every ``STEP``th person a number that can be looked for."""
    from gezhi.kernel import seal

    for pk, number in known(rows):
        cursor.execute("UPDATE people_person SET id_no = %s, id_index = %s WHERE id = %s",
                       [seal.encrypt(number), seal.blind(number), pk])


def fill(rows: int, say: Callable[[str], None] = print) -> None:
    """Fill the registers of people (``rows``) and components (half as many); what was there goes.

    Needs a superuser's connection in autocommit: foreign keys are not checked row by row.
    """
    from django.db import connection

    from gezhi.domains.components.component import Component
    from gezhi.engines.tables.statistics import look
    from gezhi.foundation.people.models import Person

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'open', false),"
                       " set_config('maintenance_work_mem', '1GB', false),"
                       " set_config('session_replication_role', 'replica', false),"
                       " set_config('synchronous_commit', 'off', false)")
        cursor.execute("TRUNCATE people_person, components_component, premises_home, premises_standardaddress CASCADE")
        have = _ground(cursor)
        _homes(cursor)
        of = {f"{{{name}}}": str(n) for name, n in have.items()}

        def drawn(text: str) -> str:
            for name, n in of.items():
                text = text.replace(name, n)
            return text

        _write(cursor, Person, {c: drawn(s) for c, s in PERSON.items()}, drawn(PEOPLE_FROM), rows, say)
        _tell_apart(cursor, rows)
        _write(cursor, Component, COMPONENT, drawn(COMPONENTS_FROM), rows // 2, say)
        cursor.execute("SELECT set_config('session_replication_role', 'origin', false)")
        cursor.execute("DROP TABLE bench_name, bench_phone, bench_area, bench_type")
    look()  # the worker would, in a few minutes


if __name__ == "__main__":
    import sys

    from house import django_here

    django_here()
    fill(int(sys.argv[1]), lambda line: print(line, flush=True))

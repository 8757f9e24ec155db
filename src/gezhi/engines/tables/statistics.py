"""What the planner must know about prefix codes, so that a list of one town does not sort the whole town.

With the default hundred buckets the planner takes a town of 17,000 cases among two million for one row, fetches
and sorts all of them (168 ms); with a thousand it walks the order and stops at a page (2 ms).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, models

from gezhi.kernel.records import Record

TARGET = 1000


def codes() -> list[models.Field[Any, Any]]:
    """Columns of records that are searched by prefix: those of texts in the C collation."""
    return [f for m in apps.get_models() if issubclass(m, Record) and m._meta.managed
            for f in m._meta.local_concrete_fields if getattr(f, "db_collation", None) == "C"]


def tune(using: str = "default") -> int:
    """Set the statistics target of prefix codes; says how many columns were changed."""
    connection = connections[using]
    wanted = {(f.model._meta.db_table, str(f.column)) for f in codes()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid) AND a.attnum > 0 "
            "AND coalesce(a.attstattarget, -1) <> %s", [TARGET])
        todo = wanted & set(cursor.fetchall())
        for table, column in sorted(todo):
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} ALTER COLUMN "
                           f"{connection.ops.quote_name(column)} SET STATISTICS {TARGET}")
    return len(todo)


def look(using: str = "default") -> list[str]:
    """Let the planner look at filled tables it never saw; says which. Done every few minutes.

    PostgreSQL looks at a table by itself once fifty rows were written: of forty units it never learns that nearly all
    lie below the city's, takes them for one, and joins a hundred thousand cases to each (2.5 s instead of 10 ms).
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE') "
            "AND c.relnamespace = current_schema()::regnamespace AND c.reltuples < 0 "
            "AND pg_relation_size(c.oid) > 0 ORDER BY 1")
        unseen = [name for (name,) in cursor.fetchall()]
        for table in unseen:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
    return unseen


def after_migrate(using: str = "default", **_kw: object) -> None:
    """Runs after each migrate; costs one query when there is nothing to do."""
    tune(using)

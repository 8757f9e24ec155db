"""Database triggers that hold the law of the one door even against code that forgets it."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.db import connections

from .records import Record

FUNCTIONS = """
CREATE OR REPLACE FUNCTION gezhi_door_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is written through the write door only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE OR REPLACE FUNCTION gezhi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""

DOOR = """
CREATE OR REPLACE TRIGGER gezhi_door BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW
  WHEN (current_setting('gezhi.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION gezhi_door_closed();
"""

DOOR_TRUNCATE = """
CREATE OR REPLACE TRIGGER gezhi_door_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
  WHEN (current_setting('gezhi.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION gezhi_door_closed();
"""

APPEND = """
CREATE OR REPLACE TRIGGER gezhi_append BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW
  WHEN (current_setting('gezhi.door', true) IS DISTINCT FROM 'retention') EXECUTE FUNCTION gezhi_append_only();
"""


def record_tables() -> list[str]:
    """Tables of all record classes."""
    return sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, Record) and m._meta.managed)


def install(using: str = "default", truncate: bool | None = None) -> None:
    """Put the triggers on every record table; runs after each migrate.

    Args:
        truncate: refuse TRUNCATE too; by default unless the settings say that tests empty the tables so.
    """
    truncate = getattr(settings, "GEZHI_GUARD_TRUNCATE", True) if truncate is None else truncate
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for table in record_tables():
            if table in present:
                statement = DOOR + (DOOR_TRUNCATE if truncate else "")
                cursor.execute(statement.format(table=connection.ops.quote_name(table)))
        if "kernel_history" in present:
            cursor.execute(APPEND.format(table="kernel_history"))

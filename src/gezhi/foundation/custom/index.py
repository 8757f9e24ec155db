"""The index behind the filter of an added field, made and dropped beside the running work, without a migration.

It holds only the rows that have a value, so that a table pays nothing for a field few of its rows carry.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from gezhi.engines.jobs import enqueue
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.custom import kind_of
from gezhi.kernel.door import door

JOB = "custom.index"


def name_of(row: Any) -> str:
    """Name of the index of a field."""
    return f"custom_field_{row.pk}"


def ask(row: Any) -> None:
    """Ask for the index to be put right, once the present transaction has committed."""
    enqueue(JOB, pk=row.pk)


def put_right(pk: int) -> None:
    """Make the index of a filter that has none, drop that of a field that is none (any more)."""
    from .custom_field import CustomField

    row = CustomField.objects.filter(pk=pk).first()
    if row is None:
        return
    valid = _valid(name_of(row))
    if row.wants_index and valid is not True:
        _drop(row)  # one that was broken off is there, and of no use
        _make(row)
    elif not row.wants_index and valid is not None:
        _drop(row)
    at = timezone.now() if row.wants_index else None
    if bool(at) != bool(row.indexed_at):
        with door(SYSTEM) as session:
            session.change(row, {"indexed_at": at}, verb="change", trusted=True, emit=False)


def _valid(name: str) -> bool | None:
    """Whether the index is whole; ``None``: there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
    return found[0] if found else None


def _beside() -> str:
    """Writers go on meanwhile; inside a transaction PostgreSQL cannot do that."""
    return "" if connection.in_atomic_block else "CONCURRENTLY"


def _make(row: Any) -> None:
    quote, kind = connection.ops.quote_name, kind_of(row.as_added())
    key = kind.path.replace("'", "''")  # type: ignore[attr-defined]
    what = f"(custom -> '{key}')"
    how = f"gin (({what}) jsonb_path_ops)" if row.kind == "choices" else f"btree (({what}))"
    table = quote(row.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {_beside()} {quote(name_of(row))} ON {table} USING {how} "
                       f"WHERE {what} IS NOT NULL")
        cursor.execute(f"ANALYZE {table}")


def _drop(row: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {_beside()} IF EXISTS {connection.ops.quote_name(name_of(row))}")

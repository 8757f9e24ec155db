"""Bringing a test database back to what it was after migrating: tests that commit need it after each of them.

Django's flush truncates every table and runs all of ``post_migrate`` again (content types, permissions, guards, seeds):
one to three seconds a test. Here seeded tables are kept in a schema beside, and only what has changed is put back.
That takes the right to set ``session_replication_role``: the tests' own server grants it (``Cluster.let_tests_empty``).
"""

from __future__ import annotations

import warnings
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.creation import BaseDatabaseCreation
from django.test import TransactionTestCase

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.events import Seed
from gezhi.kernel.registry import registry

TABLES = """
select c.relname, (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'django_migrations'
and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""

LARGE = """
select relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
and pg_relation_size(c.oid) > 1000000
and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""

SLOW = ("the database's role may not set session_replication_role, so tests that commit are followed by Django's flush:"
        " a second each")


class Emptying:
    """What the tables held at first, and how to have that again. One instance a process."""

    def __init__(self) -> None:
        self.columns: dict[str, str] = {}
        self.marks: dict[str, Any] = {}

    def keep(self) -> None:
        """Copy what is in the tables now, before the first test that commits."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("drop schema if exists kept cascade")
            cursor.execute("create schema kept")
            cursor.execute(TABLES)
            self.columns = dict(cursor.fetchall())
            self.marks = {}
            self._copy(cursor, self._filled(cursor))

    def _copy(self, cursor: Any, tables: set[str]) -> None:
        """Keep what is in these tables now."""
        for table in tables:
            cursor.execute(f'drop table if exists kept."{table}"')
            cursor.execute(f'create table kept."{table}" as table public."{table}"')
            self.marks[table] = self._mark(cursor, table)

    def restore(self) -> None:
        """Put back what was kept; waits for whoever still writes.

        Seeds that were changed are sown anew instead: that tells what the process remembers of them.
        """
        self._sweep()
        with transaction.atomic(), connection.cursor() as cursor:
            names = ", ".join(f'public."{table}"' for table in self.columns)
            cursor.execute(f"lock table {names} in exclusive mode")
            cursor.execute("set local session_replication_role = replica")  # neither guards nor foreign keys
            changed = {table for table, mark in self.marks.items() if mark != self._mark(cursor, table)}
            seeds = [seed for seed in registry.of(Seed) if _room(seed.table) in set(map(_room, changed))]
            sown = {table for table in self.marks if _room(table) in {_room(seed.table) for seed in seeds}}
            for table in (self._filled(cursor) - self.marks.keys()) | changed | sown:
                cursor.execute(f'delete from public."{table}"')
            self._put_back(cursor, changed - sown)
        if seeds:
            self._sow(seeds, sown)

    @staticmethod
    def _sweep() -> None:
        """Free tables of what tests rolled back: even to see that a table is empty, all of it would be read."""
        with connection.cursor() as cursor:
            cursor.execute(LARGE)
            for (table,) in cursor.fetchall():
                cursor.execute(f'vacuum public."{table}"')

    def _put_back(self, cursor: Any, tables: set[str]) -> None:
        for table in tables:
            columns = self.columns[table]
            cursor.execute(f'insert into public."{table}" ({columns}) overriding system value'
                           f' select {columns} from kept."{table}"')
            self.marks[table] = self._mark(cursor, table)

    def _sow(self, seeds: list[Seed], sown: set[str]) -> None:
        """Sow anew; what that wrote about itself (history, events) goes, or it would grow from test to test."""
        for seed in seeds:
            with door(SYSTEM) as session:
                seed.run(session)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            about = {table for table in self.columns if _room(table) == "kernel"}
            for table in about:
                cursor.execute(f'delete from public."{table}"')
            self._put_back(cursor, about & self.marks.keys())
            self._copy(cursor, sown)

    def _filled(self, cursor: Any) -> set[str]:
        cursor.execute(" union all ".join(f"select '{table}' where exists (select from public.\"{table}\")"
                                          for table in self.columns))
        return {table for (table,) in cursor.fetchall()}

    @staticmethod
    def _mark(cursor: Any, table: str) -> Any:
        """Rows and the newest transaction that wrote one: the same as long as nothing was written."""
        cursor.execute(f'select count(*), max(xmin::text::bigint) from public."{table}"')
        return cursor.fetchone()


def _room(table: str) -> str:
    """The app a table is of."""
    return table.partition("_")[0]


def install() -> None:
    """Let tests that commit be followed by this instead of Django's flush, if the database's user may."""
    emptying = Emptying()
    kept: Any = TransactionTestCase
    making: Any = BaseDatabaseCreation
    flush, create = kept._fixture_teardown, making.create_test_db

    def created(creation: Any, *args: Any, **kwargs: Any) -> Any:
        """What a new database holds is what tests find: nothing a fixture committed before the first of them."""
        name = create(creation, *args, **kwargs)
        with connection.cursor() as cursor:
            cursor.execute("select has_parameter_privilege('session_replication_role', 'set')")
            if cursor.fetchone()[0]:
                emptying.keep()
            else:
                warnings.warn(SLOW, stacklevel=2)
        return name

    def teardown(case: Any) -> None:
        if emptying.columns:
            emptying.restore()
        else:
            flush(case)

    making.create_test_db, kept._fixture_teardown = created, teardown

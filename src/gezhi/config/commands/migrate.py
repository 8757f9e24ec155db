"""``gezhi migrate``: bring the database's structure up to the code."""

from __future__ import annotations

import gc

import click

from ..database import application
from ..text import _

COLLECT = 20_000
"""Objects made between two collections of the young: migrations make models by the thousand, and Python's 700 cost a
quarter of the whole."""


@click.command(help=_("更新数据库结构。"))
@click.option("--plan", is_flag=True, help=_("只列出将要执行的步骤"))
@click.option("--static", is_flag=True, help=_("同时更新浏览器文件"))
def command(*, plan: bool, static: bool) -> None:
    """Apply migrations, or list those to be applied; with *static*, collect the browser files as well."""
    with application(click.echo):
        from django.core.management import call_command
        from django.db import connection
        from django.db.migrations.executor import MigrationExecutor

        if static:
            call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        executor = MigrationExecutor(connection)
        due = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan or not due:
            for migration, _backwards in due:
                click.echo(str(migration))
            if not due:
                click.echo(_("数据库结构已是最新。"))
            return
        click.echo(_("更新数据库结构：%d 步") % len(due))
        gc.freeze()
        gc.set_threshold(COLLECT, 20, 20)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)

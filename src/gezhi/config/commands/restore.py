"""``gezhi restore``: bring a backup back, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ..archive import DUMP, key_fingerprint, opens, unpack, verify
from ..cluster import disk_full
from ..database import check_server, database, libpq
from ..dump import contents, restore
from ..env import Env
from ..rundir import RunDir
from ..text import Trouble, _
from .backup import bar

FRESH = "gezhi_restoring"


def is_empty(dsn: str) -> bool:
    """True if the database holds no tables beside those of extensions."""
    query = (
        "select count(*) from pg_class c"
        " where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        " and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
    )
    with psycopg.connect(libpq(dsn)) as connection:
        row = connection.execute(query).fetchone()
    return not row or row[0] == 0


def renamed(dsn: str, name: str) -> str:
    """*dsn* with another database's name."""
    return make_conninfo(libpq(dsn), dbname=name)


def check_key(env: Env, manifest: dict, *, force: bool) -> None:
    """Refuse a backup whose encrypted fields our key cannot open. Raises: Trouble."""
    if not opens(key_fingerprint(env), str(manifest.get("field_key") or "")) and not force:
        raise Trouble(
            _("备份使用的字段密钥与当前密钥不同，加密字段将无法读取。"),
            _("请把原来的密钥放到 %s;确定不需要时加 --force。") % (env.home / "keys" / "field.key"),
        )


def check_place(env: Env, source: Path, *, force: bool) -> bool:
    """Refuse what cannot go well before anything is changed; True if the database holds data to be replaced.

    Raises: Trouble: the installation runs, the database is not empty without *force*, the disk is full.
    """
    if RunDir(env.home).supervisor():
        raise Trouble(_("系统正在运行，不能恢复。"), "gezhi down")
    occupied = not is_empty(env.dsn)
    if occupied and not force:
        raise Trouble(_("数据库不为空。"), _("确定要替换时加 --force;原数据库会改名保留。"))
    needed = 3 * source.stat().st_size
    free = shutil.disk_usage(env.home).free
    if free < needed:
        raise disk_full(env.home, free, needed)
    return occupied


@click.command(help=_("从备份恢复。数据库不为空时需要 --force，原数据库会改名保留。"))
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help=_("替换已有数据"))
def command(source: Path, *, force: bool) -> None:
    """Verify *source*, then restore database and documents."""
    with database(click.echo) as env:
        occupied = check_place(env, source, force=force)
        in_store = "://" in env.documents_url  # then the archive holds no documents
        documents = env.home / "documents" if in_store else Path(env.documents_url)
        size = source.stat().st_size
        with tempfile.TemporaryDirectory(dir=env.home, prefix=".restore-") as name, bar() as progress:
            folder = Path(name)
            checking = progress.add_task(_("校验备份"), total=size)
            manifest = verify(source, lambda done: progress.advance(checking, done))
            progress.update(checking, completed=size)
            check_key(env, manifest, force=force)
            unpacking = progress.add_task(_("解开备份"), total=size)
            unpack(source, folder / DUMP, documents, lambda done: progress.advance(unpacking, done))
            progress.update(unpacking, completed=size)
            wanted = contents(env, folder / DUMP)
            loading = progress.add_task(_("载入数据库"), total=len(wanted))
            dsn = make_fresh(env) if occupied else env.dsn
            try:
                restore(env, folder / DUMP, dsn, wanted, folder, lambda: progress.advance(loading))
            except Trouble:
                if occupied:
                    drop_fresh(env)
                raise
            progress.update(loading, completed=len(wanted))
        click.echo(_("恢复完成：%(made)s 的备份") % {"made": manifest["made"]})
        if occupied:
            click.echo(_("原数据库已改名为 %s，确认无误后可以删除。") % swap(env))


def _maintenance(env: Env) -> psycopg.Connection:
    """A connection to the server outside the database that is to be replaced."""
    return psycopg.connect(renamed(env.dsn, "postgres"), autocommit=True)


def drop_fresh(env: Env) -> None:
    """Remove a database half restored."""
    with _maintenance(env) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(FRESH)))


def make_fresh(env: Env) -> str:
    """Create an empty database beside the present one; returns its address. Raises: Trouble."""
    drop_fresh(env)
    with _maintenance(env) as connection:
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(FRESH)))
        except psycopg.errors.InsufficientPrivilege:
            raise Trouble(
                _("当前数据库用户无权创建数据库。"), _("请恢复到一个空的数据库，或请管理员授予 CREATEDB。")
            ) from None
    dsn = renamed(env.dsn, FRESH)
    check_server(dsn)
    return dsn


def swap(env: Env) -> str:
    """Put the restored database in the place of the present one; returns the name the latter now has."""
    name = conninfo_to_dict(libpq(env.dsn))["dbname"]
    kept = f"{name}_{time.strftime('%Y%m%d_%H%M%S')}"
    with _maintenance(env) as connection:
        for old, new in ((name, kept), (FRESH, name)):
            statement = "alter database {} rename to {}"
            connection.execute(sql.SQL(statement).format(sql.Identifier(str(old)), sql.Identifier(str(new))))
    return kept

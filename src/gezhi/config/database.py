"""Reaching the database from a command: the private cluster, or a server of one's own, checked first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from .cluster import EXTENSIONS, Cluster, running
from .env import SCHEMES, Env, load
from .text import Trouble, _

OLDEST = 150000


def libpq(dsn: str) -> str:
    """*dsn* with the schemes other frameworks use (postgis://) replaced by libpq's."""
    scheme, mark, rest = dsn.partition("://")
    return f"postgresql://{rest}" if mark and scheme in SCHEMES else dsn


def check_server(dsn: str) -> None:
    """See that the server behind *dsn* can be used, creating the extensions where that is allowed.

    Raises: Trouble: it cannot be reached, is too old, has no PostGIS, or may not create it.
    """
    try:
        connection = psycopg.connect(libpq(dsn), connect_timeout=5, autocommit=True)
    except psycopg.OperationalError as error:
        raise unreachable(error) from None
    with connection:
        version = connection.info.server_version
        if version < OLDEST:
            raise Trouble(
                _("数据库版本太旧：PostgreSQL %d，至少需要 15。") % (version // 10000),
                _("请升级数据库服务器。"),
            )
        rows = connection.execute("select extname from pg_extension").fetchall()
        missing = [name for name in EXTENSIONS if (name,) not in rows]
        for name in missing:
            _create(connection, name)


def _create(connection: psycopg.Connection, name: str) -> None:
    """Create the extension *name*. Raises: Trouble: not installed on the server, or not permitted."""
    try:
        connection.execute(f"create extension if not exists {name}")
    except psycopg.errors.InsufficientPrivilege:
        raise Trouble(
            _("当前数据库用户无权创建扩展 %s。") % name,
            _("请数据库管理员在该库中执行：CREATE EXTENSION %s;") % name,
        ) from None
    except psycopg.Error:
        raise Trouble(
            _("数据库服务器上没有安装扩展 %s。") % name, _("请在数据库服务器上安装 PostGIS 及 contrib 扩展。")
        ) from None


def unreachable(error: Exception) -> Trouble:
    """The trouble to raise when the database does not answer."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return Trouble(
        _("连接不上数据库：%s") % reason,
        _("请检查 DATABASE_URL 和数据库服务器；使用内置数据库时执行 gezhi up。"),
    )


@contextmanager
def database(say: Callable[[str], None] = lambda line: None) -> Iterator[Env]:
    """The database answers while inside: started for as long as needed when it is ours and not running."""
    env = load()
    if not env.private_database:
        check_server(env.dsn)
        yield env
        return
    with running(Cluster(env.home, fsync=env.fsync, say=say)):
        yield env


@contextmanager
def application(say: Callable[[str], None] = lambda line: None) -> Iterator[Env]:
    """As ``database``, with Django set up: for commands that use models."""
    with database(say) as env:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")
        django.setup()
        yield env

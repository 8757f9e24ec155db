"""The checks of ``gezhi doctor``: each looks at one thing and says what it found and what to do about it."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import time
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from .cluster import Cluster, installed
from .cluster_conf import memory
from .database import OLDEST, application, libpq
from .env import PROJECT, Env, split_bind
from .procfs import port_holder
from .rundir import RunDir
from .text import _

GB = 1 << 30


@dataclass(frozen=True)
class Finding:
    """What a check found. *level*: ok, warning or error. *remedy*: what to do, empty when all is well."""

    level: str
    title: str
    found: str
    remedy: str = ""


def python(env: Env) -> Finding:
    """Python"""
    return Finding("ok", "Python", platform.python_version())


def machine_memory(env: Env) -> Finding:
    """Memory"""
    total = memory()
    level = "ok" if total >= 2 * GB else "warning"
    remedy = "" if level == "ok" else _("建议至少 2 GB;可把 GEZHI_WEB_WORKERS 设为 1。")
    return Finding(level, _("内存"), f"{total / GB:.1f} GB", remedy)


def disk(env: Env) -> Finding:
    """Disk space"""
    folder = env.home if env.home.exists() else env.home.parent
    free = shutil.disk_usage(folder).free
    level = "error" if free < GB / 2 else "warning" if free < 5 * GB else "ok"
    remedy = "" if level == "ok" else _("请腾出空间，或用 GEZHI_HOME 指定另一个目录。")
    return Finding(
        level,
        _("磁盘空间"),
        _("%(folder)s 剩余 %(free).1f GB") % {"folder": folder, "free": free / GB},
        remedy,
    )


def home(env: Env) -> Finding:
    """Home folder"""
    folder = next(path for path in (env.home, *env.home.parents) if path.exists())
    if not os.access(folder, os.W_OK):
        return Finding("error", _("数据目录"), _("%s 不可写") % folder, _("请修改权限，或设置 GEZHI_HOME。"))
    loose = [
        str(path)
        for path in (env.home / "keys", env.home / "secret")
        if path.exists() and path.stat().st_mode & 0o077
    ]
    if loose:
        return Finding("error", _("密钥目录"), _("其他用户可读"), "chmod 700 " + " ".join(loose))
    return Finding("ok", _("数据目录"), str(env.home))


def words(env: Env) -> Finding:
    """Locale"""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return Finding("warning", _("区域设置"), _("系统没有 C.UTF-8"), "apt-get install libc-bin locales")
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    if "utf" not in (locale.getpreferredencoding(do_setlocale=False) or "").lower():
        return Finding("warning", _("区域设置"), _("终端不是 UTF-8"), "export LC_ALL=C.UTF-8")
    return Finding("ok", _("区域设置"), "UTF-8")


def clock(env: Env) -> Finding:
    """Clock and time zone"""
    try:
        zoneinfo.ZoneInfo(env.time_zone)
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding("error", _("时区"), _("没有 %s 的时区数据") % env.time_zone, "apt-get install tzdata")
    built = (PROJECT / "pyproject.toml").stat().st_mtime
    if time.time() < built - 86400:
        return Finding("error", _("时钟"), time.strftime("%F %T"), _("系统时间早于程序文件，请校正时钟。"))
    return Finding("ok", _("时钟"), time.strftime("%F %T %Z") + f" · {env.time_zone}")


def ports(env: Env) -> Finding:
    """Ports"""
    ours = RunDir(env.home).supervisor()
    for bind in (env.bind, env.live_bind):
        holder = port_holder(split_bind(bind)[1])
        if holder and not ours:
            found = _("%(bind)s 被进程 %(pid)d 占用：%(what)s") % {
                "bind": bind,
                "pid": holder[0],
                "what": holder[1][:90],
            }
            return Finding(
                "error", _("端口"), found, _("请停止该进程，或换一个端口：GEZHI_BIND=127.0.0.1:8100")
            )
    return Finding("ok", _("端口"), f"{env.bind}, {env.live_bind}" + (_(" (本系统使用中)") if ours else ""))


def browser_files(env: Env) -> Finding:
    """Browser files"""
    folder = PROJECT / "src" / "gezhi" / "ui" / "vendor"
    if not (folder / "htmx.js").exists():
        return Finding("error", _("浏览器文件"), _("%s 不存在") % folder, "make setup")
    return Finding("ok", _("浏览器文件"), str(folder))


def postgres_programs(env: Env) -> Finding:
    """PostgreSQL programs"""
    if not env.private_database:
        found = shutil.which("pg_dump")
        if not found:
            return Finding(
                "warning", "PostgreSQL", _("没有 pg_dump，无法备份"), "apt-get install postgresql-client"
            )
        return Finding("ok", "PostgreSQL", found)
    programs = Cluster(env.home).binaries()
    return Finding(
        "ok",
        "PostgreSQL",
        ", ".join(f"{version}: {path}" for version, path in installed().items()) or str(programs),
    )


def data_folder(env: Env) -> Finding:
    """Data folder of the private PostgreSQL"""
    if not env.private_database:
        return Finding("ok", _("数据库目录"), _("使用外部数据库"))
    cluster = Cluster(env.home)
    if not cluster.exists:
        return Finding("warning", _("数据库目录"), _("尚未创建：%s") % cluster.data, "gezhi up")
    if cluster.data.stat().st_mode & 0o077:
        return Finding("error", _("数据库目录"), _("其他用户可读"), f"chmod 700 {cluster.data}")
    return Finding("ok", _("数据库目录"), str(cluster.data))


def database_answers(env: Env) -> Finding:
    """Database"""
    if env.private_database and not Cluster(env.home).answers():
        return Finding("warning", _("数据库"), _("没有在运行"), "gezhi up")
    try:
        with psycopg.connect(libpq(env.dsn), connect_timeout=5) as connection:
            row = connection.execute(
                "select extversion from pg_extension where extname = 'postgis'"
            ).fetchone()
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        return Finding(
            "error",
            _("数据库"),
            str(error).strip().splitlines()[0],
            _("请检查 DATABASE_URL 和数据库服务器。"),
        )
    if version < OLDEST or not row:
        return Finding(
            "error", _("数据库"), _("需要 PostgreSQL 15 以上和 PostGIS"), "CREATE EXTENSION postgis;"
        )
    return Finding("ok", _("数据库"), f"PostgreSQL {version // 10000}.{version % 10000}, PostGIS {row[0]}")


def migrations(env: Env) -> Finding:
    """Structure of the database"""
    if env.private_database and not Cluster(env.home).answers():
        return Finding("warning", _("数据库结构"), _("数据库没有在运行，未检查"), "gezhi up")
    with application():
        from django.db import connection
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        due = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if due:
        return Finding("error", _("数据库结构"), _("有 %d 步更新未执行") % len(due), "gezhi migrate")
    return Finding("ok", _("数据库结构"), _("已是最新"))


def field_key(env: Env) -> Finding:
    """Key of field encryption"""
    kept = env.home / "keys" / "field.key"
    if not kept.exists():
        return Finding("ok", _("字段密钥"), "GEZHI_FIELD_KEY")
    return Finding("ok", _("字段密钥"), str(kept) + " · " + _("请另行妥善备份，丢失后加密字段无法恢复"))


CHECKS: tuple[Callable[[Env], Finding], ...] = (
    python,
    machine_memory,
    disk,
    home,
    words,
    clock,
    ports,
    browser_files,
    postgres_programs,
    data_folder,
    database_answers,
    migrations,
    field_key,
)

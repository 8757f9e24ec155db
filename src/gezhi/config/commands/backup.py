"""``gezhi backup``: database and documents into one file."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click
import psycopg
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gezhi import __version__

from ..archive import DOCUMENTS, DUMP, key_fingerprint, write
from ..cluster import disk_full
from ..database import database, libpq
from ..dump import dump, table_count
from ..env import Env
from ..text import Trouble, _


def documents(env: Env) -> list[tuple[str, Path]]:
    """Name in the archive and path of every stored document; none when they are in an object store."""
    if "://" in env.documents_url:
        return []
    root = Path(env.documents_url)
    return [
        (DOCUMENTS + path.relative_to(root).as_posix(), path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    ]


def check_space(env: Env, folder: Path) -> None:
    """Refuse before starting when *folder*'s disk cannot hold dump and archive. Raises: Trouble."""
    with psycopg.connect(libpq(env.dsn)) as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    needed = (row[0] if row else 0) + sum(path.stat().st_size for _name, path in documents(env)) + (50 << 20)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise disk_full(folder, free, needed)


def place(target: Path) -> Path:
    """The file to write for *target*, a file or a folder; the folder is made if its own folder is there.

    Not more than that one: a disk that is not mounted should not be mistaken for an empty folder. Raises: Trouble.
    """
    target = target.absolute()
    if target.suffix != ".tar":
        target = target / time.strftime("gezhi-%Y%m%d-%H%M%S.tar")
    folder = target.parent
    if folder.exists() and not folder.is_dir():
        raise Trouble(_("%s 是文件，不是文件夹。") % folder, _("请给出文件夹，或以 .tar 结尾的文件名。"))
    if not folder.parent.is_dir():
        raise Trouble(_("没有文件夹 %s。") % folder.parent, _("请先建立文件夹，或检查磁盘是否已经挂载。"))
    folder.mkdir(exist_ok=True)
    return target


@click.command(help=_("备份数据库和文件，写成一个 .tar 文件。运行中也可以备份。"))
@click.argument("target", required=False, type=click.Path(path_type=Path))
def command(target: Path | None) -> None:
    """Write a backup to *target*: a file, a folder, or by default ``<home>/backups``."""
    with database(click.echo) as env:
        target = place(target or env.home / "backups")
        check_space(env, target.parent)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder, bar() as progress:
            dumped = Path(folder) / DUMP
            tables = progress.add_task(_("数据库"), total=table_count(env))
            dump(env, dumped, lambda: progress.advance(tables))
            progress.update(tables, completed=progress.tasks[0].total)
            # after the dump, so that every document it names is there: documents are never changed or removed
            parts = [(DUMP, dumped), *documents(env)]
            total = sum(path.stat().st_size for _name, path in parts)
            writing = progress.add_task(_("写入备份"), total=total)
            about = {
                "gezhi": __version__,
                "made": time.strftime("%FT%TZ", time.gmtime()),
                "field_key": key_fingerprint(env),
            }
            write(target, parts, about, lambda size: progress.advance(writing, size))
        click.echo(_("备份完成：%(file)s，%(size).1f MB") % {"file": target, "size": target.stat().st_size / 1e6})
        click.echo(_("字段密钥不在备份中，请另行保存：%s") % (env.home / "keys"))
        if "://" in env.documents_url:
            click.echo(_("文件存放在 %s，不在备份中。") % env.documents_url)


def bar() -> Progress:
    """A progress bar with percentage and the time that remains."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )

"""``gezhi keys``: the keys of field encryption."""

from __future__ import annotations

import os
import secrets

import click

from ..database import application
from ..env import load
from ..text import Trouble, _


@click.group(help=_("字段加密的密钥：查看、新增、重新加密"))
def command() -> None:
    """The group."""


@command.command(help=_("有几把密钥，各表还有多少行不在最新的密钥下"))
def status() -> None:
    """Print the places with sealed values; ends with 1 while some are under an older key."""
    with application():
        from gezhi.engines.privacy import blinds, rotation
        from gezhi.kernel import seal

        click.echo(_("密钥 %d 把，最新的是第 %d 把") % (seal.newest() + 1, seal.newest() + 1))
        sealed, indexes = rotation.status(), blinds.left()
    for rows, words in ((sealed, _("待重新加密 %s 行")), (indexes, _("待更换密钥的盲索引 %s 个"))):
        for name, left in rows:
            if left:
                click.echo(f"{name:40} {left:>12,}")
        click.echo(words % f"{sum(left for _name, left in rows):,}")
    if any(left for _name, left in [*sealed, *indexes]):
        raise SystemExit(1)


@command.command(help=_("新增一把密钥；之后写入的都用它，已有的仍可读"))
def new() -> None:
    """Append a key to the key file; running processes notice it by themselves."""
    env = load()
    if not env.keys_kept:
        raise Trouble(_("密钥由环境变量 GEZHI_FIELD_KEY 给出，不在文件里。"),
                      _("请在该变量末尾加逗号和新的 64 位十六进制数，并重启各进程。"))
    path = env.key_file
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join([*env.field_keys, secrets.token_hex(32)]) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    click.echo(_("已新增第 %d 把密钥：%s") % (len(env.field_keys) + 1, path))
    click.echo(_("请另行备份该文件，再执行 gezhi keys rotate"))


@command.command(help=_("把全部加密字段和盲索引改用最新的密钥；可随时中断，再次执行即从中断处继续"))
@click.option("--batch", type=click.IntRange(1, 50_000), default=2000, show_default=True, help=_("每批行数"))
def rotate(batch: int) -> None:
    """Seal everything anew, table by table, until nothing is left; then carry the blind indexes on to the new key."""
    def say(name: str, done: int) -> None:
        click.echo(f"{name:40} {done:>12,}", err=True)

    with application():
        from gezhi.engines.privacy import blinds, rotation

        total = 0
        while count := rotation.rotate(say, batch):
            total += count  # what was written meanwhile by a process that had not noticed the key yet
        click.echo(_("已重新加密 %s 行") % f"{total:,}")
        click.echo(_("已更换密钥的盲索引 %s 个") % f"{blinds.rotate(say, batch):,}")

"""``gezhi import cases``: reports from a spreadsheet into the pool."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..database import application
from ..text import Trouble, _

SHOWN = 50


@click.command(help=_("从表格（CSV、XLSX）导入诉求；中断后再次执行会继续，不会重复。"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("只检查，不写入"))
@click.option("--column", "columns", multiple=True, metavar=_("列名=字段"), help=_("列名与字段的对应，可多次给出"))
@click.option("--channel", default="hotline_12345", show_default=True, help=_("没有来源渠道一列时的渠道"))
def command(*, path: Path, dry_run: bool, columns: tuple[str, ...], channel: str) -> None:
    """Load, print counts and the rows that are wrong; ends with 1 when there are any."""
    mapping = dict(c.split("=", 1) for c in columns if "=" in c)
    with application(click.echo):
        from rich.progress import Progress

        from gezhi.exchange import casefile
        from gezhi.kernel.actors import SYSTEM
        from gezhi.kernel.errors import GezhiError

        try:
            with Progress() as bars:
                task = bars.add_task(_("导入诉求"), total=None)
                found = casefile.load(SYSTEM, path, mapping=mapping, trial=dry_run, channel=channel,
                                      tick=lambda done: bars.update(task, completed=done))
        except GezhiError as error:
            raise Trouble(str(error), str(getattr(error, "hint", "") or "")) from error
        for number, words in found.errors[:SHOWN]:
            click.echo(_("第 %(n)d 行：%(why)s") % {"n": number, "why": words})
        click.echo(_("读取 %(read)d 行：新增 %(made)d，已有 %(known)d，有误 %(wrong)d。") % {
            n: found.count[n] for n in ("read", "made", "known", "wrong")})
        sys.exit(1 if found.count["wrong"] else 0)

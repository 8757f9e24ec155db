"""``gezhi import messages``: past messages of a petition board with their official replies, as closed cases."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from ..database import application
from ..text import Trouble, _


@click.command(help=_("导入带官方答复的历史留言，成为按真实时间办结的案件；重复导入不会产生第二份。"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(*, path: Path) -> None:
    """Load, show how far it is, and print the counts."""
    with application(click.echo):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from gezhi.exchange import messages, places
        from gezhi.kernel.errors import GezhiError

        began = time.monotonic()
        bars = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        try:
            with bars:
                task = bars.add_task(_("导入留言"))
                found = messages.load(path, lambda done, total: bars.update(task, completed=done, total=total))
        except GezhiError as error:
            raise Trouble(str(error), str(getattr(error, "hint", "") or "")) from error
        for line, why in found.errors:
            click.echo(_("第 %(n)d 行：%(why)s") % {"n": line, "why": why})
        count = found.count
        words = _("新导入 %(made)d 条（%(odd)d 条没有答复时间），已有 %(known)d 条，有误 %(wrong)d 条，用时 %(s)d 秒。")
        click.echo(words % {
            "made": count["made"], "known": count["known"], "odd": count["no_reply_time"], "wrong": count["wrong"],
            "s": time.monotonic() - began})
        click.echo(places.NOTE)
        sys.exit(1 if count["wrong"] else 0)

"""``gezhi down``: stop the installation."""

from __future__ import annotations

import os
import signal

import click

from ..env import load
from ..procfs import wait_gone
from ..rundir import RunDir
from ..text import Trouble, _


@click.command(help=_("停止所有进程，数据库最后停。"))
@click.option("--wait", default=90.0, show_default=True, help=_("最多等待的秒数"))
def command(wait: float) -> None:
    """Ask the supervisor to stop and wait for it."""
    pid = RunDir(load().home).supervisor()
    if not pid:
        click.echo(_("没有在运行。"))
        return
    os.kill(pid, signal.SIGTERM)
    if not wait_gone(pid, wait):
        raise Trouble(_("%d 秒后仍未停止。") % wait, f"kill -9 {pid}")
    click.echo(_("已停止。"))

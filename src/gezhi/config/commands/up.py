"""``gezhi up``: start the installation, in the foreground or detached."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import click

from ..env import PROJECT, load
from ..procfs import alive
from ..rundir import RunDir
from ..supervisor import Supervisor
from ..text import Trouble, _


def _begin(*arguments: str) -> subprocess.Popen[bytes]:
    """Start another gezhi command with our terminal, without Django in our own process."""
    path = os.pathsep.join([str(PROJECT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": path, "GEZHI_HOME": str(load().home)}
    return subprocess.Popen([sys.executable, "-m", "gezhi", *arguments], env=env)


def _gezhi(*arguments: str) -> int:
    """Run another gezhi command to its end, or to ours."""
    process = _begin(*arguments)
    try:
        return process.wait()
    except BaseException:
        process.kill()
        raise


def _prepare(*, demo: bool) -> None:
    if _gezhi("migrate", "--static"):
        raise Trouble(_("数据库结构更新失败。"), "gezhi doctor")
    if demo and _gezhi("demo", "build", "--if-absent", "--cases-first"):
        raise Trouble(_("演示城市没有建成。"), "gezhi demo build")


@click.command(help=_("启动：数据库、网页、实时推送、后台任务。"))
@click.option("--detach", is_flag=True, help=_("在后台运行"))
@click.option("--demo", is_flag=True, help=_("没有演示城市时先建立"))
def command(*, detach: bool, demo: bool) -> None:
    """Start; returns when stopped, or when ready if detached."""
    if detach:
        _detach(demo=demo)
        return
    env = load()
    supervisor = Supervisor(env, say=click.echo)
    filling: list[subprocess.Popen[bytes]] = []

    def ready() -> None:
        click.echo()
        click.echo(click.style(_("格治已启动："), bold=True) + click.style(env.public_url, fg="green", bold=True))
        if demo:
            _gezhi("demo", "sign-ins")
            filling.append(_begin("demo", "build", "--if-absent"))  # the registers, while the city is in use
        click.echo(_("按 Ctrl-C 停止。") if sys.stdout.isatty() else _("停止：gezhi down"))

    started = time.monotonic()
    try:
        supervisor.run(lambda: _prepare(demo=demo), ready)
    finally:
        for process in filling:  # goes on where it stood the next time
            if process.poll() is None:
                process.terminate()
                process.wait()
    click.echo(_("已停止，共运行 %d 秒。") % (time.monotonic() - started))


def _detach(*, demo: bool) -> None:
    """Start a supervisor in a session of its own; wait until it is ready or has failed."""
    rundir = RunDir(load().home)
    if rundir.supervisor():
        raise Trouble(_("已经在运行（进程 %d）。") % rundir.supervisor(), "gezhi status; gezhi down")
    rundir.logs.mkdir(parents=True, exist_ok=True)
    log = rundir.logs / "up.log"
    log.write_bytes(b"")
    arguments = ["up", "--demo"] if demo else ["up"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gezhi", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    shown = 0
    while True:
        text = log.read_text(errors="replace")
        click.echo(text[shown:], nl=False)
        shown = len(text)
        if rundir.read_state().get("phase") == "running":
            return
        if process.poll() is not None or not alive(process.pid):
            sys.exit(process.returncode or 1)
        time.sleep(0.2)

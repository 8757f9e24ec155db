"""``gezhi demo``: build the demo city, say how to sign in, show how far it is."""

from __future__ import annotations

import time
from typing import Any

import click

from ..database import application
from ..env import load
from ..text import Trouble, _


@click.group(help=_("演示城市：建立、登录方式、状态。"))
def command() -> None:
    """The group of demo commands."""


@command.command(help=_("建立演示城市（数据均为虚构）；中断后再次执行会继续。"))
@click.option("--cases", type=click.IntRange(1, 1_000_000), default=50_000, show_default=True, help=_("案件数"))
@click.option("--grids", type=click.IntRange(1, 200_000), default=10_000, show_default=True, help=_("网格数"))
@click.option("--units", type=click.IntRange(10, 5_000), default=200, show_default=True, help=_("单位数"))
@click.option("--staff", type=click.IntRange(10, 100_000), default=2_000, show_default=True, help=_("人员数"))
@click.option("--people", type=click.IntRange(0, 900_000), default=300_000, show_default=True,
              help=_("登记簿里的人口数，房屋、单位、车辆、部件随之；0 为不建"))
@click.option("--seed", type=int, default=7, show_default=True, help=_("随机种子：相同种子得到相同城市"))
@click.option("--city", default="3205", show_default=True, help=_("城市代码（四位）"))
@click.option("--territory", default="packages", show_default=True,
              help=_("区划来源：packages（公开包）、invented（虚构小城）或文件夹"))
@click.option("--if-absent", is_flag=True, help=_("已建成时什么也不做"))
@click.option("--cases-first", is_flag=True, help=_("建到案件为止，登记簿留待再次执行时建立"))
def build(*, cases: int, grids: int, units: int, staff: int, people: int, seed: int, city: str, territory: str,
          if_absent: bool, cases_first: bool) -> None:
    """Build, or go on with a build that was interrupted."""
    env = load()
    with application(click.echo):
        from concurrent.futures import BrokenExecutor

        from django.db import OperationalError

        from gezhi.demo import build as demo
        from gezhi.foundation.territory.sources import SourceError
        from gezhi.kernel.errors import GezhiError

        there = demo.standing()
        if there is not None and there.stage in {"done" if if_absent else "", "registers" if cases_first else ""}:
            return
        if there is not None and there.stage != "done":
            click.echo(_("继续建立演示城市：%s") % there.get_stage_display())
        wish = demo.Wish(city=city, source=territory, seed=seed, cases=cases, grids=grids, units=units, staff=staff,
                         people=people, folders=(env.node_modules, env.home / "packages"))
        began = time.monotonic()
        try:
            with Bars() as bars:
                made = demo.build(wish, bars.report, "registers" if cases_first else "done")
        except (GezhiError, SourceError) as error:
            raise Trouble(str(error), str(getattr(error, "hint", "") or "")) from error
        except (OperationalError, BrokenExecutor) as error:
            raise Trouble(_("数据库已停止，演示城市还没有建完。"), "gezhi demo build") from error
        if made.stage != "done":
            return
        click.echo(_("演示城市已建成，用时 %(s)d 秒（案件 %(n)d 件，登记人口 %(p)d 人，全部为虚构）。") % {
            "s": time.monotonic() - began, "n": made.made, "p": made.people})


@command.command("sign-ins", help=_("列出每个角色的演示账号。"))
def sign_ins() -> None:
    """User names, the password, and the code of the second factor at this moment."""
    with application(click.echo):
        from gezhi.demo import people

        found = people.sign_ins()
        if not found:
            raise Trouble(_("还没有演示城市。"), "gezhi demo build")
        click.echo(_("演示账号（数据均为虚构），密码都是 %s") % people.PASSWORD)
        for one in found:
            factor = " *" if one.privileged else ""
            click.echo(f"  {one.username:<16}{one.label}{factor}  {one.name} · {one.unit}")
        click.echo(_("* 需要动态口令；当前口令 %(code)s，或在验证器中添加密钥 %(key)s") % {
            "code": people.code_now(), "key": people.SECRET})


@command.command(help=_("演示账号的动态口令。"))
def code() -> None:
    """Print the six digits and nothing else."""
    with application(lambda line: None):
        from gezhi.demo import people

        click.echo(people.code_now())


@command.command(help=_("演示城市建到了哪一步。"))
def status() -> None:
    """One line; exit code 1 when it is not there or not whole."""
    with application(click.echo):
        from gezhi.demo import build as demo

        there = demo.standing()
        if there is None:
            click.echo(_("还没有演示城市。"))
            raise SystemExit(1)
        click.echo(_("%(name)s（%(code)s）：%(stage)s，案件 %(made)d/%(cases)d，种子 %(seed)d") % {
            "name": there.name, "code": there.code, "stage": there.get_stage_display(), "made": demo.made(there),
            "cases": there.cases, "seed": there.seed})
        if there.stage != "done":
            raise SystemExit(1)


class Bars:
    """Progress bars on a terminal, one a stage with rate and time left; plain lines elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = Console()
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(), console=self._console, disable=not self._console.is_terminal)
        self._tasks: dict[str, Any] = {}
        self._began: dict[str, tuple[float, int]] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def report(self, stage: str, done: int, total: int) -> None:
        """Show a stage's progress; on a plain output at most a line every five seconds and one at its end."""
        now = time.monotonic()
        began, first = self._began.setdefault(stage, (now, done))
        speed = (done - first) / (now - began) if now > began else 0.0
        rate = f"{speed:,.0f}/s" if speed else ""
        if self._console.is_terminal:
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(stage, total=total, rate="")
            self._progress.update(self._tasks[stage], completed=done, total=total, rate=rate)
        elif done >= total or now - self._told.get(stage, 0.0) >= 5:
            self._told[stage] = now
            left = _("，约剩 %d 秒") % ((total - done) / speed) if speed and done < total else ""
            click.echo(f"  {stage}: {done}/{total} {rate}{left}")

"""``gezhi replay``: send a file of real messages through the public intake door and count what became of them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..database import application
from ..env import load
from ..text import Trouble, _

NAME = "留言回放"
"""The app key the replay uses; also the source of the cases it makes."""


@click.command(help=_("把真实留言按选定的速度送进公开受理接口，然后清点：没有丢失，没有重复。"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rate", type=click.FloatRange(0), default=20.0, show_default=True, help=_("每秒条数；0 表示不限"))
@click.option("--speed", type=click.FloatRange(0), default=0.0, help=_("按原时间间隔的倍数，如 86400 表示一秒放一天"))
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help=_("同时发送数"))
@click.option("--limit", type=click.IntRange(1), help=_("只送前若干条"))
@click.option("--again", is_flag=True, help=_("送完后原样再送一遍，以证明不会重复"))
@click.option("--url", default="", help=_("平台地址，默认为本机"))
def command(*, path: Path, rate: float, speed: float, threads: int, limit: int | None, again: bool, url: str) -> None:
    """Send, show how far it is, and print the counts; ends with 1 when one is lost or doubled."""
    with application(click.echo):
        from gezhi.exchange import messages, places
        from gezhi.exchange.replay import Sender, outcome, paced
        from gezhi.kernel.actors import SYSTEM
        from gezhi.kernel.errors import GezhiError
        from gezhi.surfaces.api.app_key import renew

        try:
            wanted = list(messages.read(path))[:limit]
        except GezhiError as error:
            raise Trouble(str(error)) from error
        sender = Sender(url or load().public_url, renew(SYSTEM, NAME))
        for _round in range(2 if again else 1):
            _send(sender, paced(wanted, rate=rate, speed=speed), len(wanted), threads)
        found = outcome(NAME, (m.key for m in wanted))
        c = sender.count
        words = _("发送 %(sent)d 条（共 %(tries)d 次）：受理 %(made)d，重复 %(known)d，拒绝 %(no)d，未达 %(lost)d")
        click.echo(words % {
            "sent": c["sent"], "tries": c["tries"], "made": c["accepted"], "known": c["repeated"], "no": c["refused"],
            "lost": c["lost"]})
        click.echo(_("在池 %(found)d / %(wanted)d：%(states)s") % {
            "found": found["found"], "wanted": found["wanted"],
            "states": "，".join(f"{name} {n}" for name, n in found["states"].items())})
        click.echo(_("丢失 %(lost)d，重复 %(doubled)d") % found)
        click.echo(places.NOTE)
        sys.exit(1 if found["lost"] or found["doubled"] else 0)


def _send(sender: object, messages: object, total: int, threads: int) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    begun = sender.count["sent"]  # type: ignore[attr-defined]
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bars:
        task = bars.add_task(_("发送留言"), total=total)
        sender.run(messages, threads, lambda done: bars.update(task, completed=done - begun))  # type: ignore[attr-defined]

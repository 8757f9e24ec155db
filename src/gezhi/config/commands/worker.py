"""``gezhi worker``: deliver events and run jobs; ``gezhi up`` starts and tends it."""

from __future__ import annotations

import asyncio

import click

from ..database import application
from ..text import _


@click.command(help=_("后台任务和事件派送（由 gezhi up 启动）。"))
@click.option("--concurrency", type=click.IntRange(1, 64), help=_("同时执行的任务数"))
def command(*, concurrency: int | None) -> None:
    """Run until SIGTERM or SIGINT."""
    with application() as env:
        from gezhi.engines.jobs import nursery

        from ..worker import main

        nursery.open_here(env.job_processes)  # before the first thread
        try:
            asyncio.run(main(concurrency or env.job_concurrency))
        finally:
            nursery.close_here()

"""``gezhi assess``: count a month, and prove a published one from the log."""

from __future__ import annotations

import json

import click

from ..database import application
from ..text import Trouble, _


@click.group(help=_("绩效考核：统计一个月，核验已公布的月份"))
def command() -> None:
    """The group."""


def _say(line: str) -> None:
    click.echo(line, err=True)


@command.command(
    help=_("从只追加的日志重算已公布的得分，逐位核对；有不一致时以状态 1 结束。最后一行是一个 JSON 对象。"))
@click.option("--month", default="", help=_("只核验这个月，如 2026-10；不填则全部"))
@click.option("--no-seals", is_flag=True, help=_("不核对日志的哈希链（大城市较快）"))
def verify(*, month: str, no_seals: bool) -> None:
    """Print what does not match; the figures as the last line of standard output."""
    with application(click.echo):
        _verify(month, not no_seals)


def _verify(month: str, seals: bool) -> None:
    from gezhi.domains.assessment import verify as proof
    from gezhi.kernel.errors import GezhiError

    try:
        found = [proof.verify(one, seals=seals, say=_say) for one in proof.sealed(month)]
    except GezhiError as error:
        raise Trouble(str(error), str(error.hint or "")) from error
    for one in found:
        for what in one.wrong:
            click.echo(f"{one.month}  {what}")
        click.echo(_("%(month)s：%(lines)d 个得分，%(facts)d 条事实，%(records)d 条日志链，%(wrong)d 处不一致") % {
            "month": one.month, "lines": one.lines, "facts": one.facts, "records": one.records, "wrong": one.count})
    click.echo(json.dumps({"months": [one.month for one in found], "lines": sum(o.lines for o in found),
                           "facts": sum(o.facts for o in found), "records": sum(o.records for o in found),
                           "differing": sum(o.differing for o in found), "wrong": sum(o.count for o in found)}))
    if any(not one.whole for one in found):
        raise SystemExit(1)


@command.command(help=_("统计一个月，得到待公布的结果；公布由另一人在中屏进行。"))
@click.argument("month")
def count(*, month: str) -> None:
    """Count at once, without the worker."""
    with application(click.echo):
        _count(month)


def _count(month: str) -> None:
    from gezhi.domains.assessment.publication import Publication
    from gezhi.domains.assessment.score import run
    from gezhi.engines.workflow.act import act
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.errors import GezhiError

    try:
        made = act(SYSTEM, Publication, "count", {"month": month})
        run(made.pk)
    except GezhiError as error:
        raise Trouble(str(error), str(error.hint or "")) from error
    made = Publication.objects.get(pk=made.pk)
    click.echo(f"{made} {made.get_status_display()} {made.facts or 0} {made.problem}")

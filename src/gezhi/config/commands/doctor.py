"""``gezhi doctor``: look at everything an installation needs, and say what to do where something is amiss."""

from __future__ import annotations

import sys

import click

from ..env import load
from ..text import Trouble, _


@click.command(help=_("检查运行环境，并告诉怎样修复。有错误时退出码为 1。"))
@click.option("--json", "as_json", is_flag=True, help=_("以 JSON 输出"))
def command(*, as_json: bool) -> None:
    """Run every check of ``gezhi.config.checkup``; exit with 1 if one finds an error."""
    from ..checkup import CHECKS, Finding

    env = load()
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            finding = check(env)
        except Trouble as trouble:
            finding = Finding("error", check.__doc__ or check.__name__, trouble.what, trouble.remedy)
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        import json

        click.echo(json.dumps([vars(finding) for finding in findings], ensure_ascii=False))
    sys.exit(1 if any(finding.level == "error" for finding in findings) else 0)


def _print(finding) -> None:  # type: ignore[no-untyped-def]
    mark, colour = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}[finding.level]
    click.echo(f"{click.style(mark, fg=colour)} {finding.title}: {finding.found}")
    if finding.remedy:
        click.echo(f"  → {finding.remedy}")

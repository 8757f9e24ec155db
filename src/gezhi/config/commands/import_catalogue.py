"""``gezhi import catalogue``: the catalogue of matters from CSV files, or from the project's own tables."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from ..database import application
from ..text import Trouble, _

SHOWN = 50
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8 (with or without a mark) or GB 18030.

    Raises:
        Trouble: neither encoding fits.
    """
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        rows = csv.DictReader(text.splitlines())
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in rows]
    raise Trouble(_("%s 不是 UTF-8 或 GB 18030 编码的文本。") % path.name, _("请另存为 UTF-8 编码的 CSV。"))


@click.command(help=_("导入事项清单。不给文件时使用自带的清单；重复导入相同内容不会产生新版本。"))
@click.option("--items", type=_FILE, help=_("事项表（CSV）"))
@click.option("--conditions", type=_FILE, help=_("立案条件表（CSV）"))
@click.option("--components", type=_FILE, help=_("部件类型表（CSV）"))
@click.option("--dry-run", is_flag=True, help=_("只检查，不写入"))
@click.option("--draft", is_flag=True, help=_("只起草，不发布"))
@click.option("--matrix", is_flag=True, help=_("按单位的部门类型补全权责清单"))
def command(*, items: Path | None, conditions: Path | None, components: Path | None, dry_run: bool, draft: bool,
            matrix: bool) -> None:
    """Import; exit with 1 when rows are wrong (then nothing was written)."""
    with application(click.echo):
        from gezhi.foundation.catalogue import public, reference

        given = {"items": items, "conditions": conditions, "components": components}
        tables = {name: read(path) if path else reference.rows(name) for name, path in given.items()}
        report = public.load(tables, dry_run=dry_run, publish=not draft,
                             progress=lambda step, done, total: click.echo(f"  {step}: {done}/{total}"))
        for error in report.errors[:SHOWN]:
            where = _("%(table)s 第 %(line)d 行 %(column)s") % {
                "table": error.table, "line": error.line, "column": error.column}
            click.echo(f"✗ {where}：{error.message}", err=True)
        if report.errors:
            click.echo(_("共 %d 处错误，没有写入任何数据。") % len(report.errors), err=True)
            sys.exit(1)
        counts = "，".join(f"{name} {count}" for name, count in report.counts.items())
        if report.written:
            click.echo(_("已导入第 %(no)s 版：%(counts)s") % {"no": report.edition, "counts": counts})
        elif report.edition is not None:
            click.echo(_("第 %(no)s 版已包含这些内容，无须导入。") % {"no": report.edition})
        else:
            click.echo(_("检查通过：%s。没有写入。") % counts)
        if matrix and not dry_run:
            click.echo(_("权责清单新增 %d 条。") % public.derive())

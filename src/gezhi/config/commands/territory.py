"""``gezhi territory``: import divisions and boundaries, export boundaries, check that they tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..database import application
from ..text import Trouble, _

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
LEVELS = ("city", "county", "town", "community", "grid_cell")


@click.group(help=_("行政区划与网格：导入、导出、校验。"))
def command() -> None:
    """The group of territory commands."""


@command.command("import", help=_("导入区划和边界；可重复执行，没有变化时不写入。"))
@click.option("--city", default="", help=_("城市代码，如 3205"))
@click.option("--city-name", default=None, help=_("城市名称（文件中没有城市列表时）"))
@click.option("--divisions", type=click.Path(exists=True, path_type=Path), help=_("区划文件夹（areas.csv 等）"))
@click.option("--boundaries", type=click.Path(exists=True, path_type=Path), multiple=True,
              help=_("边界文件（GeoJSON、Shapefile、GeoPackage），可多次给出"))
@click.option("--crs", type=click.Choice(DATUMS), default=None,
              help=_("边界文件的坐标基准；不给出时按文件自己的坐标系"))
@click.option("--packages", type=click.Path(path_type=Path), help=_("从 npm 公开包获取区划和轮廓，存放于此文件夹"))
@click.option("--make", is_flag=True, help=_("为没有边界的区划生成模拟边界（会标明）"))
@click.option("--grids", type=click.IntRange(0, 500_000), default=0, help=_("生成的网格总数"))
@click.option("--seed", type=int, default=1, help=_("模拟边界的随机种子"))
@click.option("--dry-run", is_flag=True, help=_("只检查，不写入"))
def bring_in(**options: Any) -> None:
    """Read, draft and write; errors of rows are listed and do not stop the rest."""
    with application(click.echo):
        from gezhi.foundation.territory import importing
        from gezhi.kernel.actors import SYSTEM
        from gezhi.kernel.errors import GezhiError

        divisions, outlines, errors = _read(options)
        with _bar(_("生成边界")) as bar:
            plan = importing.draft(divisions, outlines, make=options["make"], grids=options["grids"],
                                   seed=options["seed"], progress=bar)
        plan.errors[:0] = errors
        try:
            with _bar(_("写入")) as bar:
                report = importing.carry_out(SYSTEM.through("cli"), plan, dry_run=options["dry_run"], progress=bar)
        except GezhiError as error:
            raise Trouble(str(error)) from error
        _tell(report)


@command.command("export", help=_("导出一级区划或网格的边界。"))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--level", type=click.Choice(LEVELS), default="grid_cell", show_default=True)
@click.option("--area", default="", help=_("只导出此区域代码之内"))
@click.option("--crs", type=click.Choice(DATUMS), default="wgs84", show_default=True, help=_("坐标基准"))
def take_out(path: Path, level: str, area: str, crs: str) -> None:
    """Write one file."""
    with application(click.echo):
        from gezhi.foundation.territory import codes, exporting, sources
        from gezhi.kernel.actors import SYSTEM

        try:
            count = exporting.write_boundaries(SYSTEM.through("cli"), path, codes.Level(level), area=area, datum=crs)
        except sources.SourceError as error:
            raise Trouble(str(error)) from error
        click.echo(_("已导出 %(n)d 个边界到 %(path)s") % {"n": count, "path": path})


@command.command("check", help=_("校验下级是否铺满上级：空隙、重叠、越界。"))
@click.argument("area", default="")
@click.option("--tolerance", type=float, default=1.0, show_default=True, help=_("容差（平方米）"))
def check(area: str, tolerance: float) -> None:
    """List the faults; the exit code tells whether there are any."""
    with application(click.echo):
        from gezhi.foundation.territory import checking

        try:
            faults = checking.check_below(area, tolerance)
        except LookupError:
            raise Trouble(_("没有区划“%s”。") % area, _("请给出已导入的区域代码，不给则校验全部。")) from None
        for found in faults.values():
            for fault in found:
                click.echo(fault.message)
        if faults:
            raise SystemExit(1)
        click.echo(_("没有发现问题。"))


def _read(options: dict[str, Any]) -> tuple[list[Any], list[Any], list[Any]]:
    from gezhi.foundation.territory import codes, importing, sources

    divisions: list[Any] = []
    outlines: list[Any] = []
    errors: list[Any] = []
    if (options["divisions"] or options["packages"]) and not options["city"]:
        raise Trouble(_("请用 --city 给出城市代码。"))
    try:
        if options["packages"]:
            click.echo(_("获取公开包…"))
            divisions, outlines, errors = importing.from_packages(options["city"], options["packages"])
        if options["divisions"]:
            divisions, more = sources.read_divisions(options["divisions"], options["city"], options["city_name"])
            errors += more
        for path in options["boundaries"]:
            found, more = sources.read_outlines(path, options["crs"])
            outlines += found
            errors += more
    except (sources.SourceError, codes.CodeError) as error:
        raise Trouble(str(error)) from error
    if not divisions and not outlines:
        raise Trouble(_("没有要导入的内容。"), _("请给出 --divisions、--boundaries 或 --packages。"))
    return divisions, outlines, errors


class _bar:
    """A progress bar that learns its length from the first report."""

    def __init__(self, label: str) -> None:
        from rich.progress import Progress

        self.progress = Progress(transient=True)
        self.task = self.progress.add_task(label, total=None)

    def __enter__(self) -> Any:
        self.progress.start()
        return lambda done, total: self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *_error: object) -> None:
        self.progress.stop()


def _tell(report: Any) -> None:
    from gezhi.foundation.territory import codes

    for level in codes.LEVELS:
        counts = [report.created[level.value], report.changed[level.value], report.same[level.value]]
        if any(counts):
            click.echo(_("%(level)s：新增 %(new)d，修改 %(changed)d，未变 %(same)d") % {
                "level": level.label, "new": counts[0], "changed": counts[1], "same": counts[2]})
    for error in report.errors[:50]:
        click.echo(click.style("✗ ", fg="red") + f"{error.source}:{error.row} {error.message}", err=True)
    if len(report.errors) > 50:
        click.echo(_("另有 %d 处错误") % (len(report.errors) - 50), err=True)
    if report.dry:
        click.echo(_("以上为试运行，没有写入。"))

"""``gezhi``: the command line. Modules of commands are imported when asked for, so help is quick."""

from __future__ import annotations

import importlib
import keyword
import sys

import click

from .clickwords import speak
from .text import Trouble, _
from .trouble import trouble_of

# name, one line of help; the module is gezhi.config.commands.<name>
COMMANDS = (
    ("up", _("启动（首次启动会创建数据库）")),
    ("down", _("停止")),
    ("status", _("查看各进程、数据库和队列")),
    ("doctor", _("检查运行环境，并告诉怎样修复")),
    ("migrate", _("更新数据库结构")),
    ("user", _("管理账号和岗位")),
    ("backup", _("备份数据库和文件")),
    ("restore", _("从备份恢复")),
    ("keys", _("字段加密的密钥：查看、新增、重新加密")),
    ("territory", _("行政区划与网格：导入、导出、校验")),
    ("import", _("导入事项清单等数据")),
    ("replay", _("把真实留言送进公开受理接口并清点")),
    ("text", _("文本分类：训练、评测、查看模型")),
    ("assess", _("绩效考核：统计一个月，核验已公布的月份")),
    ("worker", _("后台任务和事件派送（由 up 启动）")),
    ("demo", _("演示城市：建立、登录方式、状态")),
    ("manage", _("执行 Django 管理命令")),
)


class Commands(click.Group):
    """Finds commands by the tuple above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the tuple."""
        return [name for name, _help in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; None when there is no such command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        return importlib.import_module(f"gezhi.config.commands.{module}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the tuple alone."""
        with formatter.section(_("命令")):
            formatter.write_dl(COMMANDS)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=None, version=importlib.import_module("gezhi").__version__)
def cli() -> None:
    """格治 Gezhi"""


def show(trouble: Trouble) -> None:
    """Print *trouble* to the standard error stream."""
    click.echo(click.style("✗ ", fg="red", bold=True) + trouble.what, err=True)
    if trouble.remedy:
        click.echo(click.style("→ ", fg="yellow", bold=True) + trouble.remedy, err=True)


def main() -> None:
    """Run the command line; ends the process."""
    speak()
    try:
        code = cli(prog_name="gezhi", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        show(trouble)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
